mod interleavings;

use super::{Job, Left, Next, Phase, Progress};
use crate::consumer::command::{Hook, Outcome, Target};
use std::time::{Duration, Instant};

const REST: Duration = Duration::from_secs(3);
const FAILED: Outcome = Outcome::Failed { backoff: REST, unseen: 9 };

fn handed_out(now: Instant) -> (Progress, Instant) {
    let mut progress = Progress::new(None);
    assert_eq!(progress.job(), Some(Job::Records));
    assert_eq!(progress.hand_out(), (1, 1));
    (progress, now)
}

#[test]
fn a_failure_rests_then_goes_out_again_counting_attempts() {
    let (mut progress, now) = handed_out(Instant::now());
    assert_eq!(progress.finish(FAILED, Left::Same, now), Next::Rest(now + REST));
    assert_eq!(progress.wake(now), Next::Wait);
    assert_eq!(progress.wake(now + REST), Next::Look);
    assert_eq!(progress.hand_out(), (2, 2));
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now + REST), Next::Look);
    assert_eq!(progress.hand_out(), (1, 3));
}

#[test]
fn attempts_are_of_the_record_that_comes_first() {
    let (mut progress, now) = handed_out(Instant::now());
    for attempt in 2..5 {
        progress.finish(FAILED, Left::Same, now);
        progress.wake(now + REST);
        assert_eq!(progress.hand_out().0, attempt);
    }
    progress.finish(FAILED, Left::Other, now);
    progress.wake(now + REST);
    assert_eq!(progress.hand_out().0, 2);
    progress.finish(FAILED, Left::Fresh, now);
    progress.wake(now + REST);
    assert_eq!(progress.hand_out().0, 1);
}

#[test]
fn a_job_that_is_handed_back_unbegun_keeps_its_attempt() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.finish(FAILED, Left::Same, now);
    progress.wake(now + REST);
    assert_eq!(progress.hand_out().0, 2);
    assert_eq!(progress.finish(Outcome::Partial { next: 0 }, Left::Same, now), Next::Look);
    assert_eq!(progress.hand_out().0, 2);
    progress.finish(Outcome::Partial { next: 1 }, Left::Fresh, now);
    assert_eq!(progress.hand_out().0, 1);
}

#[test]
fn a_long_pause_is_as_long_as_it_was_asked_for() {
    let (mut progress, now) = handed_out(Instant::now());
    let week = Duration::from_secs(7 * 86_400);
    progress.pause(Some(week), now);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now), Next::Rest(now + week));
    assert_eq!(progress.pause(Some(Duration::MAX), now), Next::Wait);
    assert_eq!(progress.phase(), Phase::Resting { until: None });
}

#[test]
fn a_failure_after_everything_was_marked_goes_on() {
    let (mut progress, now) = handed_out(Instant::now());
    assert_eq!(progress.finish(FAILED, Left::Nothing, now), Next::Look);
}

#[test]
fn news_of_records_counts_only_while_idle() {
    let mut progress = Progress::new(None);
    assert_eq!(progress.announce(), Next::Wait);
    progress.found_empty();
    assert_eq!(progress.announce(), Next::Look);
    progress.hand_out();
    assert_eq!(progress.announce(), Next::Wait);
    assert_eq!(progress.phase(), Phase::HandedOut);
}

#[test]
fn only_the_hand_over_that_is_out_can_finish() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.finish(Outcome::Done, Left::Nothing, now);
    assert!(!progress.is_current(1));
    let (_, second) = progress.hand_out();
    assert!(!progress.is_current(1));
    assert!(progress.is_current(second));
}

#[test]
fn an_endless_backoff_is_cut_to_a_day() {
    let (mut progress, now) = handed_out(Instant::now());
    let next = progress.finish(Outcome::Failed { backoff: Duration::MAX, unseen: 9 }, Left::Same, now);
    assert_eq!(next, Next::Rest(now + Duration::from_secs(86_400)));
}

#[test]
fn a_pause_begins_after_the_job_and_ends_by_itself_or_when_it_is_resumed() {
    let (mut progress, now) = handed_out(Instant::now());
    assert_eq!(progress.pause(Some(REST), now), Next::Wait);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now), Next::Rest(now + REST));
    assert_eq!(progress.resume(now), Next::Look);
    assert_eq!(progress.pause(None, now), Next::Wait);
    assert_eq!(progress.phase(), Phase::Resting { until: None });
    assert_eq!(progress.announce(), Next::Wait);
    assert_eq!(progress.resume(now), Next::Look);
}

#[test]
fn the_longer_of_backoff_and_pause_counts_and_a_resume_ends_only_the_pause() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.pause(Some(REST * 2), now);
    assert_eq!(progress.finish(FAILED, Left::Same, now), Next::Rest(now + REST * 2));
    assert_eq!(progress.resume(now), Next::Rest(now + REST));
    assert_eq!(progress.wake(now + REST), Next::Look);
}

#[test]
fn a_seek_waits_for_the_job_and_is_forgotten_when_that_fails() {
    let (mut progress, now) = handed_out(Instant::now());
    let target = Target::Offset(7);
    assert_eq!(progress.seek(target, now), Next::Wait);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now), Next::Seek(target));
    assert_eq!(progress.job(), None);
    assert_eq!(progress.sought(target, true, now), Some(Next::Look));
    progress.hand_out();
    progress.seek(target, now);
    assert_eq!(progress.finish(FAILED, Left::Same, now), Next::Rest(now + REST));
    assert_eq!(progress.wake(now + REST), Next::Look);
}

