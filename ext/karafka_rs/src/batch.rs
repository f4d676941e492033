//! `Karafka::Native::Batch`: records of one partition in Ruby's hands.
//!
//! Used by one Ruby thread at a time, always with the GVL (which is what makes the cells sound).
//! Nothing becomes a Ruby object before it is asked for. A batch that is collected without an
//! outcome counts as failed, so its records come again.

mod build;
mod columns;
mod json;
mod reading;

use crate::errors::{guard, ruby_error};
use crate::lease::Lease;
use crate::{gvl, options, raw};
use json::Chunk;
use karafka_rs::consumer::{Hook, Outcome};
use karafka_rs::offsets::Mark;
use karafka_rs::wait::Cancel;
use magnus::gc::Marker;
use magnus::{
    Class, DataTypeFunctions, Error, Module, Object, RModule, RString, Ruby, TypedData, Value, function, method,
};
use std::cell::{Cell, Ref, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

/// How long a partition rests whose batch was dropped without an outcome (its thread was killed).
const ABANDONED_REST: Duration = Duration::from_secs(1);
/// Bytes behind every batch that Ruby has not given back.
static RETAINED: AtomicIsize = AtomicIsize::new(0);

/// What a native message costs beside its payload and key.
const RECORD_OVERHEAD: usize = 200;

#[derive(TypedData)]
#[magnus(class = "Karafka::Native::Batch", free_immediately, mark)]
pub(crate) struct Batch {
    batch: RefCell<karafka_rs::Batch>,
    size: usize,
    /// Bytes behind it, until they are given back.
    held: Cell<isize>,
    /// Of these, what the garbage collector was told about: all while the job runs, nothing after.
    /// Afterwards `Karafka::Processing::Memory` bounds them, and twice would be once too often.
    told: Cell<isize>,
    finished: Cell<bool>,
    /// What was parsed.
    json: RefCell<Vec<Arc<Chunk>>>,
}

impl DataTypeFunctions for Batch {
    fn mark(&self, marker: &Marker) {
        self.json.borrow().iter().for_each(|chunk| marker.mark(chunk.keys));
    }
}

impl Batch {
    pub(crate) fn new(batch: karafka_rs::Batch) -> Self {
        let size = batch.records().len();
        let told = isize::try_from(batch.records().bytes() + size * RECORD_OVERHEAD).unwrap_or(isize::MAX);
        raw::adjust_memory(told);
        RETAINED.fetch_add(told, Ordering::Relaxed);
        Self {
            batch: RefCell::new(batch),
            size,
            held: Cell::new(told),
            told: Cell::new(told),
            finished: Cell::new(false),
            json: RefCell::default(),
        }
    }

    fn group(&self) -> u32 {
        self.batch.borrow().group()
    }

    fn topic(ruby: &Ruby, this: &Self) -> RString {
        ruby.str_new(this.batch.borrow().topic())
    }

    fn partition(&self) -> i32 {
        self.batch.borrow().partition()
    }

    fn assignment(&self) -> u64 {
        self.batch.borrow().assignment()
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    fn attempt(&self) -> u32 {
        self.batch.borrow().attempt()
    }

    fn age(&self) -> f64 {
        self.batch.borrow().age().as_secs_f64()
    }

    fn first(&self) -> usize {
        self.batch.borrow().first()
    }

    fn hook(&self) -> Option<&'static str> {
        self.batch.borrow().hook().map(|hook| match hook {
            Hook::Assigned => "on_assigned",
            Hook::Revoked => "on_revoked",
            Hook::Shutdown => "on_shutdown",
        })
    }

    fn lease(&self) -> Lease {
        Lease(Arc::clone(self.batch.borrow().lease()))
    }

    fn first_unmarked(ruby: &Ruby, this: &Self) -> Result<usize, Error> {
        Ok(this.own(ruby)?.first_unmarked())
    }

    fn mark(ruby: &Ruby, this: &Self, offset: i64) -> Result<bool, Error> {
        match this.own(ruby)?.mark(offset) {
            Mark::Advanced(_) | Mark::Behind => Ok(true),
            Mark::NotOwned | Mark::Sought => Ok(false),
            Mark::Ahead => {
                let message = format!("offset {offset} was not handed out yet, so it cannot be marked as consumed");
                Err(Error::new(ruby.exception_arg_error(), message))
            }
        }
    }

    /// As `mark`, of the record at `index`: for jobs of single messages, where each call counts.
    fn mark_record(ruby: &Ruby, this: Value, index: usize) -> Result<(), Error> {
        let this = Self::of(ruby, &this)?;
        let batch = this.own(ruby)?;
        let offset = this.read(ruby, index, |records| Ok(records.offset(index)))?;
        // It was handed out; who owns the partition by now is of no interest here.
        let _ = batch.mark(offset);
        Ok(())
    }

    /// Whether the job at hand should end early: the partition is paused, read elsewhere, or goes away.
    fn is_cut_short(ruby: &Ruby, this: Value) -> Result<bool, Error> {
        Ok(Self::of(ruby, &this)?.own(ruby)?.is_cut_short())
    }

    /// The batch behind `this`, without a rescue of its own.
    fn of<'a>(ruby: &Ruby, this: &'a Value) -> Result<&'a Self, Error> {
        raw::typed(this).ok_or_else(|| Error::new(ruby.exception_type_error(), "not a batch"))
    }

    fn commit(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        guard(ruby, || {
            // A clone holds the records only until this method ends; the wait needs no cell.
            let batch = this.own(ruby)?.clone();
            let reply = batch.request_commit();
            let wait = |left, cancel: &Cancel| batch.wait_commit(&reply, left, cancel);
            Ok(gvl::wait(ruby, options::seconds(seconds), wait, || reply.wake())?.unwrap_or(false))
        })
    }

    fn is_revoked(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        Ok(this.own(ruby)?.is_revoked())
    }

    fn done(&self) {
        self.finish(Outcome::Done);
    }

    /// Records from index `next` on were not begun.
    fn partial(&self, next: usize) {
        self.finish(Outcome::Partial { next });
    }

    /// Records from index `unseen` on were not in user code.
    fn failed(&self, backoff: f64, unseen: usize) {
        let backoff = options::seconds(Some(backoff)).unwrap_or_default();
        self.finish(Outcome::Failed { backoff, unseen });
    }

    fn release(&self) {
        // Not to be had only after Ruby ran out of memory in the middle of a read: what it jumped over
        // still counts. The records then stay until the batch is dropped.
        if let Ok(mut batch) = self.batch.try_borrow_mut() {
            batch.release();
        }
        raw::adjust_memory(-self.told.replace(0));
        RETAINED.fetch_sub(self.held.replace(0), Ordering::Relaxed);
    }

    fn retained_bytes() -> isize {
        RETAINED.load(Ordering::Relaxed)
    }

    fn finish(&self, outcome: Outcome) {
        if !self.finished.replace(true) {
            raw::adjust_memory(-self.told.replace(0));
            // Payloads that are read later are parsed again; few are.
            if let Ok(mut json) = self.json.try_borrow_mut() {
                json.clear();
            }
            self.batch.borrow().finish(outcome);
        }
    }

    /// The batch, unless it is the parent process' (its locks may be held there).
    fn own(&self, ruby: &Ruby) -> Result<Ref<'_, karafka_rs::Batch>, Error> {
        let batch = self.batch.borrow();
        if batch.lease().is_foreign() {
            return Err(ruby_error(ruby, &karafka_rs::Error::forked("consumer")));
        }
        Ok(batch)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // Runs inside the garbage collector: sends and counts, waits for nothing, frees elsewhere.
        self.finish(Outcome::Failed { backoff: ABANDONED_REST, unseen: self.size });
        self.release();
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Batch", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_singleton_method("retained_bytes", function!(Batch::retained_bytes, 0))?;
    class.define_method("group", method!(Batch::group, 0))?;
    class.define_method("topic", method!(Batch::topic, 0))?;
    class.define_method("partition", method!(Batch::partition, 0))?;
    class.define_method("assignment", method!(Batch::assignment, 0))?;
    class.define_method("size", method!(Batch::size, 0))?;
    class.define_method("attempt", method!(Batch::attempt, 0))?;
    class.define_method("age", method!(Batch::age, 0))?;
    class.define_method("first", method!(Batch::first, 0))?;
    class.define_method("first_unmarked", method!(Batch::first_unmarked, 0))?;
    reading::init(class)?;
    columns::init(class)?;
    class.define_method("hook", method!(Batch::hook, 0))?;
    class.define_method("lease", method!(Batch::lease, 0))?;
    class.define_method("mark", method!(Batch::mark, 1))?;
    class.define_method("mark_record", method!(Batch::mark_record, 1))?;
    class.define_method("cut_short?", method!(Batch::is_cut_short, 0))?;
    class.define_method("commit", method!(Batch::commit, 1))?;
    class.define_method("revoked?", method!(Batch::is_revoked, 0))?;
    class.define_method("done", method!(Batch::done, 0))?;
    class.define_method("partial", method!(Batch::partial, 1))?;
    class.define_method("failed", method!(Batch::failed, 2))?;
    class.define_method("release", method!(Batch::release, 0))
}
