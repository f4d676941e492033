//! Taking partitions.
//!
//! Owns what happens between the group's gift and the first look: where each partition begins is
//! looked up, until the cluster says, and then it is ours. Runs on the fetcher thread. Must leave no
//! gift without an answer: the group waits for it.

use super::super::arrival::{Arrival, Starts};
use super::super::assignment::{describe, places};
use super::super::partition::Next;
use super::Fetcher;
use crate::event::Event;
use rdkafka::TopicPartitionList;
use std::time::Instant;

impl Fetcher {
    /// The group gives us `partitions`.
    pub(super) fn arrive(&mut self, partitions: TopicPartitionList) {
        self.inbox.tell(Event::Assigning { group: self.settings.group, partitions: places(&partitions) });
        self.look_up(partitions, Instant::now());
    }

    fn look_up(&mut self, partitions: TopicPartitionList, since: Instant) {
        // What is never read needs no start.
        if partitions.count() == 0 || self.stopped {
            return self.assign(&Starts::unknown(partitions), since);
        }
        self.arrivals += 1;
        let arrival = Arrival::start(self.arrivals, partitions, since, &self.client, &self.settings, &self.group);
        self.arrival = Some(arrival);
    }

    pub(super) fn arrived(&mut self, number: u64, found: crate::Result<Starts>) {
        let now = self.now();
        let Some(arrival) = self.arrival.as_mut().filter(|arrival| arrival.is(number)) else { return };
        match found {
            Ok(starts) => {
                let since = arrival.since();
                self.arrival = None;
                self.assign(&starts, since);
            }
            Err(error) => {
                arrival.failed(now);
                if self.repeats.is_news(&error, now) {
                    self.report(Err(error));
                }
            }
        }
    }

    pub(super) fn arrive_again(&mut self, now: Instant) {
        if let Some(arrival) = self.arrival.take_if(|arrival| arrival.due().is_some_and(|due| due <= now)) {
            let since = arrival.since();
            self.look_up(arrival.into_partitions(), since);
        }
    }

    pub(super) fn assign(&mut self, starts: &Starts, since: Instant) {
        self.membership_changed();
        match self.assignment.take(&starts.partitions, &self.client, &self.settings, &self.group) {
            Ok(leases) => {
                self.joined = true;
                self.reached();
                self.group.metrics.assigned();
                let (group, time) = (self.settings.group, since.elapsed().as_secs_f64() * 1000.0);
                self.inbox.tell(Event::Assigned { group, partitions: describe(&leases), time });
                self.note_starts(starts);
                let now = self.now();
                for lease in leases {
                    // A partition whose last job is still out waits for it.
                    self.follow(&lease, Next::Look);
                    if self.stopped {
                        self.change(&lease, |progress| progress.end(None, now));
                    }
                }
            }
            Err(error) => self.report_kafka(&Err(error), "taking assigned partitions"),
        }
    }
}
