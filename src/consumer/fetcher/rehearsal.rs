//! What only tests of an application ask for.
//!
//! Owns the snapshot of where each partition stands, and what a test has happen: time that passes,
//! partitions that go and come. Runs on the fetcher thread. Must do so by the ways that are there.

use super::super::assignment::Held;
use super::super::command::{Rehearsal, Standing};
use super::super::partition::Phase;
use super::Fetcher;
use rdkafka::TopicPartitionList;

impl Fetcher {
    pub(super) fn rehearse(&mut self, what: Rehearsal) {
        match what {
            Rehearsal::Standing(reply) => reply.update(|answer| *answer = Some(self.standing())),
            Rehearsal::Pass(time) => self.passed = self.passed.saturating_add(time),
            Rehearsal::Hang(time) => std::thread::sleep(time),
            Rehearsal::Revoke(partitions) => {
                let held = self.among(&partitions, true);
                if held.count() > 0 && self.departure.is_none() {
                    self.revoke(held);
                }
            }
            Rehearsal::Assign(partitions) => {
                let missing = self.among(&partitions, false);
                if missing.count() > 0 && self.arrival.is_none() {
                    self.arrive(missing);
                }
            }
        }
    }

    /// Those of `partitions` that are held, or not.
    fn among(&self, partitions: &[(String, i32)], held: bool) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in partitions {
            if self.assignment.get(topic, *partition).is_some() == held {
                list.add_partition(topic, *partition);
            }
        }
        list
    }

    fn standing(&self) -> Vec<Standing> {
        let now = self.now();
        let one = |held: &Held| {
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
