//! Waiting for the delivery of records that were produced together.
//!
//! Owns one place for each record and one count for all: a record costs no memory of its own and no
//! lock. Completed by who takes the reports, waited for on any thread. A failure that nobody has
//! read when the last owner lets go is told to who reads undelivered records.

use super::delivery::{Place, Report, Shared};
use super::failure::Failure;
use crate::error::{Error, Result};
use crate::librdkafka::SlotOwner;
use crate::wait::{Cancel, Waited};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The place of one record in a batch.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    place: Place,
    owner: SlotOwner,
}

impl Slot {
    pub(crate) fn owner(&self) -> &SlotOwner {
        &self.owner
    }
}

#[derive(Debug)]
struct Failed {
    index: usize,
    error: Error,
    unread: Option<Failure>,
}

/// What becomes of records that were produced together.
#[derive(Debug)]
pub struct BatchDelivery {
    slots: Box<[Slot]>,
    left: AtomicUsize,
    waiting: AtomicUsize,
    failed: Mutex<Vec<Failed>>,
    shared: Arc<Shared>,
}

impl BatchDelivery {
    pub(super) fn new(count: usize, shared: Arc<Shared>) -> Self {
        Self {
            slots: std::iter::repeat_with(Slot::default).take(count).collect(),
            left: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            failed: Mutex::default(),
            shared,
        }
    }

    pub(crate) fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// The number of the slot at that address.
    pub(crate) fn index(&self, address: usize) -> usize {
        (address - self.slots.as_ptr().addr()) / size_of::<Slot>()
    }

    /// So many more, or fewer, are waited for.
    pub(super) fn expect(&self, more: usize) {
        self.left.fetch_add(more, Ordering::AcqRel);
    }

    pub(super) fn expect_fewer(&self, fewer: usize) {
        self.left.fetch_sub(fewer, Ordering::AcqRel);
    }

    pub(super) fn deliver(&self, index: usize, report: Report) {
        self.slots[index].place.deliver(report);
        self.left.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn fail(&self, index: usize, error: Error, failure: Failure) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(Failed { index, error, unread: Some(failure) });
        self.slots[index].place.fail();
        self.left.fetch_sub(1, Ordering::AcqRel);
    }

    /// Waits until each record that was taken is delivered or has failed.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Forked`] in a forked child, [`crate::ErrorKind::Closed`] when the producer
    /// has ended without a report.
    pub fn wait(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Waited<()>> {
        if self.shared.stamp.is_foreign() {
            return Err(Error::forked("delivery"));
        }
        let ready = || (self.left.load(Ordering::Acquire) == 0).then_some(());
        if ready().is_some() {
            return Ok(Waited::Ready(()));
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let waited = self.shared.reports.wait(timeout, cancel, ready);
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        waited.ok_or_else(|| Error::closed("producer"))
    }

    /// Wakes every waiter so that it looks at its [`Cancel`].
    pub fn wake(&self) {
        self.shared.reports.wake();
    }

    /// Where the record of that number went, if it was delivered.
    #[must_use]
    pub fn report(&self, index: usize) -> Option<Report> {
        self.slots[index].place.outcome().flatten()
    }

    /// The records that failed, each with why; they are told to nobody else from now on.
    #[must_use]
    pub fn failures(&self) -> Vec<(usize, Error)> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |failed: &mut Failed| {
            failed.unread = None;
            (failed.index, failed.error.clone())
        };
        failed.iter_mut().map(take).collect()
    }

    /// Tells the failures that nobody has read, unless somebody waits for them.
    pub(super) fn tell_unread(&self) {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return;
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let unread: Vec<Failure> = failed.iter_mut().filter_map(|failed| failed.unread.take()).collect();
        drop(failed);
        unread.into_iter().for_each(|failure| self.shared.notices.fail(failure));
    }
}

impl Drop for BatchDelivery {
    fn drop(&mut self) {
        if !self.shared.stamp.is_foreign() {
            self.tell_unread();
        }
    }
}
