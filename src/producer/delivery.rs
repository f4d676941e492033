//! Waiting for one record's delivery.
//!
//! Completed once by the polling thread, waited for on any thread, any number of times. A failure
//! that nobody has read when the last owner lets go is told to who reads undelivered records:
//! nothing fails silently.

use super::failure::{Failure, tell};
use crate::error::{Error, Result};
use crate::librdkafka::ForkStamp;
use crate::mailbox::Mailbox;
use crate::wait::{Cancel, Waitable, Waited};
use std::sync::Arc;
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

#[derive(Debug, Default)]
struct Outcome {
    report: Option<Result<Report, Error>>,
    /// The record, until somebody has read that it failed.
    unread: Option<Box<Failure>>,
}

/// What becomes of one produced record.
#[derive(Debug)]
pub struct Delivery {
    outcome: Waitable<Outcome>,
    failures: Arc<Mailbox<Failure>>,
    stamp: ForkStamp,
}

impl Delivery {
    pub(super) fn new(failures: Arc<Mailbox<Failure>>) -> Self {
        Self { outcome: Waitable::default(), failures, stamp: ForkStamp::now() }
    }

    pub(super) fn complete(&self, report: Result<Report, Error>, failure: Option<Failure>) {
        self.outcome.update(|outcome| {
            outcome.report.get_or_insert(report);
            outcome.unread = failure.map(Box::new);
        });
    }

    /// Whether the record was delivered or has failed.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Forked`] in a forked child.
    pub fn is_done(&self) -> Result<bool> {
        self.check()?;
        Ok(self.outcome.with(|outcome| outcome.report.is_some()))
    }

    /// Waits for the delivery or its failure.
    pub fn wait(&self, timeout: Option<Duration>, cancel: &Cancel) -> Waited<Result<Report>> {
        if let Err(error) = self.check() {
            return Waited::Ready(Err(error));
        }
        self.outcome.wait(timeout, cancel, |outcome| {
            let report = outcome.report.clone();
            if report.is_some() {
                outcome.unread = None;
            }
            report
        })
    }

    /// Wakes every waiter so that it looks at its [`Cancel`].
    pub fn wake(&self) {
        self.outcome.wake();
    }

    /// Tells the failure unless somebody has read it or waits for it.
    pub(super) fn tell_unread(&self) {
        if self.outcome.is_waited_for() {
            return;
        }
        if let Some(failure) = self.outcome.with(|outcome| outcome.unread.take()) {
            tell(&self.failures, *failure);
        }
    }

    fn check(&self) -> Result<()> {
        if self.stamp.is_foreign() { Err(Error::forked("delivery")) } else { Ok(()) }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.stamp.is_foreign() {
            return;
        }
        self.tell_unread();
    }
}
