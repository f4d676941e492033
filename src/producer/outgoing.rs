//! A record on its way into the delivery queue.
//!
//! Owns the borrowed shape of a record and what an attempt to enqueue it can give. Plain data.

use rdkafka::message::{Header, OwnedHeaders};

/// One record to send; borrowed until it is enqueued.
#[derive(Debug, Default, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The topic's name in the cluster.
    pub topic: &'a str,
    /// `None` is a tombstone.
    pub payload: Option<&'a [u8]>,
    /// Decides the partition unless `partition` does.
    pub key: Option<&'a [u8]>,
    /// The partition, when the caller knows it.
    pub partition: Option<i32>,
    /// Milliseconds since the epoch; now, if not given.
    pub timestamp: Option<i64>,
    /// Names and values, in order.
    pub headers: &'a [(String, Option<Vec<u8>>)],
}

impl Outgoing<'_> {
    /// Bytes of its key, payload and headers.
    pub(crate) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
        self.payload.map_or(0, <[u8]>::len) + self.key.map_or(0, <[u8]>::len) + headers.sum::<usize>()
    }

    /// The headers as librdkafka takes them over.
    pub(crate) fn owned_headers(&self) -> Option<OwnedHeaders> {
        if self.headers.is_empty() {
            return None;
        }
        let headers = OwnedHeaders::new_with_capacity(self.headers.len());
        let insert = |headers: OwnedHeaders, (key, value): &(String, Option<Vec<u8>>)| {
            headers.insert(Header { key, value: value.as_ref() })
        };
        Some(self.headers.iter().fold(headers, insert))
    }
}

/// What an attempt to enqueue gave.
#[derive(Debug)]
pub enum Enqueued {
    /// The record is on its way.
    Yes,
    /// The queue is full: wait for room and try again.
    Full,
}
