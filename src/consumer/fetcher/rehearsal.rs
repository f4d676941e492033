//! What only tests of an application ask for.
//!
//! Owns what a test has happen: time that passes, partitions that go and come. Runs on the fetcher thread. Must do so by the ways that are there.

use super::super::command::Rehearsal;
use super::Fetcher;
use rdkafka::TopicPartitionList;
use std::time::Duration;

impl Fetcher {
    pub(super) fn rehearse(&mut self, what: Rehearsal) {
        match what {
            Rehearsal::Pass(time) => self.passed = self.passed.saturating_add(time),
            Rehearsal::Hang(time) => hang(time),
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
}

#[expect(clippy::disallowed_methods, reason = "it stands for a call that does not return")]
fn hang(time: Duration) {
    std::thread::sleep(time);
}
