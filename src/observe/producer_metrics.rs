//! Counters of what producers do.
//!
//! Owns the names, the help texts and the labels of what is counted. What producing threads put on their way comes
//! from tallies (`tally.rs`), the rest from who takes delivery reports: a few additions for all that came together.
//! Labels are bounded: by names of producers, by topics for each name, and by librdkafka's codes.

mod tally;

pub(crate) use tally::Tally;

use super::family;
use prometheus::{
    Counter, CounterVec, Histogram, HistogramVec, IntCounter, IntCounterVec, Registry, exponential_buckets,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many topics are told apart for producers of one name; further ones are counted as `other`.
pub(super) const TOPICS: usize = 100;
const OTHER: &str = "other";

/// Of all producers of a process.
#[derive(Debug, Clone)]
pub(super) struct ProducerFamilies {
    registry: Registry,
    records: IntCounterVec,
    bytes: IntCounterVec,
    delivered: IntCounterVec,
    failed: IntCounterVec,
    refused: IntCounterVec,
    errors: IntCounterVec,
    room_wait_seconds: CounterVec,
    delivery_seconds: HistogramVec,
}

impl Default for ProducerFamilies {
    fn default() -> Self {
        let registry = Registry::new();
        let (producer, topic, code) = (&["producer"][..], &["producer", "topic"][..], &["producer", "code"][..]);
        let counter = |name, help, labels: &[&str]| family::counter(&registry, name, help, labels);
        Self {
            records: counter("karafka_producer_records_total", "Records put on their way.", topic),
            bytes: counter("karafka_producer_bytes_total", "Their bytes: payloads, keys and headers.", topic),
            delivered: counter("karafka_producer_delivered_records_total", "Records that Kafka confirmed.", topic),
            failed: counter(
                "karafka_producer_failed_records_total",
                "Records on their way that were not delivered, by librdkafka's code.",
                &["producer", "topic", "code"],
            ),
            refused: counter(
                "karafka_producer_refused_records_total",
                "Records that were not even put on their way, by librdkafka's code: no room, too large.",
                code,
            ),
            errors: counter(
                "karafka_producer_errors_total",
                "Errors of the connection to Kafka, by librdkafka's code.",
                code,
            ),
            room_wait_seconds: family::real_counter(
                &registry,
                "karafka_producer_room_wait_seconds_total",
                "Time that threads waited for room in a full queue.",
                producer,
            ),
            delivery_seconds: family::histogram(
                &registry,
                "karafka_producer_delivery_seconds",
                "Time from the call to Kafka's confirmation, of the oldest of the records that were reported together.",
                producer,
                exponential_buckets(0.00025, 4.0, 10),
            ),
            registry,
        }
    }
}

impl ProducerFamilies {
    /// Everything that was counted, as the library gives it.
    pub(super) fn gather(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.registry.gather()
    }

    pub(super) fn producer(&self, name: &str) -> ProducerMetrics {
        ProducerMetrics {
            name: name.into(),
            delivery_seconds: self.delivery_seconds.with_label_values(&[name]),
            room_wait_seconds: self.room_wait_seconds.with_label_values(&[name]),
            topics: Mutex::default(),
            refused: ByCode::default(),
            errors: ByCode::default(),
            all: self.clone(),
        }
    }
}

/// The share of all producers of one name, open or closed.
#[derive(Debug)]
pub(crate) struct ProducerMetrics {
    all: ProducerFamilies,
    name: Box<str>,
    topics: Mutex<HashMap<Box<str>, Arc<ProducedTopic>>>,
    delivery_seconds: Histogram,
    room_wait_seconds: Counter,
    refused: ByCode,
    errors: ByCode,
}

impl ProducerMetrics {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where one client counts what it puts on its way to that topic.
    pub(crate) fn tally(&self, topic: &str) -> Arc<Tally> {
        self.topic(topic).sent.tally()
    }

    /// Looked up once for records that were reported together.
    pub(crate) fn topic(&self, topic: &str) -> Arc<ProducedTopic> {
        let mut topics = self.topics();
        if let Some(known) = topics.get(topic) {
            return Arc::clone(known);
        }
        let label = if topics.len() < TOPICS { topic } else { OTHER };
        let make = || Arc::new(ProducedTopic::new(&self.all, &self.name, label));
        Arc::clone(topics.entry(label.into()).or_insert_with(make))
    }

    /// Records that were reported together have been delivered; the oldest after `age`.
    pub(crate) fn delivered(&self, topic: &str, count: usize, age: Option<Duration>) {
        self.topic(topic).delivered.inc_by(count as u64);
        if let Some(age) = age {
            self.delivery_seconds.observe(age.as_secs_f64());
        }
    }

    /// A record was not delivered.
    pub(crate) fn failed(&self, topic: &str, code: &str) {
        let topic = self.topic(topic);
        let labels = [&*self.name, &*topic.label, code];
        topic.failed.add(code, 1, || self.all.failed.with_label_values(&labels));
    }

    /// So many records were not put on their way.
    pub(crate) fn refused(&self, code: &str, count: usize) {
        self.refused.add(code, count, || self.all.refused.with_label_values(&[&*self.name, code]));
    }

    /// The client told trouble.
    pub(crate) fn error(&self, code: &str) {
        self.errors.add(code, 1, || self.all.errors.with_label_values(&[&*self.name, code]));
    }

    /// A thread waited for room.
    pub(crate) fn waited_for_room(&self, time: Duration) {
        self.room_wait_seconds.inc_by(time.as_secs_f64());
    }

    pub(super) fn refused_by_code(&self) -> BTreeMap<String, u64> {
        self.refused.read()
    }

    pub(super) fn errors_by_code(&self) -> BTreeMap<String, u64> {
        self.errors.read()
    }

    /// The topics there are, by name.
    pub(super) fn by_topic(&self) -> BTreeMap<Box<str>, Arc<ProducedTopic>> {
        self.topics().iter().map(|(name, topic)| (name.clone(), Arc::clone(topic))).collect()
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<ProducedTopic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of one topic.
#[derive(Debug)]
pub(crate) struct ProducedTopic {
    label: Box<str>,
    sent: tally::Tallies,
    delivered: IntCounter,
    failed: ByCode,
}

impl ProducedTopic {
    fn new(all: &ProducerFamilies, producer: &str, label: &str) -> Self {
        let labels = [producer, label];
        Self {
            label: label.into(),
            sent: tally::Tallies::new(all.records.with_label_values(&labels), all.bytes.with_label_values(&labels)),
            delivered: all.delivered.with_label_values(&labels),
            failed: ByCode::default(),
        }
    }

    /// Records, bytes, and how many were delivered.
    pub(super) fn counts(&self) -> [u64; 3] {
        // Looked at first: what was delivered was sent before.
        let delivered = self.delivered.get();
        let [records, bytes] = self.sent.settle();
        [records, bytes, delivered]
    }

    pub(super) fn failed_by_code(&self) -> BTreeMap<String, u64> {
        self.failed.read()
    }
}

/// A counter for each of librdkafka's codes that has come. There are few: no bound is needed.
#[derive(Debug, Default)]
struct ByCode(Mutex<BTreeMap<String, IntCounter>>);

impl ByCode {
    fn add(&self, code: &str, count: usize, make: impl FnOnce() -> IntCounter) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters.entry(code.to_owned()).or_insert_with(make).inc_by(count as u64);
    }

    fn read(&self) -> BTreeMap<String, u64> {
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters.iter().map(|(code, counter)| (code.clone(), counter.get())).collect()
    }
}
