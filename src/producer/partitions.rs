//! From a partition key to a partition.
//!
//! Owns the number of partitions of topics asked for lately, and the thread that asks. Must not
//! block its caller: the answer is waited for elsewhere.

use super::Native;
use crate::error::{Error, ErrorKind, Result};
use crate::thread;
use crate::wait::Waitable;
use rdkafka::error::RDKafkaErrorCode as Code;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A topic may grow: its number is asked for again after this.
const FRESH: Duration = Duration::from_secs(60);

/// How long the cluster may take to say how many partitions a topic has.
const METADATA: Duration = Duration::from_secs(10);

/// A partition that is being looked up: wait until it is there.
pub type PartitionAnswer = Arc<Waitable<Option<Result<i32>>>>;

/// Finds the partition of `key`, asking the cluster on a thread of its own when it has to.
pub(super) fn look_up(
    partitions: &Arc<Partitions>,
    native: Arc<Native>,
    topic: &str,
    key: &[u8],
) -> Result<PartitionAnswer> {
    let answer = PartitionAnswer::default();
    if let Some(count) = partitions.known_count(topic, Instant::now()) {
        answer.update(|slot| *slot = Some(Ok(choose(key, count))));
        return Ok(answer);
    }
    let (told, partitions) = (Arc::clone(&answer), Arc::clone(partitions));
    let (topic, key) = (topic.to_owned(), key.to_vec());
    let ask = move || {
        let count = ask(&native, &topic).and_then(|count| partitions.learn(&topic, count, Instant::now()));
        told.update(|slot| *slot = Some(count.map(|count| choose(&key, count))));
        // Perhaps the last owner, if the producer was closed meanwhile: then its end happens here.
        drop(native);
    };
    thread::start("krs-metadata", ask)?;
    Ok(answer)
}

fn ask(native: &Native, topic: &str) -> Result<usize> {
    let metadata = native
        .client
        .client()
        .fetch_metadata(Some(topic), METADATA)
        .map_err(|error| Error::from_kafka(&error, format!("asking for the partitions of {topic:?}")))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let Some(found) = found else { return Ok(0) };
    answered(topic, found.error().map(Code::from), found.partitions().len())
}

/// The number that the cluster answered with, 0 for a topic that is not there or not ready.
fn answered(topic: &str, error: Option<Code>, count: usize) -> Result<usize> {
    match error {
        None | Some(Code::UnknownTopicOrPartition | Code::LeaderNotAvailable) => Ok(count),
        Some(code) => Err(Error::from_code(code, format!("asking for the partitions of {topic:?}"))),
    }
}

#[derive(Debug, Default)]
pub(super) struct Partitions {
    known: Mutex<HashMap<String, (usize, Instant)>>,
}

impl Partitions {
    /// The number of partitions of `topic`, when known and fresh.
    pub(super) fn known_count(&self, topic: &str, now: Instant) -> Option<usize> {
        let (count, asked) = self.known().get(topic).copied()?;
        (now.saturating_duration_since(asked) < FRESH).then_some(count)
    }

    /// Remembers what the cluster answered.
    pub(super) fn learn(&self, topic: &str, count: usize, now: Instant) -> Result<usize> {
        if count == 0 {
            let message =
                format!("topic {topic:?} does not exist or has no partition yet: create it, or check the name");
            return Err(Error::new(ErrorKind::Broker, message));
        }
        self.known().insert(topic.to_owned(), (count, now));
        Ok(count)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, (usize, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// CRC-32 of `key` modulo `count`.
pub(super) fn choose(key: &[u8], count: usize) -> i32 {
    let count = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    i32::try_from(crc32fast::hash(key) % count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
