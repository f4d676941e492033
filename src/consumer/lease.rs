//! What a worker and the fetcher share about one assigned partition.
//!
//! Owns the partition's offsets behind a lock, what user code asks of the partition, and the way
//! back to the fetcher. Any thread. Must hold the lock for a few assignments only.

use super::command::{Command, Target};
use crate::librdkafka::{ForkStamp, Records};
use crate::observe::{GroupMetrics, TopicMetrics};
use crate::offsets::{Mark, Offsets};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// What the partitions of a group share: who they belong to, and how to reach the fetcher.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) number: u32,
    pub(super) metrics: GroupMetrics,
    /// Records marked since the last commit.
    marked: AtomicU64,
    /// So many ask for a commit; 0: none do.
    threshold: u64,
    // Bounded although the channel is not: per partition at most one announcement, one outcome and
    // one word of wishes are on the way, per popped batch one `Taken`, per committing worker one `Commit`.
    commands: UnboundedSender<Command>,
    stamp: ForkStamp,
}

impl Group {
    pub(super) fn new(
        number: u32,
        threshold: u64,
        metrics: GroupMetrics,
        commands: UnboundedSender<Command>,
    ) -> Arc<Self> {
        Arc::new(Self { number, metrics, marked: AtomicU64::new(0), threshold, commands, stamp: ForkStamp::now() })
    }

    /// What was marked up to now is being committed.
    pub(super) fn commits(&self) {
        self.marked.store(0, Ordering::Relaxed);
    }

    /// Counts marked records; asks for a commit once when they are enough.
    fn marked(&self, more: u64) {
        if self.threshold == 0 {
            return;
        }
        let before = self.marked.fetch_add(more, Ordering::Relaxed);
        if before < self.threshold && before.saturating_add(more) >= self.threshold {
            self.send(Command::CommitDue);
        }
    }

    /// Sends `command` to the fetcher; false when it is gone.
    pub(super) fn send(&self, command: Command) -> bool {
        !self.stamp.is_foreign() && self.commands.send(command).is_ok()
    }
}

/// Whether user code wants records.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rest {
    /// Not for so long; `None`: not until it says so.
    Pause(Option<Duration>),
    Resume,
}

/// What user code wants and the fetcher has not heard of yet. The last wish of each kind counts.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) rest: Option<Rest>,
    pub(super) seek: Option<Target>,
}

/// One partition during one assignment.
#[derive(Debug)]
pub struct Lease {
    group: Arc<Group>,
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) assignment: u64,
    /// Whether user code wants to hear about assignment, revocation and shutdown.
    pub(crate) hooks: bool,
    pub(super) metrics: Arc<TopicMetrics>,
    offsets: Mutex<Offsets>,
    wishes: Mutex<Wishes>,
    /// The job that is out should hand back what it has not begun.
    cut_short: AtomicBool,
    /// A `Readable` for this partition is on its way to the fetcher: one is enough.
    announced: AtomicBool,
}

impl Lease {
    pub(super) fn new(group: &Arc<Group>, topic: &str, partition: i32, assignment: u64, hooks: bool) -> Arc<Self> {
        Arc::new(Self {
            group: Arc::clone(group),
            topic: topic.into(),
            partition,
            assignment,
            hooks,
            metrics: group.metrics.topic(topic),
            offsets: Mutex::default(),
            wishes: Mutex::default(),
            cut_short: AtomicBool::new(false),
            announced: AtomicBool::new(false),
        })
    }

    // === what user code asks for ===

    /// User code that was given hand-over `delivery` is done up to and including `offset`.
    pub(crate) fn mark(&self, delivery: u64, offset: i64) -> Mark {
        let mark = self.offsets(|offsets| offsets.mark_of(delivery, offset));
        if let Mark::Advanced(by) = mark {
            self.group.marked(by);
        }
        mark
    }

    /// Hands no records out for `time`, or until [`Lease::resume`]. A batch that is out is finished;
    /// in a job of single messages the one at hand is. False: the partition is no longer ours.
    pub fn pause(self: &Arc<Self>, time: Option<Duration>) -> bool {
        self.cut_short();
        !self.is_revoked() && self.wish(|wishes| wishes.rest = Some(Rest::Pause(time)))
    }

    /// Ends what [`Lease::pause`] began. False: the partition is no longer ours.
    pub fn resume(self: &Arc<Self>) -> bool {
        !self.is_revoked() && self.wish(|wishes| wishes.rest = Some(Rest::Resume))
    }

    /// Goes on at `target` when the job that is out has ended, unless it fails. Until then nothing
    /// of it can be marked any more. False: the partition is no longer ours.
    pub fn seek(self: &Arc<Self>, target: Target) -> bool {
        // Under the lock: no job whose marks were refused for it may be reported before it.
        self.offsets(|offsets| {
            if !offsets.seek() {
                return false;
            }
            self.cut_short();
            self.wish(|wishes| wishes.seek = Some(target))
        })
    }

    /// Notes a wish, and tells the fetcher unless it is on its way to hear of another one.
    fn wish(self: &Arc<Self>, note: impl FnOnce(&mut Wishes)) -> bool {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = wishes.rest.is_some() || wishes.seek.is_some();
        note(&mut wishes);
        let heard = known || self.send(Command::Wishes(Arc::clone(self)));
        if !heard {
            *wishes = Wishes::default();
        }
        heard
    }

    /// What user code wants; the fetcher has heard it.
    pub(super) fn wishes(&self) -> Wishes {
        std::mem::take(&mut self.wishes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// Whether the partition went to somebody else.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.offsets(|offsets| offsets.is_revoked())
    }

    /// Whether the job that is out should hand back what it has not begun.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Acquire)
    }

    pub(super) fn cut_short(&self) {
        self.cut_short.store(true, Ordering::Release);
    }

    /// A job is about to go out.
    pub(super) fn whole(&self) {
        self.cut_short.store(false, Ordering::Release);
    }

    /// User code raised an error of `class` here.
    pub fn raised(&self, class: &str) {
        self.metrics.raised(class);
    }

    // === between host threads and the fetcher ===

    /// The number of the consumer it belongs to.
    pub(crate) fn group(&self) -> u32 {
        self.group.number
    }

    /// Reads or changes the partition's offsets.
    pub(crate) fn offsets<R>(&self, touch: impl FnOnce(&mut Offsets) -> R) -> R {
        touch(&mut self.offsets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends `command` to the fetcher; false when it is gone.
    pub(crate) fn send(&self, command: Command) -> bool {
        self.group.send(command)
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
        self.group.stamp.is_foreign()
    }
}
