//! What the core tells of offsets that move.

mod common;

use common::{PATIENCE, World, numbers, payloads};
use karafka_rs::Event;
use karafka_rs::consumer::Outcome;
use karafka_rs::interest::INTEREST;
use karafka_rs::mock::{Api, Fault};
use karafka_rs::offsets::MoveKind;
use karafka_rs::wait::{Cancel, Waited};
use std::time::Duration;

#[test]
fn commits_are_told_while_somebody_wants_to_hear_of_them() {
    let world = World::new(&[("t", 1)]);
    let member = world.consume(world.settings("g", &["t"]));
    world.produce("t", 0, numbers(0..2));
    for (wanted, offset) in [(false, 0), (true, 1)] {
        INTEREST.set(false, wanted, false);
        let batch = member.next();
        let _ = batch.mark(offset);
        batch.finish(Outcome::Failed { backoff: Duration::ZERO, unseen: 2 });
        let reply = member.consumer.request_commit().expect("not closed");
        assert_eq!(reply.wait(PATIENCE, &Cancel::new(), |answer| *answer), Waited::Ready(true));
    }
    let Event::Committed { partitions, code, .. } = member.event(|event| matches!(event, Event::Committed { .. }))
    else {
        unreachable!("asked for")
    };
    assert_eq!((partitions.len(), partitions[0].offset, code), (1, 2, None));
    member.close();
}

#[test]
fn what_was_done_and_not_committed_is_told_when_the_partition_comes_back() {
    let world = World::new(&[("t", 1)]);
    let mut settings = world.settings("g", &["t"]);
    settings.properties.insert("enable.auto.commit".to_owned(), "false".to_owned());
    let member = world.consume(settings);
    world.produce("t", 0, numbers(0..2));
    let batch = member.next();
    let _ = batch.mark(1);
    batch.finish(Outcome::Done);
    let place = vec![("t".to_owned(), 0)];
    let code = "GROUP_AUTHORIZATION_FAILED".to_owned();
    world.cluster.inject(&Fault::Requests { api: Api::OffsetCommit, code, times: 1 }).expect("not forked");
    member.consumer.revoke(place.clone()).expect("not forked");
    let Event::Committed { code, .. } = member.event(|event| matches!(event, Event::Committed { .. })) else {
        unreachable!("it failed")
    };
    assert_eq!(code.as_deref(), Some("GROUP_AUTHORIZATION_FAILED"));
    member.event(|event| matches!(event, Event::Revoked { .. }));
    member.consumer.assign(place).expect("not forked");
    let Event::Moved { moved, .. } = member.event(|event| matches!(event, Event::Moved { .. })) else {
        unreachable!("asked for")
    };
    assert_eq!((moved.kind, &*moved.reason, moved.to), (MoveKind::Started, "not_committed", Some(0)));
    assert_eq!(payloads(&member.next()), numbers(0..2));
    member.close();
}
