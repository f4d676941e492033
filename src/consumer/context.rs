//! librdkafka's callbacks.
//!
//! Owns the events librdkafka reported until the fetcher takes them. Runs on the fetcher thread,
//! inside its polls. Translates, never decides.

use crate::interest::INTEREST;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What librdkafka reported.
pub(super) enum Report {
    /// The group gives us these partitions; nothing happens until we take them.
    Assign(TopicPartitionList),
    /// The group wants these partitions back; nothing happens until we give them.
    Revoke(TopicPartitionList),
    /// A commit came back.
    Committed(KafkaResult<()>, TopicPartitionList),
    /// A record came outside its partition's queue: topic, partition, offset.
    Stray(String, i32, i64),
    Error(KafkaError, String),
    Log(i32, String),
    /// librdkafka's counts, as JSON.
    Statistics(Vec<u8>),
}

#[derive(Default)]
pub(super) struct Context {
    reports: Mutex<VecDeque<Report>>,
    /// How many callbacks ran, those that report nothing among them.
    served: AtomicU64,
    /// Nobody reads reports any more.
    unread: AtomicBool,
}

impl Context {
    /// Takes the oldest report.
    pub(super) fn take(&self) -> Option<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Changes whenever a callback ran.
    pub(super) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// From now on membership changes are answered here, by giving everything back.
    pub(super) fn refuse_partitions(&self, client: &BaseConsumer<Self>) {
        self.unread.store(true, Ordering::Relaxed);
        while let Some(report) = self.take() {
            if matches!(report, Report::Assign(_) | Report::Revoke(_)) {
                // A group that is being left takes this for any protocol; a refusal changes nothing.
                drop(client.unassign());
            }
        }
    }

    fn report(&self, report: Report) {
        self.served.fetch_add(1, Ordering::Relaxed);
        if self.unread.load(Ordering::Relaxed) {
            return;
        }
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).push_back(report);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.report(Report::Log(level as i32, format!("{facility}: {message}")));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.report(Report::Error(error, reason.to_owned()));
    }

    fn stats_raw(&self, json: &[u8]) {
        if INTEREST.statistics() {
            self.report(Report::Statistics(json.to_vec()));
        } else {
            self.served.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, client: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        if self.unread.load(Ordering::Relaxed) {
            drop(client.unassign());
            return;
        }
        let partitions = partitions.clone();
        self.report(match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Report::Assign(partitions),
            _ => Report::Revoke(partitions),
        });
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        self.report(Report::Committed(result, offsets.clone()));
    }
}
