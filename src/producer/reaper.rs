//! The end of a producer's client.
//!
//! Owns giving up what is left and destroying the client, on a thread of its own: that joins
//! others, and the caller may be a garbage collector. Must not be used in a forked child.

use super::Native;
use crate::thread;
use crate::wait::{Cancel, Waited};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the reports of what a closed producer gave up may take.
const LAST_REPORTS: Duration = Duration::from_secs(5);

/// Ends the client. What is left fails first, and each of those records is told.
pub(super) fn reap(native: Option<Arc<Native>>) {
    let Some(native) = native else { return };
    let end = move || {
        native.client.purge();
        let context = native.client.client().context();
        let reported = || (context.in_flight.load(Ordering::Acquire) == 0).then_some(());
        let in_time = native.reports.wait(Some(LAST_REPORTS), &Cancel::new(), reported);
        context.tell_unasked();
        if in_time == Some(Waited::Ready(())) {
            // Nothing can fail any more. Who reads is not to wait for the client's end, which another call may delay.
            context.notices.close();
        }
        native.reports.end();
    };
    drop(thread::start("krs-reaper", end));
}
