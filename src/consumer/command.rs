//! What is said to the fetcher thread.
//!
//! Plain data, sent from any thread, read by the fetcher. Must hold no decision.

use super::lease::Lease;
use crate::librdkafka::Records;
use crate::wait::Waitable;
use std::sync::Arc;
use std::time::Duration;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// User code returned.
    Done,
    /// User code failed: hand out what is not marked again, after `backoff`.
    Failed {
        /// How long the partition rests.
        backoff: Duration,
    },
}

/// How the wait for a commit ended.
pub type CommitReply = Arc<Waitable<Option<bool>>>;

/// What reaches the fetcher thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// A partition's queue stopped being empty.
    Readable(Arc<Lease>),
    /// librdkafka has an event for the group.
    ClientEvent,
    /// User code is through with a batch.
    Finished { lease: Arc<Lease>, delivery: u64, outcome: Outcome },
    /// A host thread took a batch out of the mailbox.
    Taken,
    /// Commit what is marked and answer.
    Commit(CommitReply),
    /// Drop these records here.
    Free(Arc<Records>),
    /// Hand out nothing more.
    Stop,
    /// Commit, leave the group, end.
    Close,
}
