//! A record on its way into the delivery queue.
//!
//! Owns the borrowed shape of a record and what an attempt to enqueue it can give. Plain data.

use crate::error::{Error, ErrorKind};
use std::time::Duration;

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

/// What an attempt to enqueue gave.
#[derive(Debug)]
pub enum Enqueued {
    /// The record is on its way.
    Yes,
    /// The queue is full: wait for room and try again.
    Full,
}

/// The error for a queue that stayed full.
#[must_use]
pub fn queue_full(topic: &str, waited: Duration) -> Error {
    Error::new(
        ErrorKind::QueueFull,
        format!(
            "the delivery queue stayed full for {} s, so the record for {topic:?} was not taken: produce slower, \
             raise `max_buffer_size`, or look for an unreachable broker",
            waited.as_secs_f64()
        ),
    )
}
