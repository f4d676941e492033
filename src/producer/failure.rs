//! Records that could not be delivered and that nobody waits for.
//!
//! Owns what is told about one, and the bound on how many wait to be read. Any thread. Plain data.

use crate::librdkafka::Produced;
use crate::mailbox::Mailbox;
use serde::Serialize;

/// A record that was produced without a delivery handle and could not be delivered, or an error
/// of the client itself (`topic` is empty then).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Failure {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition, if one was chosen.
    pub partition: Option<i32>,
    /// The record's key.
    #[serde(skip)]
    pub key: Option<Vec<u8>>,
    /// The record's payload.
    #[serde(skip)]
    pub payload: Option<Vec<u8>>,
    /// The record's headers, in order.
    #[serde(skip)]
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// librdkafka's name of the code.
    pub code: String,
    /// What happened.
    pub message: String,
}

impl Failure {
    /// What is told of `record`, but why.
    pub(super) fn of(record: Produced<'_>) -> Self {
        Self {
            topic: record.topic(),
            partition: (record.partition() >= 0).then_some(record.partition()),
            key: record.key().map(<[u8]>::to_vec),
            payload: record.payload().map(<[u8]>::to_vec),
            headers: record.headers(),
            ..Self::default()
        }
    }

    /// Bytes of its key, payload and headers.
    pub(super) fn size(&self) -> usize {
        let len = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter().map(|(name, value)| name.len() + len(value));
        len(&self.key) + len(&self.payload) + headers.sum::<usize>()
    }
}

/// How many failures may wait to be read. While there are more, nothing further is enqueued: a
/// failed record is as little to be lost as one on its way, and its memory is bounded the same.
pub(super) const FAILURE_BOUND: usize = 10_000;

/// Tells a failed record. Never refused: at most what was in the delivery queue comes on top.
pub(super) fn tell(failures: &Mailbox<Failure>, failure: Failure) {
    // A closed mailbox has no reader left.
    drop(failures.push(failure));
}

/// Tells trouble of the client, unless so much waits to be read that nobody seems to read.
pub(super) fn mention(failures: &Mailbox<Failure>, code: String, message: String) {
    if failures.len() < FAILURE_BOUND {
        tell(failures, Failure { code, message, ..Failure::default() });
    }
}
