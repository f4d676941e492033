//! Saying where each partition stands.
//!
//! Owns the snapshot that hosts get who test what an application does. Runs on the fetcher thread.
//! Must change nothing.

use super::super::command::Standing;
use super::super::partition::Phase;
use super::Fetcher;

impl Fetcher {
    pub(super) fn standing(&self) -> Vec<Standing> {
        let now = self.now();
        let one = |held: &super::super::assignment::Held| {
            let (phase, rests) = match held.progress.phase() {
                Phase::Idle => ("idle", None),
                Phase::Readable => ("readable", None),
                Phase::HandedOut => ("handed_out", None),
                Phase::Resting { until } => ("resting", until.map(|until| until.saturating_duration_since(now))),
                Phase::Seeking => ("seeking", None),
                Phase::Ended => ("ended", None),
            };
            let (handed_out, marked) = held.lease.offsets(|offsets| (offsets.handed_out(), offsets.marked()));
            Standing {
                topic: held.lease.topic.to_string(),
                partition: held.lease.partition,
                phase,
                rests: rests.map(|rest| u64::try_from(rest.as_millis()).unwrap_or(u64::MAX)),
                left: held.out.as_ref().is_some_and(|batch| batch.hook().is_none()),
                start: held.start,
                handed_out,
                marked,
            }
        };
        self.assignment.iter().map(one).collect()
    }
}
