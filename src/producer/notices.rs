//! What a producer tells without being asked.
//!
//! Owns the line of failures that nobody waits for, and of deliveries and statistics when they are wanted, and how
//! many may wait to be read. Any thread. Must never lose a failure.

use super::Producer;
use super::failure::Failure;
use crate::error::{Error, Result};
use crate::mailbox::{Mailbox, Popped};
use crate::statistics::Statistics;
use crate::wait::Cancel;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How many failures may wait to be read. While there are more, nothing further is enqueued: a
/// failed record is as little to be lost as one on its way, and its memory is bounded the same.
pub(super) const FAILURE_BOUND: usize = 10_000;
/// How many deliveries may wait to be read. Further ones are only counted.
const DELIVERY_BOUND: usize = 10_000;

/// One thing that is told.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Notice {
    /// A record was not delivered, or the client is in trouble.
    Failed(Failure),
    /// Records were delivered.
    Delivered(Delivered),
    /// librdkafka has counted.
    #[serde(skip)]
    Statistics(Statistics),
}

/// Records of one partition that Kafka confirmed together, one behind the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivered {
    /// The topic's name in the cluster.
    pub topic: String,
    /// Their partition.
    pub partition: i32,
    /// The offset of the first; none: it is not known, as for a [`super::Report`].
    pub first_offset: Option<i64>,
    /// The offset of the last.
    pub last_offset: Option<i64>,
    /// How many.
    pub size: usize,
    /// Milliseconds since the first was produced.
    pub time: Option<f64>,
    /// Records that were delivered before and not told, because too much waited to be read.
    pub dropped: usize,
}

impl Delivered {
    /// Takes one record more, if it stands right behind.
    pub(super) fn extend(&mut self, partition: i32, offset: Option<i64>) -> bool {
        let behind = partition == self.partition && offset == self.last_offset.map(|last| last + 1);
        if behind {
            self.last_offset = offset;
            self.size += 1;
        }
        behind
    }
}

#[derive(Debug, Default)]
pub(super) struct Notices {
    line: Mailbox<Notice>,
    /// Those of the line that are deliveries.
    deliveries: AtomicUsize,
    dropped: AtomicUsize,
    wanted: AtomicBool,
}

impl Notices {
    /// Tells a failed record. Never refused: at most what was in the delivery queue comes on top.
    pub(super) fn fail(&self, failure: Failure) {
        // A closed line has no reader left.
        drop(self.line.push(Notice::Failed(failure)));
    }

    /// Tells trouble of the client, unless so much waits to be read that nobody seems to read.
    pub(super) fn mention(&self, code: String, message: String) {
        if self.failures() < FAILURE_BOUND {
            self.fail(Failure { code, message, ..Failure::default() });
        }
    }

    /// Tells a delivery, or counts it when nobody seems to read.
    pub(super) fn deliver(&self, delivered: Delivered) {
        if self.deliveries.load(Ordering::Acquire) >= DELIVERY_BOUND {
            self.dropped.fetch_add(delivered.size, Ordering::AcqRel);
            return;
        }
        // Counted first: it may be read before this call is back.
        self.deliveries.fetch_add(1, Ordering::AcqRel);
        if self.line.push(Notice::Delivered(delivered)).is_err() {
            self.deliveries.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Tells what librdkafka counts. What was not read yet is out of date.
    pub(super) fn count(&self, statistics: Statistics) {
        drop(self.line.take_first(|notice| matches!(notice, Notice::Statistics(_))));
        drop(self.line.push(Notice::Statistics(statistics)));
    }

    pub(super) fn pop(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<Notice> {
        let mut popped = self.line.pop(timeout, cancel);
        if let Popped::Item(Notice::Delivered(delivered)) = &mut popped {
            self.deliveries.fetch_sub(1, Ordering::AcqRel);
            delivered.dropped = self.dropped.swap(0, Ordering::AcqRel);
        }
        popped
    }

    /// Whether deliveries are told.
    pub(super) fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    pub(super) fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    /// Failures that wait to be read.
    pub(super) fn failures(&self) -> usize {
        self.line.len().saturating_sub(self.deliveries.load(Ordering::Acquire))
    }

    pub(super) fn wake(&self) {
        self.line.wake();
    }

    /// Nothing will come any more. What is there can still be read.
    pub(super) fn close(&self) {
        self.line.close();
    }
}

impl Producer {
    /// The next record that was produced without a [`super::Delivery`] and could not be delivered, or that were delivered,
    /// when that is wanted.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Forked`].
    pub fn next_notice(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Popped<Notice>> {
        if self.shared.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        Ok(self.shared.notices.pop(timeout, cancel))
    }

    /// Whether [`Producer::next_notice`] gives deliveries, too. Those that nobody reads are counted only.
    pub fn tell_deliveries(&self, wanted: bool) {
        self.shared.notices.want(wanted);
    }
}

#[cfg(test)]
mod tests;
