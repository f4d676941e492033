use super::{Audit, KEPT, Origin, Place};
use crate::offsets::{Move, MoveKind};

fn place() -> Place {
    ("orders".into(), 3)
}

fn row(one: &Move) -> (MoveKind, &str, Option<i64>, Option<i64>) {
    (one.kind, &one.reason, one.from, one.to)
}

/// A member that began at 100 and committed 120.
fn at_120() -> Audit {
    let mut audit = Audit::default();
    assert_eq!(audit.started(&place(), 100, Origin::Committed, 1), None);
    assert_eq!(audit.committed(&place(), 120, 2), None);
    audit
}

#[test]
fn commits_that_go_forward_are_one_move_that_grows() {
    let mut audit = at_120();
    for next in 121..1_000 {
        assert_eq!(audit.committed(&place(), next, next), None);
    }
    let moves = audit.moves();
    assert_eq!(moves.len(), 2);
    assert_eq!(row(&moves[0]), (MoveKind::Started, "committed", None, Some(100)));
    assert_eq!(row(&moves[1]), (MoveKind::Committed, "marked", Some(100), Some(999)));
    assert_eq!((moves[1].first_time, moves[1].time, moves[1].count), (2, 999, 880));
}

#[test]
fn the_last_moves_of_each_partition_are_kept_whatever_others_do() {
    let mut audit = at_120();
    for number in 0..1_000 {
        audit.sought(&("other".into(), 0), "offset", (Some(number), Some(number + 1)), number);
    }
    let moves = audit.moves();
    assert_eq!(moves.len(), KEPT + 2);
    assert_eq!((&*moves[0].topic, moves[0].partition), ("orders", 3));
    assert_eq!(moves[KEPT + 1].to, Some(1_000));
}

#[test]
fn a_start_below_what_was_committed_or_done_is_told() {
    let mut audit = at_120();
    audit.left(&place(), Some(130), true, 3);
    assert_eq!(row(&audit.moves()[2]), (MoveKind::Left, "lost", Some(120), Some(130)));
    // What was done behind the commit comes again.
    let told = audit.started(&place(), 120, Origin::Committed, 4).unwrap();
    assert_eq!(row(&told), (MoveKind::Started, "not_committed", Some(130), Some(120)));
    assert!(told.warned);

    audit.left(&place(), Some(120), false, 5);
    let told = audit.started(&place(), 50, Origin::Committed, 6).unwrap();
    assert_eq!(row(&told), (MoveKind::Started, "commit_moved_back", Some(120), Some(50)));

    audit.left(&place(), Some(50), false, 7);
    let told = audit.started(&place(), 500, Origin::Latest, 8).unwrap();
    assert_eq!(row(&told), (MoveKind::Started, "commit_gone", Some(50), Some(500)));
}

#[test]
fn a_start_where_others_were_meanwhile_is_not_told() {
    let mut audit = at_120();
    audit.left(&place(), Some(120), false, 3);
    assert_eq!(audit.started(&place(), 120, Origin::Committed, 4), None);
    audit.left(&place(), Some(120), false, 5);
    assert_eq!(audit.started(&place(), 400, Origin::Committed, 6), None);
    let last = audit.moves().pop().unwrap();
    assert_eq!(row(&last), (MoveKind::Started, "committed", Some(120), Some(400)));
    assert!(!last.warned);
    let fresh = Audit::default().started(&place(), 0, Origin::Earliest, 1);
    assert_eq!(fresh, None);
}

#[test]
fn a_commit_that_goes_back_is_told_unless_a_seek_was() {
    let mut audit = at_120();
    let sought = audit.sought(&place(), "offset", (Some(130), Some(90)), 3);
    assert!(sought.warned);
    assert_eq!(audit.committed(&place(), 90, 4), None);
    assert_eq!(audit.committed(&place(), 95, 5), None);
    let told = audit.committed(&place(), 70, 6).unwrap();
    assert_eq!(row(&told), (MoveKind::Committed, "went_back", Some(95), Some(70)));
    let rows: Vec<_> = audit.moves().iter().map(|one| (one.kind, one.from, one.to)).collect();
    // The step back is not lost in the forward ones behind it.
    assert_eq!(
        rows[2..],
        [
            (MoveKind::Sought, Some(130), Some(90)),
            (MoveKind::Committed, Some(120), Some(90)),
            (MoveKind::Committed, Some(90), Some(95)),
            (MoveKind::Committed, Some(95), Some(70)),
        ]
    );
    assert!(!audit.sought(&place(), "time", (Some(70), Some(80)), 7).warned);
}

#[test]
fn commits_that_fail_for_the_same_reason_are_one_move() {
    let mut audit = at_120();
    for next in [130, 140, 150] {
        audit.commit_failed(&place(), next, "_TRANSPORT", next);
    }
    audit.commit_failed(&place(), 150, "UNKNOWN_MEMBER_ID", 151);
    let moves = audit.moves();
    assert_eq!(row(&moves[2]), (MoveKind::CommitFailed, "_TRANSPORT", Some(120), Some(150)));
    assert_eq!(moves[2].count, 3);
    assert_eq!(moves[3].reason, "UNKNOWN_MEMBER_ID");
}

#[test]
fn what_is_out_of_range_is_told_when_records_say_where_it_went_on() {
    let mut audit = at_120();
    audit.out_of_range(&place(), 150, 3);
    assert_eq!(row(&audit.moves()[2]), (MoveKind::Reset, "out_of_range", Some(150), None));
    assert!(audit.waits_for_records());
    // Fetched before.
    assert_eq!(audit.handed_out(&place(), Some(120), 120..150, 4), None);
    let told = audit.handed_out(&place(), Some(150), 400..410, 5).unwrap();
    assert_eq!(row(&told), (MoveKind::Reset, "out_of_range", Some(150), Some(400)));
    assert_eq!((told.warned, told.first_time, told.time), (true, 3, 5));
    assert!(!audit.waits_for_records());
    assert_eq!(audit.handed_out(&place(), Some(410), 500..510, 6), None);

    // In one batch with those that were fetched before, and back.
    audit.out_of_range(&place(), 9_000, 7);
    let told = audit.handed_out(&place(), Some(410), (410..420).chain(0..5), 8).unwrap();
    assert_eq!((told.from, told.to), (Some(9_000), Some(0)));
    // The commit that follows goes back because of it.
    assert_eq!(audit.committed(&place(), 3, 9), None);
}

#[test]
fn what_is_read_again_where_it_was_has_not_moved() {
    let mut audit = at_120();
    audit.out_of_range(&place(), 150, 3);
    audit.reread(&place());
    assert_eq!((audit.moves().len(), audit.waits_for_records()), (2, false));
    audit.out_of_range(&place(), 150, 3);
    assert_eq!(audit.handed_out(&place(), Some(150), 150..160, 4), None);
    assert_eq!((audit.moves().len(), audit.waits_for_records()), (2, false));
    audit.out_of_range(&place(), 160, 5);
    audit.left(&place(), Some(160), false, 6);
    assert!(!audit.waits_for_records());
}

#[test]
fn a_seek_to_an_end_is_where_the_next_record_is() {
    let mut audit = at_120();
    assert!(!audit.sought(&place(), "latest", (Some(120), None), 3).warned);
    audit.handed_out(&place(), None, 300..301, 4);
    assert_eq!(row(&audit.moves()[2]), (MoveKind::Sought, "latest", Some(120), Some(300)));
    let told = audit.made_anew(&place(), Some(301), 0, 5);
    assert_eq!((row(&told), told.warned), ((MoveKind::Reset, "made_anew", Some(301), Some(0)), true));
}
