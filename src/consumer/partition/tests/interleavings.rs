//! A partition through random histories.
//!
//! Owns what can happen, and that in whatever order it happens a record still finds its way out.

mod world;

use crate::consumer::command::{Hook, Outcome, Target};
use crate::offsets::Mark;
use proptest::prelude::*;
use std::time::Duration;
use world::World;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many further records arrive.
    Fetched(i64),
    /// The fetcher serves its line.
    Serve,
    /// The job that is out ends: done, or handed back after so many records.
    Done,
    Partial(i64),
    Failed,
    /// User code marks the job's record of this index, or any offset.
    MarkOf(i64),
    MarkAny(i64),
    Pause(Option<u64>),
    Resume,
    /// Any thread wants to go on elsewhere; the fetcher hears of it.
    Seek(i64),
    Hear,
    /// librdkafka answers a seek.
    Sought(bool),
    TakenBack,
    Committed,
    /// So many milliseconds pass.
    Time(u64),
    /// The partition goes away, and comes back as a new assignment where it was committed.
    Revoked,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..6i64).prop_map(Step::Fetched),
        12 => Just(Step::Serve),
        6 => Just(Step::Done),
        3 => (0..6i64).prop_map(Step::Partial),
        4 => Just(Step::Failed),
        5 => (0..6i64).prop_map(Step::MarkOf),
        2 => (-2..60i64).prop_map(Step::MarkAny),
        2 => proptest::option::of(1..50u64).prop_map(Step::Pause),
        2 => Just(Step::Resume),
        2 => (0..40i64).prop_map(Step::Seek),
        4 => Just(Step::Hear),
        3 => any::<bool>().prop_map(Step::Sought),
        2 => Just(Step::TakenBack),
        4 => Just(Step::Committed),
        5 => (1..60u64).prop_map(Step::Time),
        1 => Just(Step::Revoked),
        1 => Just(Step::Stop),
    ]
}

impl World {
    fn step(&mut self, step: Step) {
        match step {
            Step::Fetched(count) => {
                self.log_end = self.log_end.max(self.position) + count;
                let next = self.progress.announce();
                self.follow(next);
            }
            Step::Serve => self.serve(),
            Step::Done => self.finish(Outcome::Done),
            Step::Partial(after) => {
                if let Some(out) = self.out.filter(|out| !out.hook) {
                    let next = (out.first + after).min(out.last);
                    self.finish(Outcome::Partial { next: usize::try_from(next).expect("offsets are small here") });
                }
            }
            Step::Failed => self.finish(Outcome::Failed { backoff: Duration::from_millis(20), unseen: usize::MAX }),
            Step::MarkOf(index) => {
                if let Some(out) = self.out.filter(|out| !out.hook) {
                    self.mark((out.first + index).min(out.last - 1));
                }
            }
            Step::MarkAny(offset) => self.mark(offset),
            Step::Pause(millis) => {
                let next = self.progress.pause(millis.map(Duration::from_millis), self.now);
                self.follow(next);
            }
            Step::Resume => {
                let next = self.progress.resume(self.now);
                self.follow(next);
            }
            Step::Seek(offset) => {
                assert!(self.offsets.seek());
                self.said.push_back(Target::Offset(offset));
            }
            Step::Hear => self.hear(),
            Step::Sought(moved) => self.sought(moved),
            Step::TakenBack => {
                if let Some(out) = self.out.take() {
                    if !out.hook {
                        self.kept = Some(out);
                    }
                    let next = self.progress.take_back(self.now);
                    self.follow(next);
                }
            }
            Step::Committed => self.commit(),
            Step::Time(millis) => self.pass(Duration::from_millis(millis)),
            Step::Revoked => {
                self.end(Hook::Revoked);
                self.offsets.revoke();
                assert_eq!(self.offsets.mark(self.position), Mark::NotOwned);
                assert!(!self.offsets.seek());
                self.assign_again();
            }
            Step::Stop => {
                self.end(Hook::Shutdown);
                self.stopped = true;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_happens_order_holds_nothing_unfinished_is_committed_and_every_phase_has_an_exit(
        automatic in any::<bool>(),
        hooks in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut world = World::new(automatic, hooks);
        for step in steps {
            world.step(step);
            if world.stopped {
                return Ok(());
            }
        }
        // Everything that may be in the way ends; then a further record must get through.
        let record = world.log_end.max(world.position).max(60);
        world.follow_through(record);
        let delivered = world.out.is_some_and(|out| out.first <= record && record < out.last);
        prop_assert!(delivered, "{:?} {:?}", world.progress, world.out);
    }
}

impl World {
    fn follow_through(&mut self, record: i64) {
        for _ in 0..20 {
            if self.out.is_some_and(|out| out.last > record) {
                return;
            }
            self.finish(Outcome::Done);
            self.hear();
            self.sought(true);
            self.step(Step::Resume);
            self.pass(Duration::from_secs(100_000));
            if self.log_end <= record {
                self.step(Step::Fetched(record + 1 - self.log_end.max(self.position)));
            }
            self.serve();
        }
    }
}
