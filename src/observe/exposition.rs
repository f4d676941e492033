//! The text of `/metrics`.
//!
//! Owns the gauges that are looked up when somebody asks. Runs on the endpoint's thread. What is
//! not held any more is not in it: a partition that went to another member is that member's to tell.

use super::family::gauge;
use super::status::{Brokers, GroupStatus, PartitionState, PartitionStatus};
use super::watch::Known;
use prometheus::proto::MetricFamily;
use prometheus::{Encoder, GaugeVec, IntGaugeVec, Registry, TextEncoder};

/// What the text is, for who reads it.
pub(super) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// What was counted, and how `groups` stand.
pub(super) fn text(mut families: Vec<MetricFamily>, groups: &[Known]) -> prometheus::Result<Vec<u8>> {
    let gauges = Gauges::new()?;
    for known in groups {
        if let Some(status) = &known.status {
            gauges.group(status, known.age.as_secs_f64());
        }
    }
    families.extend(gauges.registry.gather());
    families.sort_by(|one, other| one.name().cmp(other.name()));
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    Ok(text)
}

struct Gauges {
    registry: Registry,
    lag: IntGaugeVec,
    position: IntGaugeVec,
    marked: IntGaugeVec,
    committed: IntGaugeVec,
    end: IntGaugeVec,
    resting: IntGaugeVec,
    attempt: IntGaugeVec,
    job_age: GaugeVec,
    stalled: GaugeVec,
    assigned: IntGaugeVec,
    jobs: IntGaugeVec,
    reachable: IntGaugeVec,
    answer_age: GaugeVec,
}

impl Gauges {
    fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let partition = &["group", "topic", "partition"][..];
        let whole = |name, help, labels: &[&str]| gauge(&registry, name, help, labels);
        let real = |name, help, labels: &[&str]| gauge(&registry, name, help, labels);
        Ok(Self {
            lag: whole("karafka_consumer_lag_records", "Records user code is not done with.", partition)?,
            position: whole("karafka_consumer_position", "Offset behind the last record handed out.", partition)?,
            marked: whole("karafka_consumer_marked_offset", "First offset user code is not done with.", partition)?,
            committed: whole("karafka_consumer_committed_offset", "What the cluster confirmed.", partition)?,
            end: whole("karafka_consumer_end_offset", "Offset behind the last record there is.", partition)?,
            resting: whole(
                "karafka_consumer_partition_resting",
                "1 while the partition rests after a failure, or is paused.",
                &["group", "topic", "partition", "reason"],
            )?,
            attempt: whole("karafka_consumer_attempt", "Attempt of the next or running job.", partition)?,
            job_age: real("karafka_consumer_job_age_seconds", "Age of the job that is out.", partition)?,
            stalled: real(
                "karafka_consumer_stalled_seconds",
                "Time without progress, when it is longer than a partition with work may take; else 0.",
                partition,
            )?,
            assigned: whole("karafka_consumer_assigned_partitions", "Partitions held.", &["group"])?,
            jobs: whole("karafka_consumer_jobs", "Jobs that are out: waiting or running.", &["group", "state"])?,
            reachable: whole("karafka_consumer_brokers_reachable", "0 when all brokers are down.", &["group"])?,
            answer_age: real(
                "karafka_consumer_fetcher_answer_age_seconds",
                "Since the group's fetcher answered last.",
                &["group"],
            )?,
            registry,
        })
    }

    fn group(&self, status: &GroupStatus, age: f64) {
        let group = &[status.group.as_str()][..];
        self.assigned.with_label_values(group).set(count(status.partitions.len()));
        self.jobs.with_label_values(&[group[0], "waiting"]).set(count(status.jobs_waiting));
        self.jobs.with_label_values(&[group[0], "running"]).set(count(status.jobs_running));
        self.reachable.with_label_values(group).set(i64::from(status.brokers != Brokers::Unreachable));
        self.answer_age.with_label_values(group).set(age);
        status.partitions.iter().for_each(|partition| self.partition(group[0], partition));
    }

    fn partition(&self, group: &str, status: &PartitionStatus) {
        let number = status.partition.to_string();
        let labels = &[group, status.topic.as_str(), number.as_str()][..];
        let offsets = [
            (&self.lag, status.lag),
            (&self.position, status.position),
            (&self.marked, status.marked),
            (&self.committed, status.committed),
            (&self.end, status.end),
        ];
        for (gauge, value) in offsets {
            if let Some(value) = value {
                gauge.with_label_values(labels).set(value);
            }
        }
        self.attempt.with_label_values(labels).set(i64::from(status.attempt));
        for (reason, state) in [("failure", PartitionState::Failed), ("pause", PartitionState::Paused)] {
            let resting = i64::from(status.state == state);
            self.resting.with_label_values(&[labels[0], labels[1], labels[2], reason]).set(resting);
        }
        let age = status.job.as_ref().map_or(0.0, |job| job.age_seconds);
        self.job_age.with_label_values(labels).set(age);
        self.stalled.with_label_values(labels).set(status.stalled_seconds.unwrap_or(0.0));
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
