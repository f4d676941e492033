use super::{Mark, Offsets};
use proptest::prelude::*;

#[test]
fn only_what_was_handed_out_can_be_marked() {
    let mut offsets = Offsets::default();
    assert_eq!(offsets.mark(0), Mark::Ahead);
    offsets.hand_out(4);
    assert_eq!(offsets.mark(5), Mark::Ahead);
    assert_eq!(offsets.mark(4), Mark::Advanced);
    assert_eq!(offsets.to_commit(), Some(5));
}

#[test]
fn marks_never_move_back() {
    let mut offsets = Offsets::default();
    offsets.hand_out(9);
    assert_eq!(offsets.mark(7), Mark::Advanced);
    assert_eq!(offsets.mark(3), Mark::Behind);
    assert_eq!(offsets.mark(7), Mark::Behind);
    assert_eq!(offsets.marked(), Some(8));
}

#[test]
fn a_revoked_partition_takes_no_mark_but_keeps_what_it_had() {
    let mut offsets = Offsets::default();
    offsets.hand_out(9);
    offsets.mark(2);
    offsets.revoke();
    assert_eq!(offsets.mark(5), Mark::NotOwned);
    assert_eq!(offsets.to_commit(), Some(3));
}

#[test]
fn what_is_committed_is_not_committed_again() {
    let mut offsets = Offsets::default();
    offsets.hand_out(9);
    offsets.mark(2);
    offsets.committed(3);
    assert_eq!(offsets.to_commit(), None);
    offsets.mark(3);
    assert_eq!(offsets.to_commit(), Some(4));
}

#[derive(Debug, Clone)]
enum Step {
    HandOut(i64),
    Mark(i64),
    Confirm,
    Revoke,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40i64).prop_map(Step::HandOut),
        8 => (-2..60i64).prop_map(Step::Mark),
        2 => Just(Step::Confirm),
        1 => Just(Step::Revoke),
    ]
}

proptest! {
    #[test]
    fn commits_rise_and_never_pass_what_user_code_had(steps in proptest::collection::vec(step(), 0..80)) {
        let mut offsets = Offsets::default();
        let (mut handed_out, mut best_mark, mut revoked) = (None::<i64>, None, false);
        for step in steps {
            match step {
                Step::HandOut(last) => {
                    offsets.hand_out(last);
                    handed_out = handed_out.max(Some(last));
                }
                Step::Mark(offset) => {
                    let advanced = offsets.mark(offset) == Mark::Advanced;
                    let allowed = !revoked && Some(offset) <= handed_out && Some(offset) > best_mark;
                    prop_assert_eq!(advanced, allowed);
                    if advanced {
                        best_mark = Some(offset);
                    }
                }
                Step::Confirm => {
                    if let Some(next) = offsets.to_commit() {
                        prop_assert!(Some(next - 1) <= handed_out);
                        offsets.committed(next);
                        prop_assert_eq!(offsets.to_commit(), None);
                    }
                }
                Step::Revoke => {
                    offsets.revoke();
                    revoked = true;
                }
            }
            prop_assert_eq!(offsets.marked(), best_mark.map(|offset| offset + 1));
        }
    }
}
