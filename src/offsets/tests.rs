use super::{Mark, Offsets};
use proptest::prelude::*;

fn handed_out(first: i64, last: i64) -> Offsets {
    let mut offsets = Offsets::default();
    assert!(!offsets.hand_out(first, last));
    offsets
}

#[test]
fn only_what_was_handed_out_can_be_marked() {
    assert_eq!(Offsets::default().mark(0), Mark::Ahead);
    let mut offsets = handed_out(0, 4);
    assert_eq!(offsets.mark(5), Mark::Ahead);
    assert_eq!(offsets.mark(4), Mark::Advanced(5));
    assert_eq!(offsets.to_commit(), Some(5));
}

#[test]
fn marks_never_move_back() {
    let mut offsets = handed_out(0, 9);
    assert_eq!(offsets.mark(7), Mark::Advanced(8));
    assert_eq!(offsets.mark(3), Mark::Behind);
    assert_eq!(offsets.mark(7), Mark::Behind);
    assert_eq!(offsets.marked(), Some(8));
}

#[test]
fn no_mark_reaches_behind_where_the_assignment_began() {
    let mut offsets = handed_out(20, 29);
    assert_eq!(offsets.mark(3), Mark::Behind);
    assert_eq!(offsets.mark(-5), Mark::Behind);
    assert_eq!((offsets.marked(), offsets.to_commit()), (Some(20), Some(20)));
}

#[test]
fn a_topic_that_was_made_anew_is_counted_anew() {
    let mut offsets = handed_out(100, 109);
    offsets.mark(109);
    offsets.committed(110);
    assert!(offsets.hand_out(0, 9));
    // The cluster must not keep a position that the topic does not have.
    assert_eq!((offsets.marked(), offsets.to_commit()), (Some(0), Some(0)));
    assert_eq!(offsets.mark(4), Mark::Advanced(5));
    assert_eq!(offsets.to_commit(), Some(5));
}

#[test]
fn a_revoked_partition_takes_no_mark_but_keeps_what_it_had() {
    let mut offsets = handed_out(0, 9);
    offsets.mark(2);
    offsets.revoke();
    assert_eq!(offsets.mark(5), Mark::NotOwned);
    assert_eq!(offsets.to_commit(), Some(3));
}

#[test]
fn what_is_committed_is_not_committed_again() {
    let mut offsets = handed_out(0, 9);
    offsets.mark(2);
    offsets.committed(3);
    assert_eq!(offsets.to_commit(), None);
    offsets.mark(3);
    assert_eq!(offsets.to_commit(), Some(4));
}

#[test]
fn a_hand_over_from_before_a_seek_marks_nothing_that_comes_after_it() {
    let mut offsets = handed_out(0, 9);
    assert!(offsets.seek());
    offsets.sought(Some(2), 1);
    assert!(!offsets.hand_out(2, 9));
    assert_eq!((offsets.mark_of(1, 7), offsets.mark_of(1, 99)), (Mark::Sought, Mark::Sought));
    assert_eq!(offsets.mark_of(2, 3), Mark::Advanced(2));
    offsets.revoke();
    assert_eq!(offsets.mark_of(1, 7), Mark::NotOwned);
}

#[test]
fn after_a_seek_no_mark_counts_until_the_position_has_moved() {
    let mut offsets = handed_out(0, 9);
    offsets.mark(4);
    assert!(offsets.seek());
    assert_eq!(offsets.mark(9), Mark::Sought);
    assert_eq!(offsets.to_commit(), Some(5));
    offsets.sought(Some(2), 0);
    assert_eq!(offsets.to_commit(), Some(2));
    assert!(!offsets.hand_out(2, 9));
    assert_eq!(offsets.mark(3), Mark::Advanced(2));
}

#[test]
fn a_seek_moves_what_is_committed_back_even_when_an_answer_of_before_comes_late() {
    let mut offsets = handed_out(0, 9);
    offsets.mark(9);
    offsets.seek();
    offsets.sought(Some(3), 0);
    offsets.committed(10);
    assert_eq!(offsets.to_commit(), Some(3));
    offsets.committed(3);
    assert_eq!(offsets.to_commit(), None);
}

#[test]
fn a_seek_to_an_end_is_known_with_the_first_record() {
    let mut offsets = Offsets::default();
    offsets.seek();
    offsets.sought(None, 0);
    assert_eq!(offsets.to_commit(), None);
    assert!(!offsets.hand_out(40, 49));
    assert_eq!(offsets.to_commit(), Some(40));
}

#[test]
fn a_seek_that_is_given_up_leaves_marks_as_they_were() {
    let mut offsets = handed_out(0, 9);
    offsets.seek();
    offsets.stay();
    assert_eq!(offsets.mark(1), Mark::Advanced(2));
    offsets.revoke();
    assert!(!offsets.seek());
}

#[derive(Debug, Clone)]
enum Step {
    /// So many further records.
    HandOut(i64),
    Mark(i64),
    Confirm,
    Revoke,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..10i64).prop_map(Step::HandOut),
        8 => (-2..60i64).prop_map(Step::Mark),
        2 => Just(Step::Confirm),
        1 => Just(Step::Revoke),
    ]
}

proptest! {
    #[test]
    fn commits_rise_and_never_pass_what_user_code_had(
        start in 0..5i64,
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut offsets = Offsets::default();
        let (mut next, mut done, mut revoked) = (start, start, false);
        for step in steps {
            match step {
                Step::HandOut(count) => {
                    prop_assert!(!offsets.hand_out(next, next + count - 1));
                    next += count;
                }
                Step::Mark(offset) => {
                    let advanced = matches!(offsets.mark(offset), Mark::Advanced(_));
                    prop_assert_eq!(advanced, !revoked && offset < next && offset >= done);
                    if advanced {
                        done = offset + 1;
                    }
                }
                Step::Confirm => {
                    if let Some(commit) = offsets.to_commit() {
                        prop_assert!(commit >= start && commit <= next);
                        offsets.committed(commit);
                        prop_assert_eq!(offsets.to_commit(), None);
                    }
                }
                Step::Revoke => {
                    offsets.revoke();
                    revoked = true;
                }
            }
            prop_assert_eq!(offsets.marked().unwrap_or(start), done);
        }
    }
}
