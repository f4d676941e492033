//! A model of what the fetcher does with a partition.
//!
//! Owns a [`Progress`] and its [`Offsets`], carries out what they answer, and checks what must hold
//! whatever happens: one job at a time, records in order, nothing committed that is not finished.

use super::super::super::{Job, Left, Next, Phase, Progress};
use crate::consumer::command::{Hook, Outcome, Target};
use crate::offsets::{Mark, Offsets};
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Records `first..last` that are out, or were and come again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) delivery: u64,
    pub(super) hook: bool,
}

pub(super) struct World {
    pub(super) progress: Progress,
    pub(super) offsets: Offsets,
    pub(super) now: Instant,
    pub(super) automatic: bool,
    pub(super) hooks: bool,
    /// The next record that the queue gives, and how many the log has.
    pub(super) position: i64,
    pub(super) log_end: i64,
    pub(super) kept: Option<Out>,
    pub(super) out: Option<Out>,
    /// How often it is in the fetcher's line, and when the fetcher was asked to come back.
    pub(super) line: usize,
    pub(super) rests: BTreeSet<Instant>,
    pub(super) seeking: Option<Target>,
    /// Seeks that user code asked for and the fetcher has not heard of.
    pub(super) said: VecDeque<Target>,
    /// The first hook has ended well, so many last hooks were run.
    pub(super) prepared: bool,
    pub(super) last_hooks: usize,
    /// What user code is done with, by finishing it, marking it, or leaping over it.
    pub(super) finished: BTreeSet<i64>,
    pub(super) committed: i64,
    pub(super) stopped: bool,
}

impl World {
    pub(super) fn new(automatic: bool, hooks: bool) -> Self {
        let progress = Progress::new(hooks.then_some(Hook::Assigned));
        Self {
            progress,
            offsets: Offsets::default(),
            now: Instant::now(),
            automatic,
            hooks,
            position: 0,
            log_end: 0,
            kept: None,
            out: None,
            line: 1,
            rests: BTreeSet::new(),
            seeking: None,
            said: VecDeque::new(),
            prepared: !hooks,
            last_hooks: 0,
            finished: BTreeSet::new(),
            committed: 0,
            stopped: false,
        }
    }

    pub(super) fn follow(&mut self, next: Next) {
        match next {
            Next::Look => self.line += 1,
            Next::Seek(target) => {
                assert_eq!(self.seeking.replace(target), None, "one seek at a time");
            }
            Next::Rest(until) => {
                assert!(until > self.now, "a rest lies ahead");
                self.rests.insert(until);
            }
            Next::Wait => {}
        }
    }

    pub(super) fn serve(&mut self) {
        // Who is not in line is not looked at.
        let Some(line) = self.line.checked_sub(1) else { return };
        self.line = line;
        let Some(job) = self.progress.job() else { return };
        assert!(self.out.is_none(), "one job at a time");
        let hook = matches!(job, Job::Hook(_));
        assert!(hook || self.prepared, "records wait for the first hook");
        assert_eq!(self.last_hooks, 0, "nothing comes after the last hook");
        if hook {
            self.last_hooks += usize::from(job != Job::Hook(Hook::Assigned));
            let (_, delivery) = self.progress.hand_out();
            self.out = Some(Out { first: 0, last: 0, delivery, hook });
        } else if let Some(kept) = self.kept {
            // The worker leaves out what was marked meanwhile.
            let first = self.offsets.marked().unwrap_or(0).clamp(kept.first, kept.last);
            let (_, delivery) = self.progress.hand_out();
            self.out = Some(Out { first, delivery, ..kept });
        } else if self.position < self.log_end {
            let (first, last) = (self.position, self.log_end);
            assert!(!self.offsets.hand_out(first, last - 1), "records come in order");
            self.position = last;
            let (_, delivery) = self.progress.hand_out();
            self.out = Some(Out { first, last, delivery, hook });
        } else {
            self.progress.found_empty();
        }
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        let Some(out) = self.out.take() else { return };
        // Commands keep their order: the outcome comes after what was said before.
        while !self.said.is_empty() {
            self.hear();
        }
        assert!(self.progress.is_current(out.delivery));
        self.prepared |= out.hook && !matches!(outcome, Outcome::Failed { .. });
        if !out.hook && self.automatic {
            let done = match outcome {
                Outcome::Done => out.last,
                Outcome::Partial { next } => next as i64,
                Outcome::Failed { .. } => out.first,
            };
            if done > out.first {
                // Finished it is, even where a seek that nobody has heard of yet refuses the mark.
                self.finished.extend(out.first..done);
                self.offsets.mark(done - 1);
            }
        }
        let unmarked = self.offsets.marked().unwrap_or(0).clamp(out.first, out.last);
        let rest = match outcome {
            Outcome::Done => out.last,
            Outcome::Partial { next } => unmarked.max(next as i64),
            Outcome::Failed { .. } => {
                self.offsets.stay();
                unmarked
            }
        };
        if !out.hook {
            self.kept = (rest < out.last).then_some(Out { first: rest, ..out });
        }
        let left = match rest {
            rest if rest == out.last => Left::Nothing,
            rest if rest == out.first => Left::Same,
            _ => Left::Other,
        };
        let next = self.progress.finish(outcome, left, self.now);
        self.follow(next);
    }

