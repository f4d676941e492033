//! Records that could not be delivered and that nobody waits for.
//!
//! Owns what is told about one. Any thread. Plain data.

use crate::librdkafka::Produced;
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
