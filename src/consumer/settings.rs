//! What a consumer is started with.
//!
//! Owns the settings' shape and their bounds. Plain data, checked once. Must not read any global.

use crate::error::{Error, ErrorKind, Result};
use crate::librdkafka::log_level;
use rdkafka::ClientConfig;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Where a partition without a committed offset starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At its first record.
    Earliest,
    /// After its last record.
    Latest,
}

/// The upper end of [`Settings::longest_sleep`]; librdkafka's own default interval is 60 times as long.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

impl Start {
    pub(super) fn as_reset(self) -> &'static str {
        match self {
            Self::Earliest => "earliest",
            Self::Latest => "latest",
        }
    }
}

/// One subscribed topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSettings {
    /// Its name in the cluster.
    pub name: String,
    /// Where a partition without a committed offset starts.
    pub start: Start,
    /// Whether its partitions' assignment, revocation and the stop are jobs as well.
    #[serde(default)]
    pub hooks: bool,
}

/// Everything a [`super::Consumer`] needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A number of the host's choosing that comes back in jobs and events.
    pub group: u32,
    /// librdkafka's properties, `group.id` and `bootstrap.servers` among them.
    pub properties: BTreeMap<String, String>,
    /// The topics to subscribe to.
    pub topics: Vec<TopicSettings>,
    /// A batch holds at most so many records.
    pub max_messages: usize,
    /// A batch takes no further record once it holds so many bytes.
    pub max_bytes: usize,
    /// At most so many batches wait for a worker.
    pub ready_limit: usize,
    /// At most so many jobs of the group are out, those that wait for a worker among them.
    #[serde(default = "unlimited")]
    pub concurrency: usize,
    /// So many marked records ask for a commit at once; 0: only time does.
    #[serde(default)]
    pub commit_threshold: u64,
    /// After how many seconds without progress a partition that has work is told as stalled; `None`: never.
    #[serde(default, deserialize_with = "optional_seconds")]
    pub stall_after: Option<Duration>,
    /// How long jobs that are in user code may go on, and hooks may take, when the group wants their
    /// partitions back. The whole group waits for it.
    #[serde(skip, default = "a_second")]
    pub last_jobs: Duration,
    /// How long after a membership change it is looked whether the group leaves out a partition; and
    /// how far the next look is off, which must agree. At least six times the commit interval.
    #[serde(skip, default = "five_seconds")]
    pub first_look: Duration,
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

fn a_second() -> Duration {
    Duration::from_secs(1)
}

fn unlimited() -> usize {
    usize::MAX
}

impl Settings {
    /// How often marked offsets are committed; `None`: only when asked, at revocation and at the end.
    pub(super) fn commit_interval(&self) -> Result<Option<Duration>> {
        if self.properties.get("enable.auto.commit").is_some_and(|value| value == "false") {
            return Ok(None);
        }
        let value = self.properties.get("auto.commit.interval.ms").map_or("5000", String::as_str);
        let millis: u64 = value.parse().map_err(|_| {
            Error::new(
                ErrorKind::Config,
                format!("`auto.commit.interval.ms` is {value:?}: give a whole number of milliseconds"),
            )
        })?;
        Ok((millis > 0).then_some(Duration::from_millis(millis)))
    }

    /// How long after a membership change to look whether the group leaves out a partition; `None`:
    /// that is the broker's job.
    pub(super) fn first_look(&self) -> Option<Duration> {
        if self.properties.get("group.protocol").is_some_and(|protocol| protocol == "consumer") {
            return None;
        }
        // Where only commits tell who consumes, they must have had their time, and a job that takes long should not look
        // like none.
        let commits = self.commit_interval().ok().flatten().unwrap_or_default();
        // Not all members at once: the first to join anew helps all.
        let share = RandomState::new().build_hasher().finish() % 1000;
        Some(self.first_look.max(commits * 6).mul_f64(1.0 + share as f64 / 2000.0))
    }

    /// How long librdkafka may go unserved when it has nothing to say: serving it counts as the poll that
    /// `max.poll.interval.ms` asks for. Whatever it has to say wakes the fetcher by itself, so that a consumer without
    /// work sleeps.
    pub(super) fn longest_sleep(&self) -> Duration {
        let interval = self.properties.get("max.poll.interval.ms").and_then(|value| value.parse().ok());
        interval.map_or(LONGEST_SLEEP, |millis| (Duration::from_millis(millis) / 4).min(LONGEST_SLEEP))
    }

    /// The start position when all topics agree; otherwise each partition is looked at when assigned.
    pub(super) fn common_start(&self) -> Option<Start> {
        let first = self.topics.first()?.start;
        self.topics.iter().all(|topic| topic.start == first).then_some(first)
    }

    pub(super) fn client_config(&self) -> Result<ClientConfig> {
        if self.topics.is_empty() {
            return Err(Error::new(ErrorKind::Config, "no topic to subscribe to: give at least one"));
        }
        for (name, value) in [
            ("max_messages", self.max_messages),
            ("max_bytes", self.max_bytes),
            ("ready_limit", self.ready_limit),
            ("concurrency", self.concurrency),
        ] {
            if value == 0 {
                return Err(Error::new(ErrorKind::Config, format!("`{name}` is 0: give at least 1")));
            }
        }
        let mut config = ClientConfig::new();
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config.set_log_level(log_level(&self.properties));
        // Offsets are ours: librdkafka would store what it handed out, not what user code finished.
        config.set("enable.auto.offset.store", "false").set("enable.auto.commit", "false");
        config.set("auto.offset.reset", self.common_start().unwrap_or(Start::Earliest).as_reset());
        Ok(config)
    }
}