#[test]
fn a_seek_that_librdkafka_refuses_is_tried_again_and_a_later_one_wins() {
    let mut progress = Progress::new(None);
    let (now, target) = (Instant::now(), Target::Earliest);
    assert_eq!(progress.seek(target, now), Next::Seek(target));
    let Some(Next::Rest(until)) = progress.sought(target, false, now) else { unreachable!("it rests") };
    assert_eq!(progress.wake(until), Next::Seek(target));
    assert_eq!(progress.seek(Target::Latest, until), Next::Wait);
    assert_eq!(progress.sought(target, true, until), Some(Next::Seek(Target::Latest)));
    assert_eq!(progress.sought(Target::Latest, true, until), Some(Next::Look));
}

#[test]
fn records_wait_for_the_first_hook_until_it_has_not_failed() {
    let (mut progress, now) = (Progress::new(Some(Hook::Assigned)), Instant::now());
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Assigned)));
    assert_eq!(progress.hand_out().0, 1);
    assert_eq!(progress.finish(FAILED, Left::Nothing, now), Next::Rest(now + REST));
    assert_eq!(progress.wake(now + REST), Next::Look);
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Assigned)));
    assert_eq!(progress.hand_out().0, 2);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now + REST), Next::Look);
    assert_eq!(progress.job(), Some(Job::Records));
}

#[test]
fn the_last_hook_waits_for_the_job_and_is_run_once_whatever_becomes_of_it() {
    let (mut progress, now) = handed_out(Instant::now());
    assert_eq!(progress.end(Some(Hook::Revoked), now), Next::Wait);
    assert_eq!(progress.finish(FAILED, Left::Same, now), Next::Look);
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Revoked)));
    progress.hand_out();
    assert_eq!(progress.finish(FAILED, Left::Nothing, now), Next::Wait);
    assert_eq!(progress.phase(), Phase::Ended);
}

#[test]
fn a_second_end_brings_no_second_hook() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.finish(Outcome::Done, Left::Nothing, now);
    assert_eq!(progress.end(Some(Hook::Shutdown), now), Next::Wait);
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Shutdown)));
    assert_eq!(progress.end(Some(Hook::Revoked), now), Next::Wait);
    assert_eq!(progress.owed_hook(), Some(Hook::Shutdown));
    progress.hand_out();
    assert_eq!(progress.end(Some(Hook::Revoked), now), Next::Wait);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now), Next::Wait);
    assert_eq!((progress.phase(), progress.owed_hook()), (Phase::Ended, None));
}

#[test]
fn a_seek_that_is_answered_after_the_end_changes_nothing() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.seek(Target::Earliest, now);
    assert_eq!(progress.finish(Outcome::Done, Left::Nothing, now), Next::Seek(Target::Earliest));
    assert_eq!(progress.end(Some(Hook::Revoked), now), Next::Look);
    let (_, hook) = progress.hand_out();
    assert_eq!(progress.sought(Target::Earliest, true, now), None);
    assert!(progress.is_current(hook));
}

#[test]
fn what_never_had_a_job_ends_without_a_hook() {
    let mut progress = Progress::new(Some(Hook::Assigned));
    assert_eq!(progress.end(Some(Hook::Revoked), Instant::now()), Next::Wait);
    assert_eq!(progress.phase(), Phase::Ended);
    assert_eq!(progress.resume(Instant::now()), Next::Wait);
    assert_eq!(progress.seek(Target::Latest, Instant::now()), Next::Wait);
}

#[test]
fn a_job_that_is_taken_back_comes_again_a_hook_too() {
    let (mut progress, now) = (Progress::new(Some(Hook::Assigned)), Instant::now());
    progress.hand_out();
    assert_eq!(progress.take_back(now), Next::Look);
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Assigned)));
}

#[test]
fn what_cannot_be_used_is_looked_at_later_and_never_while_a_batch_is_out() {
    let (mut progress, now) = (Progress::new(None), Instant::now());
    assert_eq!(progress.rest_for(REST, now), Next::Rest(now + REST));
    assert_eq!(progress.announce(), Next::Wait);
    assert_eq!(progress.wake(now + REST), Next::Look);
    progress.hand_out();
    assert_eq!(progress.rest_for(REST, now), Next::Wait);
    assert_eq!(progress.phase(), Phase::HandedOut);
}

#[test]
fn a_job_that_is_taken_back_after_the_end_leaves_the_last_hook_due() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.end(Some(Hook::Revoked), now);
    assert_eq!(progress.take_back(now), Next::Look);
    assert_eq!(progress.job(), Some(Job::Hook(Hook::Revoked)));
}

#[test]
fn a_seek_of_a_job_that_failed_is_forgotten_even_when_everything_was_marked() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.seek(Target::Offset(3), now);
    assert_eq!(progress.finish(FAILED, Left::Nothing, now), Next::Look);
}

#[test]
fn where_the_last_job_wanted_to_go_on_is_given_at_the_end_once() {
    let (mut progress, now) = handed_out(Instant::now());
    progress.seek(Target::Offset(3), now);
    progress.end(None, now);
    assert_eq!(progress.last_seek(), None);
    progress.finish(Outcome::Done, Left::Nothing, now);
    assert_eq!((progress.last_seek(), progress.last_seek()), (Some(3), None));
}
