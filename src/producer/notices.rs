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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// How many failures may wait to be read. While there are more, nothing further is enqueued: a
/// failed record is as little to be lost as one on its way, and its memory is bounded the same.
const FAILURE_BOUND: usize = 10_000;
/// How much trouble of the client may wait to be read. Further trouble is dropped: librdkafka repeats itself.
const TROUBLE_BOUND: usize = 100;
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
    /// Those of the line that are failed records.
    failed: AtomicUsize,
    /// Those of the line that are trouble of the client.
    troubles: AtomicUsize,
    /// Those of the line that are deliveries.
    deliveries: AtomicUsize,
    dropped: AtomicUsize,
    wanted: AtomicBool,
    /// The thread that has read last.
    reader: Mutex<Option<ThreadId>>,
}

impl Notices {
    /// Tells a failed record. Never refused: at most what was in the delivery queue comes on top.
    pub(super) fn fail(&self, failure: Failure) {
        self.push(Notice::Failed(failure));
    }

    /// Tells trouble of the client, unless so much waits to be read that nobody seems to read.
    pub(super) fn mention(&self, code: String, message: String) {
        if self.troubles.load(Ordering::Acquire) < TROUBLE_BOUND {
            self.push(Notice::Failed(Failure { code, message, ..Failure::default() }));
        }
    }

    /// Tells a delivery, or counts it when nobody seems to read.
    pub(super) fn deliver(&self, delivered: Delivered) {
        if self.deliveries.load(Ordering::Acquire) >= DELIVERY_BOUND {
            self.dropped.fetch_add(delivered.size, Ordering::AcqRel);
            return;
        }
        self.push(Notice::Delivered(delivered));
    }

    /// Tells what librdkafka counts. What was not read yet is out of date.
    pub(super) fn count(&self, statistics: Statistics) {
        drop(self.line.take_first(|notice| matches!(notice, Notice::Statistics(_))));
        drop(self.line.push(Notice::Statistics(statistics)));
    }

    pub(super) fn pop(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<Notice> {
        *self.reader() = Some(thread::current().id());
        let mut popped = self.line.pop(timeout, cancel);
        if let Popped::Item(notice) = &mut popped {
            if let Some(count) = self.count_of(notice) {
                count.fetch_sub(1, Ordering::AcqRel);
            }
            if let Notice::Delivered(delivered) = notice {
                delivered.dropped = self.dropped.swap(0, Ordering::AcqRel);
            }
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

    /// Failed records that wait to be read.
    pub(super) fn failures(&self) -> usize {
        self.failed.load(Ordering::Acquire)
    }

    /// Whether this thread is to enqueue nothing further. The one that reads failures alone makes room, so it must not
    /// wait for some.
    pub(super) fn full(&self) -> bool {
        self.failures() >= FAILURE_BOUND && *self.reader() != Some(thread::current().id())
    }

    pub(super) fn wake(&self) {
        self.line.wake();
    }

    /// Nothing will come any more. What is there can still be read.
    pub(super) fn close(&self) {
        self.line.close();
    }

    fn reader(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, notice: Notice) {
        // Counted first: it may be read before this call is back.
        let count = self.count_of(&notice);
        if let Some(count) = count {
            count.fetch_add(1, Ordering::AcqRel);
        }
        // A closed line has no reader left.
        if let (Err(_), Some(count)) = (self.line.push(notice), count) {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn count_of(&self, notice: &Notice) -> Option<&AtomicUsize> {
        match notice {
            Notice::Failed(failure) if failure.topic.is_empty() => Some(&self.troubles),
            Notice::Failed(_) => Some(&self.failed),
            Notice::Delivered(_) => Some(&self.deliveries),
            Notice::Statistics(_) => None,
        }
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
