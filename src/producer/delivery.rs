//! Waiting for one record's delivery.
//!
//! Completed once by the polling thread, waited for on any thread, any number of times.

use crate::error::{Error, Result};
use crate::wait::{Cancel, Waitable, Waited};
use std::time::Duration;

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The partition it is in.
    pub partition: i32,
    /// Its offset there; -1 when no broker was asked to confirm.
    pub offset: i64,
}

/// What becomes of one produced record.
#[derive(Debug, Default)]
pub struct Delivery {
    report: Waitable<Option<Result<Report, Error>>>,
}

impl Delivery {
    pub(super) fn complete(&self, report: Result<Report, Error>) {
        self.report.update(|slot| {
            slot.get_or_insert(report);
        });
    }

    /// Whether the record was delivered or has failed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.report.with(|report| report.is_some())
    }

    /// Waits for the delivery or its failure.
    pub fn wait(&self, timeout: Option<Duration>, cancel: &Cancel) -> Waited<Result<Report>> {
        self.report.wait(timeout, cancel, |report| report.clone())
    }

    /// Wakes every waiter so that it looks at its [`Cancel`].
    pub fn wake(&self) {
        self.report.wake();
    }
}