    /// The fetcher hears of a seek.
    pub(super) fn hear(&mut self) {
        if let Some(target) = self.said.pop_front() {
            let next = self.progress.seek(target, self.now);
            self.follow(next);
        }
    }

    /// Time passes; the fetcher comes back when it was asked to.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        while self.rests.first().is_some_and(|until| *until <= self.now) {
            self.rests.pop_first();
            let next = self.progress.wake(self.now);
            self.follow(next);
        }
    }

    pub(super) fn mark(&mut self, offset: i64) {
        let before = self.offsets.marked().unwrap_or(0);
        if let Mark::Advanced(_) = self.offsets.mark(offset) {
            // User code said so: everything up to there is done.
            self.finished.extend(before..=offset);
        }
    }

    pub(super) fn sought(&mut self, moved: bool) {
        let Some(target) = self.seeking.take() else { return };
        let Target::Offset(offset) = target else { unreachable!("only offsets here") };
        let Some(next) = self.progress.sought(target, moved, self.now) else { return };
        if moved {
            self.kept = None;
            self.offsets.sought(Some(offset), self.progress.delivery());
            self.position = offset;
            // What lies behind was given up by user code; what lies ahead is to come again.
            self.finished = (0..offset).collect();
        }
        self.follow(next);
    }

    pub(super) fn commit(&mut self) {
        let Some(next) = self.offsets.to_commit() else { return };
        let hole = (0..next).find(|offset| !self.finished.contains(offset));
        assert_eq!(hole, None, "committed {next}, but this was not finished");
        self.committed = next;
        self.offsets.committed(next);
        assert_eq!(self.offsets.to_commit(), None);
    }

    pub(super) fn end(&mut self, hook: Hook) {
        let owed = self.hooks && self.progress.delivery() > 0;
        for _ in 0..2 {
            // A process that stops gives its partitions back too, at any moment of the end.
            let next = self.progress.end(self.hooks.then_some(hook), self.now);
            self.follow(next);
            self.sought(true);
            let failed = Outcome::Failed { backoff: Duration::from_millis(20), unseen: usize::MAX };
            self.finish(if self.automatic { Outcome::Done } else { failed });
            while self.line > 0 {
                self.serve();
            }
        }
        self.finish(Outcome::Done);
        assert_eq!(self.progress.phase(), Phase::Ended, "everything ends");
        assert_eq!(self.last_hooks, usize::from(owed), "the last hook is run once");
        self.commit();
    }

    pub(super) fn assign_again(&mut self) {
        let committed = self.committed;
        let finished = (0..committed).collect();
        let (log_end, now) = (self.log_end, self.now);
        *self =
            Self { position: committed, log_end, now, committed, finished, ..Self::new(self.automatic, self.hooks) };
        self.offsets.sought(Some(committed), 0);
    }
}
