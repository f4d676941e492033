use super::{Phase, Progress};
use crate::consumer::command::Outcome;
use proptest::prelude::*;
use std::time::{Duration, Instant};

const REST: Duration = Duration::from_secs(3);

#[test]
fn a_failure_rests_then_goes_out_again_counting_attempts() {
    let (mut progress, now) = (Progress::new(), Instant::now());
    assert_eq!(progress.hand_out(), (1, 1));
    let phase = progress.finish(Outcome::Failed { backoff: REST }, true, false, now);
    assert_eq!(phase, Phase::BackingOff { until: now + REST });
    assert_eq!(progress.hand_out(), (2, 2));
    assert_eq!(progress.finish(Outcome::Done, false, false, now), Phase::Readable);
    assert_eq!(progress.hand_out(), (1, 3));
}

#[test]
fn attempts_are_of_the_record_that_comes_first() {
    let (mut progress, now) = (Progress::new(), Instant::now());
    for attempt in 1..4 {
        assert_eq!(progress.hand_out().0, attempt);
        progress.finish(Outcome::Failed { backoff: REST }, true, false, now);
    }
    progress.hand_out();
    progress.finish(Outcome::Failed { backoff: REST }, true, true, now);
    assert_eq!(progress.hand_out().0, 2);
}

#[test]
fn a_failure_after_everything_was_marked_goes_on() {
    let mut progress = Progress::new();
    progress.hand_out();
    assert_eq!(progress.finish(Outcome::Failed { backoff: REST }, false, true, Instant::now()), Phase::Readable);
}

#[test]
fn news_of_records_counts_only_while_idle() {
    let mut progress = Progress::new();
    assert!(!progress.announce());
    progress.found_empty();
    assert!(progress.announce());
    progress.hand_out();
    assert!(!progress.announce());
    assert_eq!(progress.phase(), Phase::HandedOut);
}

#[test]
fn only_the_hand_over_that_is_out_can_finish() {
    let mut progress = Progress::new();
    let (_, first) = progress.hand_out();
    progress.finish(Outcome::Done, false, false, Instant::now());
    assert!(!progress.is_current(first));
    let (_, second) = progress.hand_out();
    assert!(!progress.is_current(first));
    assert!(progress.is_current(second));
}

#[test]
fn an_endless_backoff_is_cut_to_a_day() {
    let (mut progress, now) = (Progress::new(), Instant::now());
    progress.hand_out();
    let phase = progress.finish(Outcome::Failed { backoff: Duration::MAX }, true, false, now);
    assert_eq!(phase, Phase::BackingOff { until: now + Duration::from_secs(86_400) });
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Announce,
    Look(bool),
    Finish(bool, bool),
    TakeBack,
}

proptest! {
    // At most one hand-over is out, each has a number of its own, and whatever happened a new
    // record still finds its way out.
    #[test]
    fn every_phase_has_an_exit(steps in proptest::collection::vec(prop_oneof![
        Just(Step::Announce),
        any::<bool>().prop_map(Step::Look),
        any::<(bool, bool)>().prop_map(|(ok, left)| Step::Finish(ok, left)),
        Just(Step::TakeBack),
    ], 0..60)) {
        let (mut progress, now, mut last) = (Progress::new(), Instant::now(), 0);
        for step in steps {
            match (step, progress.phase()) {
                (Step::Announce, _) => { progress.announce(); }
                (Step::Look(true), Phase::Readable | Phase::BackingOff { .. }) => {
                    let (_, delivery) = progress.hand_out();
                    prop_assert!(delivery > last);
                    last = delivery;
                }
                (Step::Look(false), Phase::Readable) => progress.found_empty(),
                (Step::Finish(ok, left), Phase::HandedOut) => {
                    let outcome = if ok { Outcome::Done } else { Outcome::Failed { backoff: REST } };
                    progress.finish(outcome, left, !ok, now);
                }
                (Step::TakeBack, _) => progress.take_back(),
                _ => {}
            }
        }
        if progress.phase() == Phase::HandedOut {
            progress.finish(Outcome::Done, false, false, now);
        }
        progress.announce();
        let ready = matches!(progress.phase(), Phase::Readable | Phase::BackingOff { .. });
        prop_assert!(ready);
    }
}

#[test]
fn what_cannot_be_used_is_looked_at_later_and_never_while_a_batch_is_out() {
    let until = Instant::now();
    let mut progress = Progress::new();
    progress.rest(until);
    assert_eq!(progress.phase(), Phase::BackingOff { until });
    assert!(!progress.announce());
    assert!(progress.rested());
    progress.hand_out();
    progress.rest(until);
    assert_eq!(progress.phase(), Phase::HandedOut);
}
