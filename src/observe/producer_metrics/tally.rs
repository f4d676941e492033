//! Counting what is put on its way, for each record.
//!
//! Owns what one client counts for one topic, and carrying that over to the counters when somebody asks. An atomic
//! addition for each record would cost more than one can measure away: a tally has one writer at a time, who stores.

use prometheus::IntCounter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What one client has put on its way to one topic.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    records: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    /// Records were put on their way. From one thread at a time: the client's topics have a lock.
    pub(crate) fn add(&self, records: usize, bytes: usize) {
        self.records.store(self.records.load(Ordering::Relaxed) + records as u64, Ordering::Relaxed);
        self.bytes.store(self.bytes.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
    }
}

/// The tallies of one topic, and the counters they go to.
#[derive(Debug)]
pub(super) struct Tallies {
    records: IntCounter,
    bytes: IntCounter,
    // With what of each was carried over.
    open: Mutex<Vec<(Arc<Tally>, [u64; 2])>>,
}

impl Tallies {
    pub(super) fn new(records: IntCounter, bytes: IntCounter) -> Self {
        Self { records, bytes, open: Mutex::default() }
    }

    pub(super) fn tally(&self) -> Arc<Tally> {
        // Those of clients that have ended go, so that their number is bounded though nobody asks.
        self.settle();
        let tally = Arc::<Tally>::default();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push((Arc::clone(&tally), [0; 2]));
        tally
    }

    /// Carries over what was counted since the last time. Gives the counters.
    pub(super) fn settle(&self) -> [u64; 2] {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain_mut(|(tally, carried)| {
            // Asked first: what its client counted last is seen below then.
            let ended = Arc::strong_count(tally) == 1;
            std::sync::atomic::fence(Ordering::Acquire);
            let counted = [tally.records.load(Ordering::Relaxed), tally.bytes.load(Ordering::Relaxed)];
            self.records.inc_by(counted[0] - carried[0]);
            self.bytes.inc_by(counted[1] - carried[1]);
            *carried = counted;
            !ended
        });
        [self.records.get(), self.bytes.get()]
    }
}
