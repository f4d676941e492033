//! Counters of everything that happens.
//!
//! Owns the names, the help texts and the labels of what is counted; what is merely looked at when
//! somebody asks is in `exposition.rs`. Added to from any thread: a few atomic operations for a
//! batch. Labels are bounded by the application's routes.

use super::family;
use crate::consumer::Outcome;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, Registry, exponential_buckets};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many classes of errors are told apart for one topic; further ones are counted as `other`.
const ERROR_CLASSES: usize = 50;

/// Of a whole process.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    records: IntCounterVec,
    bytes: IntCounterVec,
    batch_records: HistogramVec,
    jobs: IntCounterVec,
    job_seconds: HistogramVec,
    wait_seconds: HistogramVec,
    retries: IntCounterVec,
    errors: IntCounterVec,
    rebalances: IntCounterVec,
    lost: IntCounterVec,
    commits: IntCounterVec,
    commit_seconds: HistogramVec,
    client_errors: IntCounterVec,
    jumps: IntCounterVec,
}

/// One group's share.
#[derive(Debug)]
pub(crate) struct GroupMetrics {
    all: Metrics,
    topics: Mutex<HashMap<String, Arc<TopicMetrics>>>,
    name: Arc<str>,
    rebalances: IntCounter,
    lost: IntCounter,
    commit_seconds: Histogram,
    commits: IntCounter,
    failed_commits: IntCounter,
}

/// The share of one topic in one group.
#[derive(Debug)]
pub(crate) struct TopicMetrics {
    errors: IntCounterVec,
    labels: [Arc<str>; 2],
    classes: Mutex<Vec<String>>,
    records: IntCounter,
    bytes: IntCounter,
    batch_records: Histogram,
    done: IntCounter,
    failed: IntCounter,
    handed_back: IntCounter,
    job_seconds: Histogram,
    wait_seconds: Histogram,
    retries: IntCounter,
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let (group, topic) = (&["group"][..], &["group", "topic"][..]);
        let counter = |name, help, labels: &[&str]| family::counter(&registry, name, help, labels);
        let histogram =
            |name, help, labels: &[&str], buckets| family::histogram(&registry, name, help, labels, buckets);
        let seconds = || exponential_buckets(0.001, 4.0, 10);
        Self {
            records: counter("karafka_consumer_records_total", "Records handed to user code, retries included.", topic),
            bytes: counter("karafka_consumer_bytes_total", "Their bytes: payloads and keys.", topic),
            batch_records: histogram(
                "karafka_consumer_batch_records",
                "Records in one batch.",
                topic,
                exponential_buckets(1.0, 4.0, 8),
            ),
            jobs: counter(
                "karafka_consumer_jobs_total",
                "Jobs that ended: done, failed, or handed_back before all of it was begun.",
                &["group", "topic", "outcome"],
            ),
            job_seconds: histogram("karafka_consumer_job_seconds", "Time of one job in user code.", topic, seconds()),
            wait_seconds: histogram(
                "karafka_consumer_worker_wait_seconds",
                "Time that a job waited for a free worker.",
                topic,
                seconds(),
            ),
            retries: counter("karafka_consumer_retries_total", "Jobs handed out again after a failure.", topic),
            errors: counter(
                "karafka_consumer_errors_total",
                "Errors that user code raised, by class.",
                &["group", "topic", "class"],
            ),
            rebalances: counter("karafka_consumer_rebalances_total", "Assignments taken from the group.", group),
            lost: counter(
                "karafka_consumer_assignments_lost_total",
                "Times that partitions were lost: the group went on without this member.",
                group,
            ),
            commits: counter("karafka_consumer_commits_total", "Commits that were answered.", &["group", "result"]),
            commit_seconds: histogram(
                "karafka_consumer_commit_seconds",
                "Time until a commit was answered.",
                group,
                seconds(),
            ),
            client_errors: counter(
                "karafka_client_errors_total",
                "Errors of the connection to Kafka that were told, by librdkafka's code.",
                &["group", "code"],
            ),
            jumps: counter(
                "karafka_consumer_offset_jumps_total",
                "Times that a partition did not go on at the next offset, by reason.",
                &["group", "topic", "reason"],
            ),
            registry,
        }
    }
}

