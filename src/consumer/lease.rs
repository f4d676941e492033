//! What a worker and the fetcher share about one assigned partition.
//!
//! Owns the partition's offsets behind a lock and the way back to the fetcher. Any thread. Must
//! hold the lock for a few assignments only.

use super::command::Command;
use crate::librdkafka::{ForkStamp, Records};
use crate::offsets::Offsets;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

/// One partition during one assignment.
#[derive(Debug)]
pub struct Lease {
    pub(crate) group: u32,
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) assignment: u64,
    offsets: Mutex<Offsets>,
    /// A `Readable` for this partition is on its way to the fetcher: one is enough.
    announced: AtomicBool,
    // Bounded although the channel is not: per partition at most one announcement and one outcome
    // are on the way, per popped batch one `Taken`, per committing worker one `Commit`.
    commands: UnboundedSender<Command>,
    stamp: ForkStamp,
}

impl Lease {
    pub(super) fn new(
        group: u32,
        topic: &str,
        partition: i32,
        assignment: u64,
        commands: UnboundedSender<Command>,
    ) -> Arc<Self> {
        Arc::new(Self {
            group,
            topic: topic.into(),
            partition,
            assignment,
            offsets: Mutex::default(),
            announced: AtomicBool::new(false),
            commands,
            stamp: ForkStamp::now(),
        })
    }

    /// Reads or changes the partition's offsets.
    pub(crate) fn offsets<R>(&self, touch: impl FnOnce(&mut Offsets) -> R) -> R {
        touch(&mut self.offsets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends `command` to the fetcher; false when it is gone.
    pub(crate) fn send(&self, command: Command) -> bool {
        !self.stamp.is_foreign() && self.commands.send(command).is_ok()
    }

    /// The queue stopped being empty. Called under librdkafka's lock of that queue.
    pub(super) fn announce(self: &Arc<Self>) {
        if !self.announced.swap(true, Ordering::AcqRel) {
            self.send(Command::Readable(Arc::clone(self)));
        }
    }

    /// The fetcher is about to look: from here on, news is news.
    pub(super) fn looking(&self) {
        self.announced.store(false, Ordering::Release);
    }

    /// Has the fetcher free `records`, or frees them here when it is gone.
    pub(crate) fn retire(&self, records: Arc<Records>) {
        if Arc::strong_count(&records) == 1 {
            self.send(Command::Free(records));
        }
    }

    /// Whether the process was forked since: nothing native may be touched.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.stamp.is_foreign()
    }
}
