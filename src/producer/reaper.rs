//! The end of a producer's client.
//!
//! Owns giving up what is left and destroying the client, on a thread of its own: that joins
//! others, and the caller may be a garbage collector. Must not be used in a forked child.

use super::Native;
use crate::thread;
use rdkafka::producer::{Producer as _, PurgeConfig};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the reports of what a closed producer gave up may take.
const LAST_REPORTS: Duration = Duration::from_secs(5);

/// Ends the client. What is left fails first, and each of those records is told.
pub(super) fn reap(native: Option<Arc<Native>>) {
    let Some(native) = native else { return };
    let end = move || {
        native.purge(PurgeConfig::default().queue().inflight());
        let deadline = Instant::now() + LAST_REPORTS;
        while native.context().in_flight.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            drop(native.flush(Duration::from_millis(20)));
        }
        native.context().tell_unasked();
    };
    drop(thread::start("krs-reaper", end));
}
