//! Where one assigned partition stands.
//!
//! Owns the phases of a partition and every transition between them. Pure: time is passed in, nothing
//! is done here; each transition answers with what the fetcher has to do next. Used by the fetcher
//! thread only. Must leave no phase without a way out.

mod asked;
mod phase;

use phase::later;
pub(crate) use phase::{Job, Left, Next, Phase};

use super::command::{Hook, Outcome, Target};
use std::time::{Duration, Instant};

/// One partition's phase and attempts.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    phase: Phase,
    attempt: u32,
    delivery: u64,
    /// Rest after a failure.
    backoff: Option<Instant>,
    /// User code's pause: with its end, or without.
    pause: Option<Option<Instant>>,
    /// Where user code wants to go on.
    seek: Option<Target>,
    /// Goes out before anything else.
    due: Option<Hook>,
    /// The hook that is out, when it is one.
    out: Option<Hook>,
    /// No record goes out any more.
    ending: bool,
}

/// A rest after a failure is cut to this: what the clock cannot express is still a way out.
const LONGEST_REST: Duration = Duration::from_secs(86_400);
/// How long before a position that could not be moved is tried again.
const SEEK_AGAIN: Duration = Duration::from_millis(200);

impl Progress {
    /// A partition just assigned: its queue may hold records already. `hook` goes out before them.
    pub(crate) fn new(hook: Option<Hook>) -> Self {
        Self { phase: Phase::Readable, attempt: 1, due: hook, ..Self::default() }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The number of the last hand-over.
    pub(crate) fn delivery(&self) -> u64 {
        self.delivery
    }

    /// Whether a job waits for a worker or is in user code.
    pub(crate) fn is_out(&self) -> bool {
        self.phase == Phase::HandedOut
    }

    /// What the fetcher may hand out now that it looks. `None`: nothing, it came too late.
    pub(crate) fn job(&self) -> Option<Job> {
        (self.phase == Phase::Readable).then(|| self.due.map_or(Job::Records, Job::Hook))
    }

    /// The last hook, when it is still to be run.
    pub(crate) fn owed_hook(&self) -> Option<Hook> {
        self.due.filter(|_| self.ending)
    }

    // === what happens to it ===

    /// The queue stopped being empty.
    pub(crate) fn announce(&mut self) -> Next {
        if self.phase == Phase::Idle { self.line_up() } else { Next::Wait }
    }

    /// The fetcher looked and found nothing.
    pub(crate) fn found_empty(&mut self) {
        if self.phase == Phase::Readable {
            self.phase = Phase::Idle;
        }
    }

    /// A job goes out, for the first time or again. Gives the attempt and the number of this hand-over.
    pub(crate) fn hand_out(&mut self) -> (u32, u64) {
        self.phase = Phase::HandedOut;
        self.out = self.due.take();
        self.delivery += 1;
        (self.attempt, self.delivery)
    }

    /// Whether `delivery` is the hand-over that is out now; an older one has nothing to say.
    pub(crate) fn is_current(&self, delivery: u64) -> bool {
        self.phase == Phase::HandedOut && self.delivery == delivery
    }

    /// What became of the hand-over that is out, and what is left of it.
    pub(crate) fn finish(&mut self, outcome: Outcome, left: Left, now: Instant) -> Next {
        let hook = self.out.take();
        match (outcome, left) {
            // Records must wait for the hook that prepares for them; after the last hook nothing waits.
            (Outcome::Failed { backoff, .. }, _)
                if hook.map_or(left != Left::Nothing, |hook| hook == Hook::Assigned) =>
            {
                self.attempt = left.attempt_after(self.attempt);
                self.backoff = Some(after(now, backoff));
                if !self.ending {
                    self.due = hook;
                }
            }
            // Handed back unbegun: it is still that attempt's turn.
            (Outcome::Partial { .. }, Left::Same) => {}
            // Done, or failed after everything was marked: on to what comes next.
            _ => self.attempt = 1,
        }
        // What failed asked for nothing; when it comes again, it asks again.
        if matches!(outcome, Outcome::Failed { .. }) {
            self.seek = None;
        }
        self.go_on(now)
    }

    /// The job that waited for a worker was taken back before user code saw it.
    pub(crate) fn take_back(&mut self, now: Instant) -> Next {
        if !self.is_out() {
            return Next::Wait;
        }
        let hook = self.out.take();
        if !self.ending {
            self.due = hook;
        }
        self.go_on(now)
    }

    /// What was found cannot be used: the next look comes later.
    pub(crate) fn rest_for(&mut self, time: Duration, now: Instant) -> Next {
        self.backoff = Some(after(now, time));
        self.unless_busy(now)
    }

    /// User code wants no records for a while, or until [`Progress::resume`].
    pub(crate) fn pause(&mut self, time: Option<Duration>, now: Instant) -> Next {
        // What the clock cannot express is no end.
        self.pause = Some(time.and_then(|time| now.checked_add(time)));
        self.unless_busy(now)
    }

    /// User code wants records again. A rest after a failure goes on.
    pub(crate) fn resume(&mut self, now: Instant) -> Next {
        if self.pause.take().is_some() { self.unless_busy(now) } else { Next::Wait }
    }

    /// User code wants to go on elsewhere, after the job at hand.
    pub(crate) fn seek(&mut self, target: Target, now: Instant) -> Next {
        self.seek = Some(target);
        // Other records come next: what failed is not among them, or begins anew.
        if !self.is_out() && self.due.is_none() {
            self.attempt = 1;
            self.backoff = None;
        }
        self.unless_busy(now)
    }

    /// librdkafka answered: the position is where `target` said, or could not be moved. `None`: the end
    /// came first, and perhaps its hook is out; the answer changes nothing any more.
    pub(crate) fn sought(&mut self, target: Target, moved: bool, now: Instant) -> Option<Next> {
        if self.phase != Phase::Seeking {
            return None;
        }
        if !moved {
            self.backoff = Some(after(now, SEEK_AGAIN));
        } else if self.seek == Some(target) {
            self.seek = None;
        }
        Some(self.go_on(now))
    }

    /// Where user code wants to go on, once, when it is an offset and nothing is read here any more.
    pub(crate) fn last_seek(&mut self) -> Option<i64> {
        let over = self.ending && !self.is_out();
        let Target::Offset(offset) = self.seek.take_if(|_| over)? else { return None };
        Some(offset)
    }

    /// A time came that [`Next::Rest`] asked for; it may be somebody else's by now.
    pub(crate) fn wake(&mut self, now: Instant) -> Next {
        match self.phase {
            Phase::Resting { until: Some(until) } if until <= now => self.go_on(now),
            _ => Next::Wait,
        }
    }

    /// No more records: the partition goes away, or the process stops. `hook` goes out last, unless
    /// nothing ever went out. The first end counts: a process that stops gives its partitions back too.
    pub(crate) fn end(&mut self, hook: Option<Hook>, now: Instant) -> Next {
        if std::mem::replace(&mut self.ending, true) {
            return Next::Wait;
        }
        self.due = hook.filter(|_| self.delivery > 0);
        if self.is_out() { Next::Wait } else { self.go_on(now) }
    }

    // === what follows ===

    fn unless_busy(&mut self, now: Instant) -> Next {
        match self.phase {
            Phase::HandedOut | Phase::Seeking | Phase::Ended => Next::Wait,
            _ => self.go_on(now),
        }
    }

    /// The one place that says what a partition does when no job of it is out.
    fn go_on(&mut self, now: Instant) -> Next {
        if self.ending {
            if self.due.is_some() {
                return self.line_up();
            }
            self.phase = Phase::Ended;
            return Next::Wait;
        }
        self.backoff = self.backoff.filter(|until| *until > now);
        self.pause = self.pause.filter(|until| until.is_none_or(|until| until > now));
        if let Some(until) = later(self.backoff, self.pause) {
            self.phase = Phase::Resting { until };
            return until.map_or(Next::Wait, Next::Rest);
        }
        // A hook that has to come first may want to go elsewhere itself.
        if let (Some(target), None) = (self.seek, self.due) {
            self.phase = Phase::Seeking;
            return Next::Seek(target);
        }
        self.line_up()
    }

    fn line_up(&mut self) -> Next {
        if self.phase == Phase::Readable {
            return Next::Wait;
        }
        self.phase = Phase::Readable;
        Next::Look
    }
}

fn after(now: Instant, time: Duration) -> Instant {
    now.checked_add(time.min(LONGEST_REST)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
