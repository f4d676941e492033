//! Noticing that a partition makes no progress.
//!
//! Owns, for one partition, when it last got on, and how often that was told. Pure: time is passed
//! in. Used by the fetcher thread only. Must decide nothing about consuming.

use std::time::{Duration, Instant};

/// How far a partition is: the offset behind what was handed out, and the first that is not marked.
/// Either is progress: code that gathers messages marks late, and code that fails gets the same again.
pub(super) type Place = (Option<i64>, Option<i64>);

/// One partition's progress, as far as looks at it tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stall {
    /// Where it was at the last look.
    place: Place,
    /// When it was seen to get on last, or to have nothing to do.
    since: Instant,
    /// When it is to be told next.
    tell: Option<Instant>,
}

impl Stall {
    /// A partition just assigned.
    pub(super) fn new(now: Instant) -> Self {
        Self { place: (None, None), since: now, tell: None }
    }

    /// Looks at a partition that is at `place`, and that has work or not.
    /// Gives for how long it has made no progress, when that is to be told: once after each `limit`.
    pub(super) fn look(&mut self, place: Place, has_work: bool, limit: Duration, now: Instant) -> Option<Duration> {
        if !has_work || place != self.place {
            *self = Self { place, since: now, tell: None };
            return None;
        }
        let due = self.tell.or_else(|| self.since.checked_add(limit))?;
        if now < due {
            return None;
        }
        self.tell = now.checked_add(limit);
        Some(now - self.since)
    }

    /// For how long it has made no progress, once that was told.
    pub(super) fn stalled(&self, now: Instant) -> Option<Duration> {
        self.tell.map(|_| now - self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::Stall;
    use std::time::{Duration, Instant};

    const LIMIT: Duration = Duration::from_secs(60);

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn work_that_gets_on_is_no_stall_however_long_it_takes() {
        let start = Instant::now();
        let mut stall = Stall::new(start);
        for minute in 1..20 {
            assert_eq!(stall.look((Some(9), Some(minute)), true, LIMIT, at(start, 59 * minute as u64)), None);
            assert_eq!(stall.stalled(at(start, 59 * minute as u64)), None);
        }
    }

    #[test]
    fn work_that_does_not_is_told_once_in_each_limit_until_it_does() {
        let start = Instant::now();
        let mut stall = Stall::new(start);
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, start), None);
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 59)), None);
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 61)), Some(Duration::from_secs(61)));
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 62)), None);
        assert_eq!(stall.stalled(at(start, 62)), Some(Duration::from_secs(62)));
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 121)), Some(Duration::from_secs(121)));
        assert_eq!(stall.look((Some(9), Some(8)), true, LIMIT, at(start, 122)), None);
        assert_eq!(stall.stalled(at(start, 122)), None);
        assert_eq!(stall.look((Some(9), Some(8)), true, LIMIT, at(start, 183)), Some(Duration::from_secs(61)));
    }

    #[test]
    fn who_has_nothing_to_do_does_not_stall_and_begins_anew() {
        let start = Instant::now();
        let mut stall = Stall::new(start);
        assert_eq!(stall.look((Some(9), Some(7)), false, LIMIT, at(start, 500)), None);
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 559)), None);
        assert_eq!(stall.look((Some(9), Some(7)), true, LIMIT, at(start, 560)), Some(LIMIT));
    }

    #[test]
    fn messages_that_are_taken_are_progress_without_a_mark() {
        let start = Instant::now();
        let mut stall = Stall::new(start);
        for minute in 1..10 {
            assert_eq!(stall.look((Some(minute), Some(0)), true, LIMIT, at(start, 59 * minute as u64)), None);
        }
    }
}
