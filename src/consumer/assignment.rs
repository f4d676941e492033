//! The partitions this member holds.
//!
//! Owns each held partition's queue, progress and records that are out. Used by the fetcher thread
//! only. Must split a partition's queue before librdkafka may fill it.

use super::Settings;
use super::batch::Batch;
use super::client::Client;
use super::command::Hook;
use super::lease::{Group, Lease};
use super::partition::Progress;
use super::stall::Stall;
use crate::event::{Assigned, Place};
use crate::librdkafka::PartitionQueue;
use rdkafka::consumer::{Consumer, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Numbers every assignment of the process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// One partition while we hold it.
pub(super) struct Held {
    pub(super) lease: Arc<Lease>,
    pub(super) queue: PartitionQueue,
    pub(super) progress: Progress,
    /// The batch that is with a worker, or rests until its next attempt.
    pub(super) out: Option<Batch>,
    /// What the queue holds cannot be trusted: before it is looked into again, reading begins anew
    /// at this offset, or behind what was handed out.
    pub(super) reread: Option<i64>,
    /// It is in the fetcher's line, once.
    pub(super) in_line: bool,
    /// Where the fetcher finds its rest.
    pub(super) rests: Option<Instant>,
    /// When the job that is out went out, and when a worker took it.
    pub(super) went_out: Instant,
    pub(super) taken: Option<Instant>,
    pub(super) stall: Stall,
    /// Where it was begun, where that is known.
    pub(super) start: Option<i64>,
}

#[derive(Default)]
pub(super) struct Assignment {
    held: HashMap<u64, Held>,
    numbers: HashMap<Arc<str>, HashMap<i32, u64>>,
}

impl Assignment {
    /// Takes `partitions`: splits their queues, then lets librdkafka fetch them.
    pub(super) fn take(
        &mut self,
        partitions: &TopicPartitionList,
        client: &Arc<Client>,
        settings: &Settings,
        group: &Arc<Group>,
    ) -> KafkaResult<Vec<Arc<Lease>>> {
        let mut taken: Vec<Arc<Lease>> = Vec::new();
        for element in partitions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let hooks = settings.topics.iter().any(|known| known.hooks && known.name == topic);
            let lease = Lease::new(group, topic, partition, number, hooks);
            let wake = Arc::clone(&lease);
            let owner = Arc::clone(client);
            let wake = Box::new(move || wake.announce());
            let Some(queue) = PartitionQueue::split(client, owner, topic, partition, wake) else {
                continue;
            };
            self.numbers.entry(Arc::clone(&lease.topic)).or_default().insert(partition, number);
            let progress = Progress::new(hooks.then_some(Hook::Assigned));
            let (out, reread, in_line, rests) = (None, None, false, None);
            let start = if let Offset::Offset(start) = element.offset() { Some(start) } else { None };
            let held = Held {
                lease: Arc::clone(&lease),
                queue,
                progress,
                out,
                reread,
                in_line,
                rests,
                start,
                went_out: Instant::now(),
                taken: None,
                stall: Stall::new(Instant::now()),
            };
            self.held.insert(number, held);
            taken.push(lease);
        }
        let assigned = match client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => client.incremental_assign(partitions),
            RebalanceProtocol::None | RebalanceProtocol::Eager => client.assign(partitions),
        };
        if let Err(error) = assigned {
            // Not ours after all: a queue that is split but not assigned would never be looked at.
            taken.iter().for_each(|lease| drop(self.give(lease)));
            return Err(error);
        }
        Ok(taken)
    }

    /// The partitions of `list` that we hold.
    pub(super) fn among(&self, list: &TopicPartitionList) -> Vec<Arc<Lease>> {
        let held = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            self.get(element.topic(), element.partition()).map(|held| Arc::clone(&held.lease))
        };
        list.elements().iter().filter_map(held).collect()
    }

    /// Forgets the partition; its records that are out stay readable for who has them.
    pub(super) fn give(&mut self, lease: &Lease) -> Option<Held> {
        if let Some(partitions) = self.numbers.get_mut(&lease.topic) {
            partitions.remove(&lease.partition);
        }
        self.held.remove(&lease.assignment)
    }

    pub(super) fn get(&self, topic: &str, partition: i32) -> Option<&Held> {
        let number = self.numbers.get(topic)?.get(&partition)?;
        self.held.get(number)
    }

    pub(super) fn by_lease(&mut self, lease: &Lease) -> Option<&mut Held> {
        self.held.get_mut(&lease.assignment)
    }

    pub(super) fn leases(&self) -> Vec<Arc<Lease>> {
        self.iter().map(|held| Arc::clone(&held.lease)).collect()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Held> {
        self.held.values_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }
}

/// How events name partitions that come or go.
pub(super) fn places(partitions: &TopicPartitionList) -> Vec<Place> {
    let elements = partitions.elements();
    elements.iter().map(|it| Place { topic: it.topic().to_owned(), partition: it.partition() }).collect()
}

/// How events name partitions.
pub(super) fn describe(leases: &[Arc<Lease>]) -> Vec<Assigned> {
    let one = |lease: &Arc<Lease>| Assigned {
        topic: lease.topic.to_string(),
        partition: lease.partition,
        assignment: lease.assignment,
    };
    leases.iter().map(one).collect()
}
