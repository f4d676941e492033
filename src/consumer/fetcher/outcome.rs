//! From what user code did or wants to what the partition does next.
//!
//! Owns acting on outcomes, pauses and seeks: every answer of `partition.rs` is carried out here.
//! Runs on the fetcher thread. Must decide nothing that `partition.rs` can.

use super::super::command::{Outcome, Target};
use super::super::lease::{Lease, Rest};
use super::super::partition::{Left, Next, Progress};
use super::super::seek;
use super::Fetcher;
use crate::error::Result;
use crate::offsets::Offsets;
use std::sync::Arc;
use std::time::Instant;

impl Fetcher {
    pub(super) fn finished(&mut self, lease: &Arc<Lease>, delivery: u64, outcome: Outcome) {
        // Counted for jobs of revoked partitions too: their workers were just as busy.
        self.running = self.running.saturating_sub(1);
        let now = self.now();
        let Some(held) = self.assignment.by_lease(lease) else {
            return self.linger_no_more(lease);
        };
        if !held.progress.is_current(delivery) {
            return;
        }
        if let Some(taken) = held.taken.take() {
            lease.metrics.ended(outcome, taken.elapsed());
        }
        let Some(mut batch) = held.out.take() else { return };
        let first = batch.first_unmarked();
        let (rest, unseen) = match outcome {
            // Nothing comes again of a job that is done, marked or not.
            Outcome::Done => (batch.records.len(), 0),
            Outcome::Partial { next } => (first.max(next), next),
            Outcome::Failed { unseen, .. } => {
                lease.offsets(Offsets::stay);
                (first, unseen)
            }
        };
        let left = match rest {
            rest if rest >= batch.records.len() => Left::Nothing,
            // Failed, or handed back before it was begun.
            rest if rest == batch.first => Left::Same,
            rest if rest >= unseen => Left::Fresh,
            _ => Left::Other,
        };
        let next = held.progress.finish(outcome, left, now);
        if left != Left::Nothing {
            batch.first = rest;
            held.out = Some(batch);
        }
        self.follow(lease, next);
        self.claim(lease);
    }

    /// A worker has the job of this partition.
    pub(super) fn taken(&mut self, lease: &Lease) {
        self.queued = self.queued.saturating_sub(1);
        self.running += 1;
        // Of a partition that went meanwhile nothing is counted any more.
        if let Some(held) = self.assignment.by_lease(lease) {
            let now = Instant::now();
            held.taken = Some(now);
            lease.metrics.taken(now - held.went_out);
        }
    }

    pub(super) fn heed_wishes(&mut self, lease: &Arc<Lease>) {
        let (wishes, now) = (lease.wishes(), self.now());
        match wishes.rest {
            Some(Rest::Pause(time)) => {
                // Said by another thread just before a job went out, it is meant for that job too.
                lease.cut_short();
                self.change(lease, |progress| progress.pause(time, now));
            }
            Some(Rest::Resume) => self.change(lease, |progress| progress.resume(now)),
            None => {}
        }
        if let Some(target) = wishes.seek {
            lease.cut_short();
            // A job that no worker has would bring records of before.
            self.take_back(|batch| batch.lease.assignment == lease.assignment && batch.hook().is_none());
            self.change(lease, |progress| progress.seek(target, now));
            self.claim(lease);
        }
    }

    /// A partition that ends reads nothing any more; but where user code wants to go on is known, and
    /// who reads it next does so there.
    pub(super) fn claim(&mut self, lease: &Arc<Lease>) {
        let Some(held) = self.assignment.by_lease(lease) else { return };
        if let Some(offset) = held.progress.last_seek() {
            let delivery = held.progress.delivery();
            let from = lease.offsets(|offsets| offsets.handed_out()).or(held.start);
            lease.offsets(|offsets| offsets.sought(Some(offset), delivery));
            self.note_seek(lease, Target::Offset(offset), (from, Some(offset)));
        }
    }

    pub(super) fn sought(&mut self, lease: &Arc<Lease>, target: Target, moved: Result<Option<i64>>) {
        let now = self.now();
        let Some(held) = self.assignment.by_lease(lease) else { return };
        let Some(next) = held.progress.sought(target, moved.is_ok(), now) else { return };
        match moved {
            Ok(offset) => {
                held.out = None;
                held.reread = None;
                held.queue.forget();
                let delivery = held.progress.delivery();
                let from = lease.offsets(|offsets| offsets.handed_out()).or(held.start);
                lease.offsets(|offsets| offsets.sought(offset, delivery));
                self.note_seek(lease, target, (from, offset));
            }
            Err(error) => {
                if self.repeats.is_news(&error, now) {
                    self.report(Err(error));
                }
            }
        }
        self.follow(lease, next);
    }

    /// Puts back in line what has rested long enough.
    pub(super) fn wake_rested(&mut self, now: Instant) {
        while let Some(entry) = self.resting.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let lease = entry.remove();
            if let Some(held) = self.assignment.by_lease(&lease) {
                held.rests = None;
            }
            self.change(&lease, |progress| progress.wake(now));
        }
    }

    /// Tells a held partition something and does what it answers.
    pub(super) fn change(&mut self, lease: &Arc<Lease>, tell: impl FnOnce(&mut Progress) -> Next) {
        if let Some(held) = self.assignment.by_lease(lease) {
            let next = tell(&mut held.progress);
            self.follow(lease, next);
        }
    }

    pub(super) fn follow(&mut self, lease: &Arc<Lease>, next: Next) {
        let lingers = self.lingers(lease);
        let Some(held) = self.assignment.by_lease(lease) else { return };
        match next {
            Next::Wait => {}
            Next::Look if lingers => {}
            Next::Look if std::mem::replace(&mut held.in_line, true) => {}
            // Somebody waits for the partition, or for the stop.
            Next::Look if held.progress.owed_hook().is_some() => self.readable.push_front(Arc::clone(lease)),
            Next::Look => self.readable.push_back(Arc::clone(lease)),
            Next::Rest(until) => {
                if let Some(before) = held.rests.replace(until) {
                    self.resting.remove(&(before, lease.assignment));
                }
                self.resting.insert((until, lease.assignment), Arc::clone(lease));
            }
            Next::Seek(target) => seek::start(&self.client, lease, target),
        }
    }
}
