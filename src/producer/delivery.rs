//! Waiting for one record's delivery.
//!
//! Completed once by who takes its report, waited for on any thread, any number of times. A failure
//! that nobody has read when the last owner lets go is told to who reads undelivered records:
//! nothing fails silently. Must stay small: there is one for each record that somebody waits for.

use super::failure::Failure;
use super::notices::Notices;
use super::reports::Reports;
use crate::error::{Error, Result};
use crate::librdkafka::ForkStamp;
use crate::wait::{Cancel, Waited};
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The partition it is in.
    pub partition: i32,
    /// Its offset there; -1 when it is not known: no broker was asked to confirm, or the answer was
    /// lost and a later one has confirmed this record too.
    pub offset: i64,
}

/// A report that comes once and is read without a lock.
#[derive(Debug, Default)]
pub(super) struct Place {
    offset: AtomicI64,
    partition: AtomicI32,
    state: AtomicU8,
}

/// What is known of a record. Anything else: nothing.
const DELIVERED: u8 = 1;
const FAILED: u8 = 2;

impl Place {
    pub(super) fn deliver(&self, report: Report) {
        self.partition.store(report.partition, Ordering::Relaxed);
        self.offset.store(report.offset, Ordering::Relaxed);
        self.state.store(DELIVERED, Ordering::Release);
    }

    pub(super) fn fail(&self) {
        self.state.store(FAILED, Ordering::Release);
    }

    /// `Some(None)`: it failed.
    pub(super) fn outcome(&self) -> Option<Option<Report>> {
        match self.state.load(Ordering::Acquire) {
            DELIVERED => Some(Some(Report {
                partition: self.partition.load(Ordering::Relaxed),
                offset: self.offset.load(Ordering::Relaxed),
            })),
            FAILED => Some(None),
            _ => None,
        }
    }
}

/// What every delivery of a producer needs.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) reports: Arc<Reports>,
    pub(super) notices: Arc<Notices>,
    pub(super) stamp: ForkStamp,
}

#[derive(Debug)]
struct Failed {
    error: Error,
    /// The record, until somebody has read that it failed.
    unread: Option<Failure>,
}

/// What becomes of one produced record.
#[derive(Debug)]
pub struct Delivery {
    place: Place,
    waiting: AtomicUsize,
    failed: Mutex<Option<Box<Failed>>>,
    shared: Arc<Shared>,
}

impl Delivery {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { place: Place::default(), waiting: AtomicUsize::new(0), failed: Mutex::default(), shared }
    }

    pub(super) fn deliver(&self, report: Report) {
        self.place.deliver(report);
    }

    pub(super) fn fail(&self, error: Error, failure: Failure) {
        *self.failed() = Some(Box::new(Failed { error, unread: Some(failure) }));
        self.place.fail();
    }

    /// Whether the record was delivered or has failed.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Forked`] in a forked child.
    pub fn is_done(&self) -> Result<bool> {
        self.check()?;
        Ok(self.place.outcome().is_some())
    }

    /// What became of the record, if that is known.
    pub fn outcome(&self) -> Option<Result<Report>> {
        if let Err(error) = self.check() {
            return Some(Err(error));
        }
        match self.place.outcome()? {
            Some(report) => Some(Ok(report)),
            None => self.failed().as_mut().map(|failed| {
                failed.unread = None;
                Err(failed.error.clone())
            }),
        }
    }

    /// Waits for the delivery or its failure.
    pub fn wait(&self, timeout: Option<Duration>, cancel: &Cancel) -> Waited<Result<Report>> {
        if let Some(outcome) = self.outcome() {
            return Waited::Ready(outcome);
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let waited = self.shared.reports.wait(timeout, cancel, || self.outcome());
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        waited.unwrap_or_else(|| Waited::Ready(Err(Error::closed("producer"))))
    }

    /// Wakes every waiter so that it looks at its [`Cancel`].
    pub fn wake(&self) {
        self.shared.reports.wake();
    }

    /// Tells the failure unless somebody has read it or waits for it.
    pub(super) fn tell_unread(&self) {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return;
        }
        let unread = self.failed().as_mut().and_then(|failed| failed.unread.take());
        if let Some(failure) = unread {
            self.shared.notices.fail(failure);
        }
    }

    fn failed(&self) -> MutexGuard<'_, Option<Box<Failed>>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<()> {
        if self.shared.stamp.is_foreign() { Err(Error::forked("delivery")) } else { Ok(()) }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.shared.stamp.is_foreign() || self.place.outcome() != Some(None) {
            return;
        }
        self.tell_unread();
    }
}
