//! The fetcher's dealings with its group.
//!
//! Owns heeding what librdkafka reports, quiet and stop, the last commit, leaving, and what is told
//! to the host about them. Runs on the fetcher thread. Must commit what is finished before it leaves.

use super::super::Status;
use super::super::arrival::Starts;
use super::super::assignment::Held;
use super::super::batch::Batch;
use super::super::command::Hook;
use super::super::context::Report;
use super::Fetcher;
use super::revocation::is_last;
use crate::error::Error;
use crate::event::Event;
use crate::observe::Brokers;
use crate::offsets::Offsets;
use crate::statistics::Statistics;
use rdkafka::Offset;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use std::time::{Duration, Instant};

/// How long giving partitions back may wait for the commit of what was finished.
const LAST_COMMIT: Duration = Duration::from_secs(5);
/// How long librdkafka may take to leave the group.
const LEAVE: Duration = Duration::from_secs(10);
/// How often to look whether it has: nothing tells.
const CLOSED_YET: Duration = Duration::from_millis(2);

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
            Report::Assign(partitions) => self.arrive(partitions),
            Report::Revoke(partitions) => self.revoke(partitions),
            Report::Committed(result, offsets) => {
                self.note_commit(&result, &offsets, self.committer.took());
                let next = self.committer.finished(&result, &offsets, self.now(), &self.client, &self.assignment);
                self.report(next);
            }
            Report::Stray(topic, partition, offset) => {
                let again = self.client.seek(&topic, partition, Offset::Offset(offset), Duration::ZERO);
                self.report_kafka(&again, &format!("reading {topic}/{partition} again from offset {offset}"));
            }
            Report::Error(error, text) => {
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
                    self.brokers = Brokers::Unreachable;
                }
                let error = Error::from_kafka(&error, if text.is_empty() { "consuming" } else { &text });
                let now = self.now();
                // A code alone does not say that the client is lost for good, as a fenced static member's is.
                let lost = self.client.client().fatal_error().is_some();
                if lost {
                    self.forsake();
                }
                if self.repeats.is_news(&error, now) {
                    let fatal = error.is_fatal() || lost;
                    self.tell_error(&error.code_name().unwrap_or_default(), error.to_string(), fatal);
                }
            }
            // Only a log line tells that the position was not there any more and reading went on elsewhere.
            Report::Log(WARNING, message) if message.starts_with(POSITION_LOST) => {
                self.note_out_of_range(&message);
                let message = format!(
                    "{}; unless damaged records are told of too, what lies between is not consumed",
                    message.trim_start_matches(POSITION_LOST)
                );
                self.tell_error("_AUTO_OFFSET_RESET", message, false);
            }
            Report::Log(level, message) => {
                self.inbox.tell(Event::Log { group: Some(self.settings.group), level, message });
            }
            Report::Statistics(json) => {
                let held = self.assignment.iter().map(|held| (held.lease.topic.to_string(), held.lease.partition));
                let statistics = Statistics::new(json, Some(held.collect()));
                self.inbox.tell(Event::Statistics { group: self.settings.group, statistics });
            }
        }
    }

    /// librdkafka has let go of all partitions without a word, and somebody else may have them: what is out must not be
    /// taken for work that counts.
    fn forsake(&mut self) {
        self.be_quiet();
        self.assignment.iter().for_each(|held| held.lease.offsets(Offsets::revoke));
    }

    /// Takes jobs that no worker has seen out of the inbox.
    pub(super) fn take_back(&mut self, wanted: impl Fn(&Batch) -> bool) {
        let (group, now) = (self.settings.group, self.now());
        for batch in self.inbox.jobs.extract(|batch| batch.group() == group && wanted(batch)) {
            self.queued = self.queued.saturating_sub(1);
            self.change(&batch.lease, |progress| progress.take_back(now));
            // A worker may have put it back after its partition went.
            self.linger_no_more(&batch.lease);
        }
    }

    /// Hands out no more records; jobs that are out end, and the partitions stay ours.
    pub(super) fn be_quiet(&mut self) {
        self.quiet = true;
        for lease in self.assignment.leases() {
            lease.cut_short();
        }
        self.take_back(|batch| batch.hook().is_none());
    }

    /// Hands out no more but the last hooks.
    pub(super) fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            // The group waits for an answer, whatever becomes of it.
            if let Some(arrival) = self.arrival.take() {
                let since = arrival.since();
                self.assign(&Starts::unknown(arrival.into_partitions()), since);
            }
            self.take_back(|batch| !is_last(batch.hook()));
            let now = self.now();
            for lease in self.assignment.leases() {
                lease.cut_short();
                let hook = lease.hooks.then_some(Hook::Shutdown);
                self.change(&lease, |progress| progress.end(hook, now));
                self.claim(&lease);
            }
            self.fill();
        }
        self.publish();
    }

    pub(super) fn publish(&self) {
        let owes = |held: &&Held| held.progress.owed_hook().is_some() && !held.progress.is_out();
        let owed = if self.stopped { self.assignment.iter().filter(owes).count() } else { 0 };
        // Before a stop nobody waits for these numbers: no need to wake anybody.
        let publish = |status: &mut Status| {
            status.running = self.running + self.queued + self.late.len() + owed;
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
    pub(super) fn commit_and_wait(&mut self, patience: Duration) {
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
            let again = self.committer.tick(self.now(), &self.client, &self.assignment);
            self.report(again);
        }
    }

    /// Commits, leaves the group, lets go of everything.
    pub(super) fn leave(&mut self) {
        self.closing = true;
        self.stop();
        // Nobody is left to end the last jobs: what the group wanted back goes with everything else.
        let now = self.now();
        if let Some(departure) = &mut self.departure {
            departure.hurry(now);
            self.depart(now);
        }
        self.commit_and_wait(LAST_COMMIT);
        let closing = self.client.close_queue();
        self.report_kafka(&closing, "leaving the group");
        let deadline = Instant::now() + LEAVE;
        while closing.is_ok() && !self.client.closed() && Instant::now() < deadline {
            if let Some(report) = self.client.next_report(CLOSED_YET) {
                self.heed(report);
            }
        }
        self.committer.give_up();
        // Whatever did not go in the meantime: nothing of it can be committed any more.
        self.assignment.iter().for_each(|held| held.lease.offsets(Offsets::revoke));
        // Nobody is left to wait for a free worker.
        while let Some(hook) = self.late.pop_front() {
            self.hand_over(hook);
        }
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
        self.group.metrics.client_error(code);
        self.inbox.tell(Event::Error { group: Some(self.settings.group), code: code.to_owned(), message, fatal });
    }
}
