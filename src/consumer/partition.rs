//! Where one assigned partition stands.
//!
//! Owns the phases of a partition and every transition between them. Pure: time is passed in,
//! nothing is done here. Used by the fetcher thread only. Must leave no phase without a way out.

use super::command::Outcome;
use std::time::Instant;

/// The phase of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its queue was empty; leaves when the queue says otherwise.
    Idle,
    /// Its queue may hold records; leaves when the fetcher looks.
    Readable,
    /// A batch waits for a worker or is in user code; leaves with the outcome.
    HandedOut,
    /// User code failed; leaves when the time has come.
    BackingOff {
        /// When the same records may go out again.
        until: Instant,
    },
}

/// One partition's phase and attempts.
#[derive(Debug)]
pub(crate) struct Progress {
    phase: Phase,
    attempt: u32,
    delivery: u64,
}

impl Progress {
    /// A partition just assigned: its queue may hold records already.
    pub(crate) fn new() -> Self {
        Self { phase: Phase::Readable, attempt: 1, delivery: 0 }
    }

    #[cfg(test)]
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The queue stopped being empty. Whether the partition has just become readable.
    pub(crate) fn announce(&mut self) -> bool {
        let news = self.phase == Phase::Idle;
        if news {
            self.phase = Phase::Readable;
        }
        news
    }

    /// The fetcher looked and found nothing.
    pub(crate) fn found_empty(&mut self) {
        if self.phase == Phase::Readable {
            self.phase = Phase::Idle;
        }
    }

    /// Records go out, for the first time or again. Gives the attempt and the number of this hand-over.
    pub(crate) fn hand_out(&mut self) -> (u32, u64) {
        self.phase = Phase::HandedOut;
        self.delivery += 1;
        (self.attempt, self.delivery)
    }

    /// Whether `delivery` is the hand-over that is out now; an older one has nothing to say.
    pub(crate) fn is_current(&self, delivery: u64) -> bool {
        self.phase == Phase::HandedOut && self.delivery == delivery
    }

    /// What became of the hand-over that is out. `left`: records of it are not marked yet; `moved`:
    /// some were marked, so what comes again begins with another record, which has failed once.
    pub(crate) fn finish(&mut self, outcome: Outcome, left: bool, moved: bool, now: Instant) -> Phase {
        self.phase = match outcome {
            Outcome::Failed { backoff } if left => {
                self.attempt = if moved { 2 } else { self.attempt.saturating_add(1) };
                // A rest beyond what the clock can express is cut to a day: still a way out.
                let longest = std::time::Duration::from_secs(86_400);
                let until = now.checked_add(backoff.min(longest)).unwrap_or(now);
                Phase::BackingOff { until }
            }
            // Done, or failed after everything was marked: on to what comes next.
            Outcome::Failed { .. } | Outcome::Done => {
                self.attempt = 1;
                Phase::Readable
            }
        };
        self.phase
    }

    /// What was looked at cannot be used: the next look comes later.
    pub(crate) fn rest(&mut self, until: Instant) {
        if self.phase == Phase::Readable {
            self.phase = Phase::BackingOff { until };
        }
    }

    /// The rest is over. Whether there was one.
    pub(crate) fn rested(&mut self) -> bool {
        let resting = matches!(self.phase, Phase::BackingOff { .. });
        if resting {
            self.phase = Phase::Readable;
        }
        resting
    }

    /// Whether a batch waits for a worker or is in user code.
    pub(crate) fn is_out(&self) -> bool {
        self.phase == Phase::HandedOut
    }

    /// The hand-over was taken back before user code saw it.
    pub(crate) fn take_back(&mut self) {
        if self.phase == Phase::HandedOut {
            self.phase = Phase::Readable;
        }
    }
}

#[cfg(test)]
mod tests;
