//! Finding where assigned partitions begin.
//!
//! Owns the look-up of what the group has committed, and each topic's own start where it has not.
//! Runs on a short-lived thread, because librdkafka's look-up blocks. librdkafka could do it by
//! itself, but it tries once: after one refusal, by a coordinator that has just moved for example, it
//! holds the partition and never reads it. Must not assign: the fetcher does.

use super::client::Client;
use super::command::Command;
use super::lease::Group;
use super::{Settings, Start, TopicSettings};
use crate::error::Error;
use crate::thread;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the cluster may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long before it is asked again when it could not say.
const AGAIN: Duration = Duration::from_millis(300);

/// Partitions that are given to us and not taken yet; the group waits for nobody meanwhile.
pub(super) struct Arrival {
    partitions: TopicPartitionList,
    /// Tells the answer of this look-up from those of others.
    number: u64,
    /// When the group gave them.
    since: Instant,
    again: Option<Instant>,
}

/// Where partitions begin.
#[derive(Debug)]
pub(crate) struct Starts {
    /// With the offsets to begin at.
    pub(super) partitions: TopicPartitionList,
    /// Those of which the group has committed nothing.
    pub(super) fresh: HashSet<(String, i32)>,
}

impl Starts {
    /// Of partitions that are never read.
    pub(super) fn unknown(partitions: TopicPartitionList) -> Self {
        Self { partitions, fresh: HashSet::new() }
    }
}

impl Arrival {
    /// Begins to look up `partitions`; [`Command::Arrived`] brings the answer.
    pub(super) fn start(
        number: u64,
        partitions: TopicPartitionList,
        since: Instant,
        client: &Arc<Client>,
        settings: &Settings,
        group: &Arc<Group>,
    ) -> Self {
        let (client, wanted, topics) = (Arc::clone(client), partitions.clone(), settings.topics.clone());
        let answer = Arc::clone(group);
        let look = move || {
            let found = starts(&client, wanted, &topics)
                .map_err(|error| Error::from_kafka(&error, "reading committed offsets, tried again"));
            answer.send(Command::Arrived { number, found });
        };
        if let Err(error) = thread::start("krs-lookup", look) {
            group.send(Command::Arrived { number, found: Err(error) });
        }
        Self { partitions, number, since, again: None }
    }

    pub(super) fn is(&self, number: u64) -> bool {
        self.number == number
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// The cluster could not say.
    pub(super) fn failed(&mut self, now: Instant) {
        self.again = Some(now + AGAIN);
    }

    /// When to ask again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.again
    }

    pub(super) fn into_partitions(self) -> TopicPartitionList {
        self.partitions
    }
}

fn starts(client: &Client, partitions: TopicPartitionList, topics: &[TopicSettings]) -> KafkaResult<Starts> {
    let found = client.committed_offsets(partitions, PATIENCE)?;
    // Beginnings and ends are looked up as well: librdkafka would do it later, and forget a seek that came meanwhile.
    let mut fresh = TopicPartitionList::new();
    let mut names = HashSet::new();
    for element in found.elements() {
        element.error()?;
        if !matches!(element.offset(), Offset::Offset(_)) {
            let latest = topics.iter().any(|known| known.name == element.topic() && known.start == Start::Latest);
            // Asked for as times, these are what they say.
            let start = if latest { Offset::End } else { Offset::Beginning };
            fresh.add_partition(element.topic(), element.partition()).set_offset(start)?;
            names.insert((element.topic().to_owned(), element.partition()));
        }
    }
    if fresh.count() > 0 {
        let answer = client.offsets_for_times(fresh, PATIENCE)?;
        let mut starts = HashMap::with_capacity(answer.count());
        for element in answer.elements() {
            element.error()?;
            starts.insert((element.topic().to_owned(), element.partition()), element.offset());
        }
        // Librdkafka's list would be searched through for each of a thousand partitions.
        for mut element in found.elements() {
            if let Some(start) = starts.get(&(element.topic().to_owned(), element.partition())) {
                element.set_offset(*start)?;
            }
        }
    }
    Ok(Starts { partitions: found, fresh: names })
}
