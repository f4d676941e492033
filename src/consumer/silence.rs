//! Noticing that a fetcher does not answer.
//!
//! Owns when each fetcher of an inbox went through its loop last, and how often its silence was told. Fetchers say that
//! they are there; whoever waits for events looks, so that it takes no thread of its own and nobody else to ask. Must
//! not wait for anybody.

use crate::event::Event;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Looks are a quarter of the limit apart, and no further than this.
const RAREST: Duration = Duration::from_secs(5);

/// One fetcher's sign of life. Whoever drops it is not looked for any more.
#[derive(Debug)]
pub(super) struct Beat {
    group: u32,
    origin: Instant,
    /// Milliseconds from `origin` to the last sign.
    last: AtomicU64,
}

impl Beat {
    /// The fetcher is there.
    pub(super) fn beat(&self, now: Instant) {
        let millis = now.saturating_duration_since(self.origin).as_millis();
        self.last.store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn silent(&self, now: Instant) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        now.saturating_duration_since(self.origin).saturating_sub(last)
    }
}

/// The fetchers of an inbox.
#[derive(Debug)]
pub(super) struct Silence {
    limit: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    looked: Instant,
    /// Each with the silence after which it is told next.
    fetchers: Vec<(Weak<Beat>, Duration)>,
}

impl Silence {
    /// Who says nothing for longer than `limit` is told of, and again after each further `limit`.
    pub(super) fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, state: Mutex::new(State { looked: now, fetchers: Vec::new() }) }
    }

    /// A fetcher starts.
    pub(super) fn enter(&self, group: u32, now: Instant) -> Arc<Beat> {
        let beat = Arc::new(Beat { group, origin: now, last: AtomicU64::new(0) });
        self.lock().fetchers.push((Arc::downgrade(&beat), self.limit));
        beat
    }

    /// How long until the next look is worth it.
    pub(super) fn round(&self) -> Duration {
        (self.limit / 4).min(RAREST)
    }

    /// Gives what is to be told now.
    pub(super) fn look(&self, now: Instant) -> Vec<Event> {
        let mut state = self.lock();
        let since = now.saturating_duration_since(state.looked);
        if since < self.round() {
            return Vec::new();
        }
        state.looked = now;
        // Who looks was held up, and so were the others perhaps: the process was stopped, or the machine was asleep.
        if since > self.round() * 2 {
            return Vec::new();
        }
        let mut told = Vec::new();
        state.fetchers.retain_mut(|(beat, next)| {
            let Some(beat) = beat.upgrade() else { return false };
            let silent = beat.silent(now);
            if silent < self.limit {
                *next = self.limit;
            } else if silent >= *next {
                *next = silent + self.limit;
                told.push(Event::Silent { group: beat.group, seconds: silent.as_secs_f64() });
            }
            true
        });
        told
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Silence;
    use crate::event::Event;
    use std::time::{Duration, Instant};

    const LIMIT: Duration = Duration::from_secs(8);

    /// Looks every two seconds, up to the second `to`, and gives the groups and seconds that were told.
    fn looks(silence: &Silence, start: Instant, from: u64, to: u64) -> Vec<(u32, u64)> {
        let times = (from..=to).step_by(2).map(|second| start + Duration::from_secs(second));
        let told = times.flat_map(|time| silence.look(time));
        told.map(|event| match event {
            Event::Silent { group, seconds } => (group, seconds as u64),
            other => unreachable!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn who_says_nothing_is_told_of_once_in_each_limit_until_it_does() {
        let start = Instant::now();
        let silence = Silence::new(LIMIT, start);
        let (quiet, busy) = (silence.enter(0, start), silence.enter(1, start));
        busy.beat(start + Duration::from_secs(100));
        assert_eq!(looks(&silence, start, 2, 18), [(0, 8), (0, 16)]);
        quiet.beat(start + Duration::from_secs(19));
        assert_eq!(looks(&silence, start, 20, 28), [(0, 9)]);
    }

    #[test]
    fn who_has_ended_is_not_told_of() {
        let start = Instant::now();
        let silence = Silence::new(LIMIT, start);
        drop(silence.enter(0, start));
        assert_eq!(looks(&silence, start, 2, 60), []);
    }

    #[test]
    fn nobody_is_told_of_who_was_held_up_with_all_others() {
        let start = Instant::now();
        let silence = Silence::new(LIMIT, start);
        let beat = silence.enter(0, start);
        assert!(silence.look(start + Duration::from_secs(3600)).is_empty());
        beat.beat(start + Duration::from_secs(3601));
        assert_eq!(looks(&silence, start, 3602, 3608), []);
    }
}
