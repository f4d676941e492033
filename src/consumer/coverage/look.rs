//! One look at who consumes what.
//!
//! Owns asking the cluster and judging its answers. Runs on a short-lived thread, because the
//! answers block. Must change nothing.

use super::super::client::Client;
use super::super::command::Neglected;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How long each answer may take: short, because a client that is asked lives on, and the next look is as good.
const PATIENCE: Duration = Duration::from_secs(2);
/// The state of a group that has an assignment.
const STABLE: &str = "Stable";

type Partition = (String, i32);

/// What is looked at.
pub(in super::super) struct Scene {
    pub(in super::super) group: String,
    pub(in super::super) topics: Vec<String>,
    /// What this member holds.
    pub(in super::super) held: HashSet<Partition>,
}

/// The partitions of the topics that nobody seems to consume; an error when that cannot be told now.
pub(super) fn look(client: &Client, scene: &Scene) -> KafkaResult<Vec<Neglected>> {
    let foreign: Vec<Partition> =
        partitions(client, &scene.topics)?.into_iter().filter(|one| !scene.held.contains(one)).collect();
    if foreign.is_empty() {
        return Ok(Vec::new());
    }
    match assigned(client, &scene.group)? {
        Some(assigned) => Ok(unassigned(foreign, &assigned)),
        None => at_rest(client, &foreign),
    }
}

/// Every partition there is of `topics`; of a topic that is not there, none.
fn partitions(client: &Client, topics: &[String]) -> KafkaResult<Vec<Partition>> {
    let mut all = Vec::new();
    for name in topics {
        let metadata = client.fetch_metadata(Some(name), PATIENCE)?;
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            all.extend(topic.partitions().iter().map(|partition| (name.clone(), partition.id())));
        }
    }
    Ok(all)
}

/// What the coordinator says its members have; `None` from one that does not say.
fn assigned(client: &Client, group: &str) -> KafkaResult<Option<HashSet<Partition>>> {
    let list = match client.fetch_group_list(Some(group), PATIENCE) {
        Err(KafkaError::GroupListFetch(RDKafkaErrorCode::UnsupportedFeature)) => return Ok(None),
        list => list?,
    };
    let found = list.groups().iter().find(|found| found.name() == group && found.state() == STABLE);
    // In the middle of a rebalance nothing is anybody's; and a coordinator that refuses is just not in the list.
    let found = found.ok_or(KafkaError::GroupListFetch(RDKafkaErrorCode::RebalanceInProgress))?;
    Ok(all_assigned(found.members().iter().map(|member| member.assignment().unwrap_or_default())))
}

/// The partitions in the members' assignments; `None` when no member has one, or when one cannot be read.
pub(super) fn all_assigned<'a>(members: impl Iterator<Item = &'a [u8]>) -> Option<HashSet<Partition>> {
    let told: Vec<&[u8]> = members.filter(|bytes| !bytes.is_empty()).collect();
    if told.is_empty() {
        return None;
    }
    let mut all = HashSet::new();
    for bytes in told {
        all.extend(Reader(bytes).assignment()?);
    }
    Some(all)
}

pub(super) fn unassigned(partitions: Vec<Partition>, assigned: &HashSet<Partition>) -> Vec<Neglected> {
    let left = partitions.into_iter().filter(|one| !assigned.contains(one));
    left.map(|(topic, partition)| Neglected { topic, partition, committed: None }).collect()
}

/// Where nobody says who has what: the partitions with records that the group has not committed.
fn at_rest(client: &Client, partitions: &[Partition]) -> KafkaResult<Vec<Neglected>> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in partitions {
        // Asked for as a time, this is the end.
        list.add_partition(topic, *partition).set_offset(Offset::End)?;
    }
    let committed = known(&client.committed_offsets(list.clone(), PATIENCE)?);
    let ends = known(&client.offsets_for_times(list, PATIENCE)?);
    Ok(behind(partitions, &committed, &ends))
}

fn known(list: &TopicPartitionList) -> HashMap<Partition, i64> {
    let known = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match element.offset() {
        Offset::Offset(offset) if element.error().is_ok() => {
            Some(((element.topic().to_owned(), element.partition()), offset))
        }
        _ => None,
    };
    list.elements().iter().filter_map(known).collect()
}

pub(super) fn behind(
    partitions: &[Partition],
    committed: &HashMap<Partition, i64>,
    ends: &HashMap<Partition, i64>,
) -> Vec<Neglected> {
    let judge = |one: &Partition| {
        let committed = committed.get(one).copied();
        let end = ends.get(one).copied()?;
        let (topic, partition) = one.clone();
        (committed.unwrap_or(0) < end).then_some(Neglected { topic, partition, committed })
    };
    partitions.iter().filter_map(judge).collect()
}

/// Reads what the consumer protocol says: integers of the network's order, counted lists.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// Version, topics with their partitions, and data of the assignor's own, which is not looked at.
    fn assignment(&mut self) -> Option<Vec<Partition>> {
        let _version = self.short()?;
        let mut all = Vec::new();
        for _ in 0..self.int()? {
            let length = usize::try_from(self.short()?).ok()?;
            let topic = String::from_utf8(self.take(length)?.to_vec()).ok()?;
            for _ in 0..self.int()? {
                all.push((topic.clone(), self.int()?));
            }
        }
        Some(all)
    }

    fn short(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }
}
