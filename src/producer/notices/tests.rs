use super::{DELIVERY_BOUND, Delivered, FAILURE_BOUND, Notice, Notices, TROUBLE_BOUND};
use crate::mailbox::Popped;
use crate::producer::Failure;
use crate::wait::Cancel;
use std::time::Duration;

fn delivered(offset: i64) -> Delivered {
    Delivered {
        topic: "t".into(),
        partition: 0,
        first_offset: Some(offset),
        last_offset: Some(offset),
        size: 1,
        time: None,
        dropped: 0,
    }
}

fn pop(notices: &Notices) -> Notice {
    match notices.pop(Some(Duration::ZERO), &Cancel::new()) {
        Popped::Item(notice) => notice,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn deliveries_that_nobody_reads_are_bounded_and_counted_and_failures_are_kept() {
    let notices = Notices::default();
    for offset in 0..DELIVERY_BOUND + 7 {
        notices.deliver(delivered(offset as i64));
    }
    notices.fail(Failure { topic: "t".into(), ..Failure::default() });
    assert_eq!(notices.failures(), 1);
    let Notice::Delivered(first) = pop(&notices) else { unreachable!() };
    assert_eq!((first.first_offset, first.dropped), (Some(0), 7));
    let Notice::Delivered(second) = pop(&notices) else { unreachable!() };
    assert_eq!((second.first_offset, second.dropped), (Some(1), 0));
    for _ in 2..DELIVERY_BOUND {
        assert!(matches!(pop(&notices), Notice::Delivered(_)));
    }
    assert!(matches!(pop(&notices), Notice::Failed(_)));
    notices.deliver(delivered(1));
    assert!(matches!(pop(&notices), Notice::Delivered(_)));
}

#[test]
fn trouble_that_nobody_reads_is_bounded_and_leaves_room_for_records() {
    let notices = Notices::default();
    for _ in 0..FAILURE_BOUND + 1 {
        notices.mention("_TRANSPORT".into(), "away".into());
    }
    assert_eq!((notices.failures(), notices.line.len()), (0, TROUBLE_BOUND));
    notices.fail(Failure { topic: "t".into(), ..Failure::default() });
    assert_eq!(notices.failures(), 1);
    for _ in 0..TROUBLE_BOUND {
        assert!(matches!(pop(&notices), Notice::Failed(trouble) if trouble.topic.is_empty()));
    }
    assert_eq!(notices.failures(), 1);
    assert!(matches!(pop(&notices), Notice::Failed(record) if record.topic == "t"));
    assert_eq!(notices.failures(), 0);
    notices.mention("_TRANSPORT".into(), "away again".into());
    assert!(matches!(pop(&notices), Notice::Failed(_)));
}

#[test]
fn only_what_stands_right_behind_is_told_together() {
    let mut run = delivered(5);
    assert!(run.extend(0, Some(6)));
    assert!(!run.extend(0, Some(8)));
    assert!(!run.extend(1, Some(7)));
    assert!(!run.extend(0, None));
    assert_eq!((run.first_offset, run.last_offset, run.size), (Some(5), Some(6), 2));
}
