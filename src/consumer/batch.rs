//! Records of one partition on their way through user code.
//!
//! Owns the link between records handed out and what becomes of them: marks go to the partition's
//! offsets at once, the outcome goes to the fetcher. Held by one host thread at a time. Must not
//! touch librdkafka: the fetcher does that.

use super::command::{Command, CommitReply, Hook, Outcome};
use super::lease::Lease;
use crate::librdkafka::Records;
use crate::offsets::Mark;
use crate::wait::{Cancel, Waited};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A job: records `first()..len()` of one partition, in offset order, or a hook without any.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(crate) records: Arc<Records>,
    pub(crate) first: usize,
    pub(crate) attempt: u32,
    /// Tells this hand-over from every other one of the partition.
    pub(crate) delivery: u64,
    pub(crate) hook: Option<Hook>,
    /// When it was handed out.
    pub(crate) ready: Instant,
    pub(crate) lease: Arc<Lease>,
}

impl Batch {
    pub(super) fn new(
        records: Arc<Records>,
        hook: Option<Hook>,
        lease: &Arc<Lease>,
        attempt: u32,
        delivery: u64,
    ) -> Self {
        Self { records, first: 0, attempt, delivery, hook, ready: Instant::now(), lease: Arc::clone(lease) }
    }

    /// A job without records.
    pub(super) fn of_hook(hook: Hook, lease: &Arc<Lease>, attempt: u32, delivery: u64) -> Self {
        let records = Arc::new(Records::none());
        Self::new(records, Some(hook), lease, attempt, delivery)
    }

    /// What user code is told, when the job has no records.
    #[must_use]
    pub fn hook(&self) -> Option<Hook> {
        self.hook
    }

    /// The records, including those before [`Batch::first`] that user code is already done with.
    #[must_use]
    pub fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// The first record user code is to see.
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// 1 on first delivery, one more after each failure.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How long ago it was handed out.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.ready.elapsed()
    }

    /// The number of the consumer it came from.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.lease.group()
    }

    /// The topic's name in the cluster.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.lease.topic
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.lease.partition
    }

    /// Unique per assignment of the partition.
    #[must_use]
    pub fn assignment(&self) -> u64 {
        self.lease.assignment
    }

    /// User code is done up to and including `offset`.
    #[must_use]
    pub fn mark(&self, offset: i64) -> Mark {
        self.lease.mark(self.delivery, offset)
    }

    /// Whether the partition went to somebody else since the records were handed out.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.lease.is_revoked()
    }

    /// Whether to hand back what was not begun, with [`Outcome::Partial`]: the partition is to be
    /// given away, paused or read elsewhere.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.lease.is_cut_short()
    }

    /// The first record that is not marked yet.
    #[must_use]
    pub fn first_unmarked(&self) -> usize {
        let marked = self.lease.offsets(|offsets| offsets.marked()).unwrap_or(i64::MIN);
        first_from(&self.records, self.first, marked)
    }

    /// Reports what became of the batch. Only the first report of a hand-over counts.
    pub fn finish(&self, outcome: Outcome) {
        self.lease.send(Command::Finished { lease: Arc::clone(&self.lease), delivery: self.delivery, outcome });
    }

    /// Asks the fetcher to commit what is marked in the whole group, now.
    #[must_use]
    pub fn request_commit(&self) -> CommitReply {
        let reply = CommitReply::default();
        if !self.lease.send(Command::Commit(Arc::clone(&reply))) {
            reply.update(|answer| *answer = Some(false));
        }
        reply
    }

    /// Waits for [`Batch::request_commit`]: whether the cluster confirmed, and this partition was
    /// still ours.
    pub fn wait_commit(&self, reply: &CommitReply, timeout: Option<Duration>, cancel: &Cancel) -> Waited<bool> {
        match reply.wait(timeout, cancel, |answer| *answer) {
            Waited::Ready(confirmed) => Waited::Ready(confirmed && !self.is_revoked()),
            other => other,
        }
    }

    /// A worker has the batch for good: the fetcher may hand out another.
    pub fn start(&self) {
        self.lease.send(Command::Taken(Arc::clone(&self.lease)));
    }

    /// Lets go of the records, which are freed on the fetcher thread, off the host's. What the
    /// batch is and where it came from stays known.
    pub fn release(&mut self) {
        self.lease.retire(std::mem::replace(&mut self.records, Arc::new(Records::none())));
    }

    /// What ties the batch to its partition.
    #[must_use]
    pub fn lease(&self) -> &Arc<Lease> {
        &self.lease
    }
}

/// The first index at or after `from` whose offset is at least `offset`.
pub(crate) fn first_from(records: &Records, from: usize, offset: i64) -> usize {
    let (mut low, mut high) = (from, records.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if records.offset(middle) < offset {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
