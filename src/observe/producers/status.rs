//! How the producers of one name are, at one moment.
//!
//! Plain data. The names of its fields are those of `/status`. Must hold no handle and nothing of a record.

use super::Standing;
use crate::observe::producer_metrics::{ProducedTopic, ProducerMetrics};
use serde::Serialize;
use std::collections::BTreeMap;

/// Producers of one name.
#[derive(Debug, Clone, Serialize)]
pub struct ProducerStatus {
    /// Their name: `default` is the process' own.
    pub producer: String,
    /// How many of them are open.
    pub open: usize,
    /// Records enqueued or on their way.
    pub queue_records: usize,
    /// How many there may be.
    pub queue_limit_records: usize,
    /// How full the fullest of their queues is, from 0 to 1.
    pub queue_filled_ratio: f64,
    /// Failures that no subscriber was told yet.
    pub untold_failures: usize,
    /// Why they can never send again, those that cannot.
    pub fatal: Vec<String>,
    /// Records that were not even put on their way, by code.
    pub refused: BTreeMap<String, u64>,
    /// Errors of the connection, by code.
    pub errors: BTreeMap<String, u64>,
    /// What they sent, closed ones too.
    pub topics: Vec<ProducedTopicStatus>,
}

/// What was sent to one topic.
#[derive(Debug, Clone, Serialize)]
pub struct ProducedTopicStatus {
    /// The topic's name in the cluster.
    pub topic: String,
    /// Records put on their way.
    pub records: u64,
    /// Their payloads, keys and headers.
    pub bytes: u64,
    /// Records that Kafka confirmed.
    pub delivered: u64,
    /// Records that were not delivered, by code.
    pub failed: BTreeMap<String, u64>,
}

impl ProducerStatus {
    pub(super) fn new(metrics: &ProducerMetrics, open: &[Standing]) -> Self {
        Self {
            producer: metrics.name().to_owned(),
            open: open.len(),
            queue_records: open.iter().map(|one| one.queue).sum(),
            queue_limit_records: open.iter().map(|one| one.limit).sum(),
            queue_filled_ratio: open.iter().map(filled).fold(0.0, f64::max),
            untold_failures: open.iter().map(|one| one.untold).sum(),
            fatal: open.iter().filter_map(|one| one.fatal.clone()).collect(),
            refused: metrics.refused_by_code(),
            errors: metrics.errors_by_code(),
            topics: metrics.by_topic().iter().map(|(name, topic)| ProducedTopicStatus::new(name, topic)).collect(),
        }
    }
}

impl ProducedTopicStatus {
    fn new(name: &str, topic: &ProducedTopic) -> Self {
        let [records, bytes, delivered] = topic.counts();
        Self { topic: name.to_owned(), records, bytes, delivered, failed: topic.failed_by_code() }
    }
}

/// No limit: never full.
fn filled(one: &Standing) -> f64 {
    if one.limit == 0 { 0.0 } else { one.queue as f64 / one.limit as f64 }
}