impl Metrics {
    /// Everything that was counted, as the library gives it.
    pub(super) fn gather(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.registry.gather()
    }

    pub(crate) fn group(&self, name: &str) -> GroupMetrics {
        GroupMetrics {
            name: name.into(),
            rebalances: self.rebalances.with_label_values(&[name]),
            lost: self.lost.with_label_values(&[name]),
            commit_seconds: self.commit_seconds.with_label_values(&[name]),
            commits: self.commits.with_label_values(&[name, "done"]),
            failed_commits: self.commits.with_label_values(&[name, "failed"]),
            topics: Mutex::default(),
            all: self.clone(),
        }
    }
}

impl GroupMetrics {
    pub(crate) fn topic(&self, topic: &str) -> Arc<TopicMetrics> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(topics.entry(topic.to_owned()).or_insert_with(|| Arc::new(self.make(topic))))
    }

    fn make(&self, topic: &str) -> TopicMetrics {
        let (all, labels) = (&self.all, [&*self.name, topic]);
        let jobs = |outcome| all.jobs.with_label_values(&[&*self.name, topic, outcome]);
        TopicMetrics {
            errors: all.errors.clone(),
            labels: [Arc::clone(&self.name), topic.into()],
            classes: Mutex::default(),
            records: all.records.with_label_values(&labels),
            bytes: all.bytes.with_label_values(&labels),
            batch_records: all.batch_records.with_label_values(&labels),
            done: jobs("done"),
            failed: jobs("failed"),
            handed_back: jobs("handed_back"),
            job_seconds: all.job_seconds.with_label_values(&labels),
            wait_seconds: all.wait_seconds.with_label_values(&labels),
            retries: all.retries.with_label_values(&labels),
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// An assignment was taken.
    pub(crate) fn assigned(&self) {
        self.rebalances.inc();
    }

    /// Partitions were lost.
    pub(crate) fn lost(&self) {
        self.lost.inc();
    }

    /// A commit was answered after `time`.
    pub(crate) fn committed(&self, confirmed: bool, time: Duration) {
        let counter = if confirmed { &self.commits } else { &self.failed_commits };
        counter.inc();
        self.commit_seconds.observe(time.as_secs_f64());
    }

    /// Counts where partitions of `topic` did not go on at the next offset; told as 0 from the first call on.
    pub(crate) fn jumps(&self, topic: &str, reason: &str) -> IntCounter {
        self.all.jumps.with_label_values(&[&*self.name, topic, reason])
    }

    /// An error was told.
    pub(crate) fn client_error(&self, code: &str) {
        self.all.client_errors.with_label_values(&[&*self.name, code]).inc();
    }
}

impl TopicMetrics {
    /// A job with records went out.
    pub(crate) fn handed_out(&self, records: usize, bytes: usize, attempt: u32) {
        self.records.inc_by(records as u64);
        self.bytes.inc_by(bytes as u64);
        self.batch_records.observe(records as f64);
        if attempt > 1 {
            self.retries.inc();
        }
    }

    /// A worker took a job that had waited for `time`.
    pub(crate) fn taken(&self, time: Duration) {
        self.wait_seconds.observe(time.as_secs_f64());
    }

    /// A job ended, after `time` with a worker.
    pub(crate) fn ended(&self, outcome: Outcome, time: Duration) {
        let counter = match outcome {
            Outcome::Done => &self.done,
            Outcome::Failed { .. } => &self.failed,
            Outcome::Partial { .. } => &self.handed_back,
        };
        counter.inc();
        self.job_seconds.observe(time.as_secs_f64());
    }

    /// User code raised an error of `class`.
    pub(crate) fn raised(&self, class: &str) {
        let mut known = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        let label = if known.iter().any(|one| one == class) {
            class
        } else if known.len() < ERROR_CLASSES {
            known.push(class.to_owned());
            class
        } else {
            "other"
        };
        self.errors.with_label_values(&[&*self.labels[0], &*self.labels[1], label]).inc();
    }
}

#[cfg(test)]
mod tests;
