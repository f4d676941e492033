//! How far a partition was read.
//!
//! Owns telling what is left to read from what nobody ever gets: at the end of a log there may be records of
//! transactions that say how they ended, records that were never committed, or nothing any more where retention has
//! emptied it. Runs on the fetcher thread; waits for nothing. Must change nothing.

use super::super::assignment::Held;
use super::super::client::Client;
use super::super::partition::Phase;
use crate::librdkafka::{taken_up_to, watermarks};
use rdkafka::consumer::Consumer;

/// Offsets are "next" offsets; `None`: not known.
pub(super) struct Reach {
    /// Behind the last record there is, whether anybody gets it or not.
    pub(super) end: Option<i64>,
    /// How many offsets the work that user code is done with is behind it.
    pub(super) lag: Option<i64>,
    /// There is something that was not handed out.
    pub(super) behind: bool,
}

impl Reach {
    pub(super) fn of(held: &Held, client: &Client) -> Self {
        let lease = &held.lease;
        let (position, marked) = lease.offsets(|offsets| (offsets.handed_out(), offsets.marked()));
        let (low, end) = watermarks(client.client(), &lease.topic, lease.partition);
        // librdkafka's own position is behind what it keeps to itself; and behind what waits with us, unless nothing
        // does.
        let idle = held.progress.phase() == Phase::Idle && held.reread.is_none();
        let skipped = if idle { taken_up_to(client.client(), &lease.topic, lease.partition).max(low) } else { None };
        Self::new(position.or(held.start), marked.or(held.start), skipped, end)
    }

    fn new(handed_out: Option<i64>, done: Option<i64>, skipped: Option<i64>, end: Option<i64>) -> Self {
        let read = handed_out.map(|handed_out| skipped.map_or(handed_out, |skipped| handed_out.max(skipped)));
        let done = if done == handed_out { read } else { done };
        Self {
            end,
            lag: end.zip(done).map(|(end, done)| (end - done).max(0)),
            behind: end.zip(read).is_some_and(|(end, read)| end > read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    fn reach(handed_out: i64, done: i64, skipped: Option<i64>, end: i64) -> (Option<i64>, bool) {
        let reach = Reach::new(Some(handed_out), Some(done), skipped, Some(end));
        (reach.lag, reach.behind)
    }

    #[test]
    fn what_nobody_gets_is_no_work() {
        assert_eq!(reach(10, 10, Some(11), 11), (Some(0), false));
        assert_eq!(reach(5, 5, Some(100), 100), (Some(0), false));
    }

    #[test]
    fn what_lies_behind_it_is() {
        assert_eq!(reach(10, 10, Some(11), 12), (Some(1), true));
        assert_eq!(reach(10, 10, None, 11), (Some(1), true));
        assert_eq!(reach(10, 10, Some(7), 11), (Some(1), true));
    }

    #[test]
    fn what_user_code_has_not_marked_is_all_behind() {
        assert_eq!(reach(10, 4, Some(11), 11), (Some(7), false));
    }

    #[test]
    fn of_what_is_not_known_nothing_is_said() {
        let reach = Reach::new(None, None, Some(3), Some(11));
        assert_eq!((reach.lag, reach.behind), (None, false));
        let reach = Reach::new(Some(3), Some(3), None, None);
        assert_eq!((reach.lag, reach.behind), (None, false));
    }
}
