//! Where a group stands, asked from outside.
//!
//! Owns reading committed offsets and watermarks without joining the group. The cluster is asked on
//! a thread of its own, because librdkafka's look-ups cannot be interrupted. Must change nothing.

use crate::error::{Error, Result};
use crate::librdkafka::Alive;
use crate::thread;
use crate::wait::Waitable;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One partition of a group.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Position {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The next offset the group would read, if it has committed one.
    pub committed: Option<i64>,
    /// The first offset that is there.
    pub low: i64,
    /// One past the last.
    pub high: i64,
}

/// How a look-up ends.
pub type Answer = Arc<Waitable<Option<Result<Vec<Position>>>>>;

/// Asks for the positions of the group named in `properties`, each request bounded by `timeout`;
/// wait on the answer. Without a group nothing is committed.
///
/// # Errors
/// [`ErrorKind::Config`] when librdkafka refuses a property, [`ErrorKind::Internal`] when no thread
/// can be started.
pub fn look_up(
    properties: &BTreeMap<String, String>,
    partitions: Vec<(String, i32)>,
    timeout: Duration,
) -> Result<Answer> {
    let mut config = ClientConfig::new();
    config.extend(properties.clone());
    let consumer: BaseConsumer = config.create().map_err(|error| Error::from_kafka(&error, "making a consumer"))?;
    let consumer = Alive::new(consumer);
    let answer = Answer::default();
    let given = Arc::clone(&answer);
    let grouped = properties.contains_key("group.id");
    let look = move || {
        let found = read(&consumer, &partitions, grouped, timeout);
        given.update(|answer| *answer = Some(found));
    };
    thread::start("krs-lookup", look)?;
    Ok(answer)
}

fn read(
    consumer: &BaseConsumer,
    partitions: &[(String, i32)],
    grouped: bool,
    timeout: Duration,
) -> Result<Vec<Position>> {
    let mut committed = TopicPartitionList::new();
    for (topic, partition) in partitions {
        committed.add_partition(topic, *partition);
    }
    if grouped {
        committed = consumer
            .committed_offsets(committed, timeout)
            .map_err(|error| Error::from_kafka(&error, "reading committed offsets"))?;
    }
    // Asked for at once, because what looks for a leader that is not known yet looks again only after half a second.
    let topics: BTreeSet<&str> = partitions.iter().map(|(topic, _)| topic.as_str()).collect();
    for topic in topics {
        consumer
            .fetch_metadata(Some(topic), timeout)
            .map_err(|error| Error::from_kafka(&error, format!("reading where {topic} is")))?;
    }
    let position = |(topic, partition): &(String, i32)| {
        let (low, high) = consumer
            .fetch_watermarks(topic, *partition, timeout)
            .map_err(|error| Error::from_kafka(&error, format!("reading the watermarks of {topic}/{partition}")))?;
        let committed = match committed.find_partition(topic, *partition).map(|found| found.offset()) {
            Some(Offset::Offset(next)) => Some(next),
            _ => None,
        };
        Ok(Position { topic: topic.clone(), partition: *partition, committed, low, high })
    };
    partitions.iter().map(position).collect()
}
