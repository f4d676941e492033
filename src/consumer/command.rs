//! What is said to the fetcher thread.
//!
//! Plain data, sent from any thread, read by the fetcher. Must hold no decision.

use super::arrival::Starts;
use super::lease::Lease;
use crate::error::Result;
use crate::librdkafka::Records;
use crate::observe::{Answer, GroupStatus};
use crate::wait::Waitable;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// User code is through with all of it.
    Done,
    /// User code handed the records from index `next` on back, because [`super::Batch::is_cut_short`].
    Partial {
        /// The first record it did not look at.
        next: usize,
    },
    /// User code failed: hand out what is not marked again, after `backoff`.
    Failed {
        /// How long the partition rests.
        backoff: Duration,
        /// The first record user code has not seen.
        unseen: usize,
    },
}

/// What user code wants to be told about a partition, besides records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Before the first record of an assignment.
    Assigned,
    /// After the last one, because the partition goes to somebody else.
    Revoked,
    /// After the last one, because the process stops.
    Shutdown,
}

/// Where user code wants to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// At the first record that is there.
    Earliest,
    /// After the last record that is there.
    Latest,
    /// At this offset.
    Offset(i64),
    /// At the first record with this timestamp or a later one, in milliseconds since 1970; after
    /// the last record when there is none.
    Time(i64),
}

/// A partition of ours to consume that nobody consumes, as far as one look tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Neglected {
    pub(super) topic: String,
    pub(super) partition: i32,
    /// Where the group stands, if that is what it was judged by: it must not move from look to look.
    pub(super) committed: Option<i64>,
}

impl fmt::Display for Neglected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// How the wait for a commit ended.
pub type CommitReply = Arc<Waitable<Option<bool>>>;

/// How a group answers who waits for it.
pub type StatusReply = Arc<Waitable<Option<GroupStatus>>>;

/// What tests of an application ask for: see [`super::Consumer`].
#[derive(Debug)]
pub(crate) enum Rehearsal {
    /// Go on as if this much time had passed, for rests, pauses and timed commits.
    Pass(Duration),
    /// Give these partitions away, as if the group wanted them back.
    Revoke(Vec<(String, i32)>),
    /// Take these partitions, as if the group gave them.
    Assign(Vec<(String, i32)>),
    /// Look after nothing for so long, as if a call did not return.
    Hang(Duration),
}

/// What reaches the fetcher thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// What look `number` of [`super::coverage::Coverage`] found, if it could see.
    Looked { number: u64, found: Option<Vec<Neglected>> },
    /// A partition's queue stopped being empty.
    Readable(Arc<Lease>),
    /// librdkafka has an event for the group.
    ClientEvent,
    /// What was looked up for [`super::arrival::Arrival`] `number`.
    Arrived { number: u64, found: Result<Starts> },
    /// User code is through with a batch.
    Finished { lease: Arc<Lease>, delivery: u64, outcome: Outcome },
    /// User code wants something of the partition: see [`Lease::pause`] and what follows it.
    Wishes(Arc<Lease>),
    /// librdkafka was told; the offset, where it is known.
    Sought { lease: Arc<Lease>, target: Target, moved: Result<Option<i64>> },
    /// As many records were marked as the group wants committed at once.
    CommitDue,
    /// A host thread took a batch out of the mailbox.
    Taken(Arc<Lease>),
    /// Somebody wants to know how the group is.
    Describe(Answer),
    /// A broker answered, after all were down.
    Reached,
    /// None did.
    Unreached,
    /// Commit what is marked and answer.
    Commit(CommitReply),
    /// What only tests of an application ask for.
    Rehearse(Rehearsal),
    /// Drop these records here.
    Free(Arc<Records>),
    /// Hand out no more records, but stay in the group.
    Quiet,
    /// Hand out nothing more but the last hooks.
    Stop,
    /// Commit, leave the group, end.
    Close,
}
