//! The fetcher's dealings with its group.
//!
//! Owns taking and giving partitions, stopping, the last commit, leaving, and what is told to the
//! host about them. Runs on the fetcher thread. Must commit what is finished before a partition is given away.

use super::super::Status;
use super::super::assignment::describe;
use super::super::batch::Batch;
use super::super::context::Report;
use super::super::lease::Lease;
use super::Fetcher;
use crate::error::Error;
use crate::event::Event;
use crate::offsets::Offsets;
use rdkafka::consumer::{Consumer, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long giving partitions back may wait for the commit of what was finished.
const LAST_COMMIT: Duration = Duration::from_secs(5);
/// Of that, how long a rebalance may be in the way when partitions are handed over: the others wait
/// for us then, and what is not committed is only consumed again.
const HAND_OVER: Duration = Duration::from_millis(500);
/// How long librdkafka may take to leave the group.
const LEAVE: Duration = Duration::from_secs(10);

/// Syslog's number.
const WARNING: i32 = 4;
/// The facility that librdkafka uses for one warning: an offset was out of range.
const POSITION_LOST: &str = "OFFSET: ";

impl Fetcher {
    pub(super) fn serve_client(&mut self) {
        self.served = Instant::now();
        while let Some(report) = self.client.next_report(Duration::ZERO) {
            self.heed(report);
        }
    }

    fn heed(&mut self, report: Report) {
        match report {
            Report::Assign(partitions) => self.assign(partitions),
            Report::Revoke(partitions) => self.revoke(&partitions),
            Report::Committed(result, offsets) => {
                let next = self.committer.finished(&result, &offsets, &self.client, &self.assignment);
                self.report(next);
            }
            Report::Stray(topic, partition, offset) => {
                let again = self.client.seek(&topic, partition, Offset::Offset(offset), Duration::ZERO);
                self.report_kafka(&again, &format!("reading {topic}/{partition} again from offset {offset}"));
            }
            Report::Error(error, text) => {
                let error = Error::from_kafka(&error, if text.is_empty() { "consuming" } else { &text });
                if self.repeats.is_news(&error, Instant::now()) {
                    self.report(Err(error));
                }
            }
            // Only a log line tells that the position was not there any more and reading went on elsewhere.
            Report::Log(WARNING, message) if message.starts_with(POSITION_LOST) => {
                let message = format!(
                    "{}; unless damaged records are told of too, what lies between is not consumed",
                    message.trim_start_matches(POSITION_LOST)
                );
                self.tell_error("_AUTO_OFFSET_RESET", message, false);
            }
            Report::Log(level, message) => {
                self.inbox.tell(Event::Log { group: Some(self.settings.group), level, message });
            }
        }
    }

    fn assign(&mut self, partitions: TopicPartitionList) {
        match self.assignment.take(partitions, &self.client, &self.settings, &self.commands) {
            Ok(leases) => {
                self.inbox.tell(Event::Assigned { group: self.settings.group, partitions: describe(&leases) });
                // A partition whose last batch is still in user code waits for it.
                let free = |lease: &Arc<Lease>| !self.lingering.contains(&(Arc::clone(&lease.topic), lease.partition));
                self.readable.extend(leases.into_iter().filter(free));
            }
            Err(error) => self.report_kafka(&Err(error), "taking assigned partitions"),
        }
    }

    fn revoke(&mut self, partitions: &TopicPartitionList) {
        let lost = self.client.assignment_lost();
        let leases = self.assignment.among(partitions);
        self.take_back(|batch| leases.iter().any(|lease| lease.assignment == batch.assignment()));
        for lease in &leases {
            lease.offsets(Offsets::revoke);
        }
        if !lost {
            self.commit_and_wait(HAND_OVER);
        }
        for lease in &leases {
            let given = self.assignment.give(lease);
            if given.is_some_and(|held| held.progress.is_out()) {
                self.lingering.insert((Arc::clone(&lease.topic), lease.partition));
            }
        }
        let given = match self.client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.client.incremental_unassign(partitions),
            RebalanceProtocol::None | RebalanceProtocol::Eager => self.client.unassign(),
        };
        self.report_kafka(&given, "giving partitions back");
        self.inbox.tell(Event::Revoked { group: self.settings.group, partitions: describe(&leases), lost });
    }

    /// Takes batches that no worker has seen out of the inbox.
    pub(super) fn take_back(&mut self, wanted: impl Fn(&Batch) -> bool) {
        let group = self.settings.group;
        for batch in self.inbox.jobs.extract(|batch| batch.group() == group && wanted(batch)) {
            self.queued = self.queued.saturating_sub(1);
            let Some(held) = self.assignment.by_lease(&batch.lease) else {
                continue;
            };
            held.progress.take_back();
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.take_back(|_| true);
        self.publish();
    }

    pub(super) fn publish(&self) {
        // Before a stop nobody waits for these numbers: no need to wake anybody.
        let publish = |status: &mut Status| {
            status.running = self.running + self.queued;
            status.stopped = self.stopped;
        };
        if self.stopped {
            self.status.update(publish);
        } else {
            self.status.with(publish);
        }
    }

    /// Commits what is marked and waits for the answer, for a while. A rebalance that is in the way
    /// is waited for as long as `patience`: one that we hold up ourselves would never end.
    fn commit_and_wait(&mut self, patience: Duration) {
        let started = Instant::now();
        let deadline = started + LAST_COMMIT;
        let mut asked = false;
        loop {
            let now = Instant::now();
            if !self.committer.in_flight() {
                if asked && !(self.committer.wants_again() && now - started < patience) {
                    return;
                }
                if !asked {
                    asked = true;
                    let sent = self.committer.start(&self.client, &self.assignment);
                    self.report(sent);
                    continue;
                }
            }
            if now >= deadline {
                let message = "the last commit was not confirmed; its records may be consumed again";
                self.tell_error("_TIMED_OUT", message.into(), false);
                return self.committer.give_up();
            }
            if let Some(report) = self.client.next_report((deadline - now).min(Duration::from_millis(50))) {
                // Never a second membership change: librdkafka sends none while one is open.
                self.heed(report);
            }
            let again = self.committer.tick(Instant::now(), &self.client, &self.assignment);
            self.report(again);
        }
    }

    /// Commits, leaves the group, lets go of everything.
    pub(super) fn leave(&mut self) {
        self.stop();
        self.commit_and_wait(LAST_COMMIT);
        let closing = self.client.close_queue();
        self.report_kafka(&closing, "leaving the group");
        if closing.is_err() {
            return self.committer.give_up();
        }
        let deadline = Instant::now() + LEAVE;
        while !self.client.closed() && Instant::now() < deadline {
            if let Some(report) = self.client.next_report(Duration::from_millis(20)) {
                self.heed(report);
            }
        }
        self.committer.give_up();
    }

    /// After a panic: what is needed so that no worker waits or marks in vain.
    pub(super) fn abandon(&mut self) {
        let group = self.settings.group;
        drop(self.inbox.jobs.extract(|batch| batch.group() == group));
        for held in self.assignment.iter() {
            held.lease.offsets(Offsets::revoke);
        }
        self.committer.give_up();
    }

    pub(super) fn report(&self, result: crate::Result<()>) {
        if let Err(error) = result {
            self.tell_error(&error.code_name().unwrap_or_default(), error.to_string(), error.is_fatal());
        }
    }

    pub(super) fn report_kafka(&self, result: &KafkaResult<()>, what: &str) {
        if let Err(error) = result {
            self.report(Err(Error::from_kafka(error, what)));
        }
    }

    pub(super) fn tell_error(&self, code: &str, message: String, fatal: bool) {
        self.inbox.tell(Event::Error { group: Some(self.settings.group), code: code.to_owned(), message, fatal });
    }
}
