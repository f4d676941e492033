//! What tests of an application ask of a consumer: where partitions stand, time that passes, partitions that go and come.

mod common;

use common::{PATIENCE, World, numbers, payloads};
use karafka_rs::consumer::Outcome;
use karafka_rs::observe::{PartitionState, PartitionStatus};
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{Consumer, Event};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn standing(consumer: &Consumer) -> Vec<PartitionStatus> {
    let reply = consumer.request_status().expect("not closed");
    let Waited::Ready(found) = reply.wait(PATIENCE, &Cancel::new(), Option::take) else { unreachable!("an answer") };
    found.partitions
}

#[test]
fn a_rest_ends_when_its_time_has_passed() {
    let world = World::new(&[("t", 1)]);
    let member = world.consume(world.settings("g", &["t"]));
    world.produce("t", 0, numbers(0..2));
    let batch = member.next();
    assert_eq!(standing(&member.consumer)[0].state, PartitionState::Running);
    batch.finish(Outcome::Failed { backoff: HOUR, unseen: 2 });
    member.nothing_within(Duration::from_millis(200));
    let rests = standing(&member.consumer).remove(0);
    assert_eq!((rests.state, rests.kept_offset, rests.position), (PartitionState::Failed, Some(0), Some(2)));
    assert!(rests.rest.and_then(|rest| rest.seconds_left).is_some_and(|seconds| seconds > 3_500.0));

    member.consumer.pass(HOUR / 2).expect("not forked");
    member.nothing_within(Duration::from_millis(200));
    member.consumer.pass(HOUR / 2).expect("not forked");
    let again = member.next();
    assert_eq!((payloads(&again), again.attempt()), (numbers(0..2), 2));
    // The next rest is as long as it says.
    again.finish(Outcome::Failed { backoff: HOUR, unseen: 2 });
    member.nothing_within(Duration::from_millis(200));
    member.close();
    assert!(member.consumer.request_status().is_err());
}

#[test]
fn a_partition_goes_and_comes_back_at_its_committed_offset() {
    let world = World::new(&[("t", 2)]);
    let member = world.consume(world.settings("g", &["t"]));
    world.produce("t", 1, numbers(0..2));
    let batch = member.next();
    let _ = batch.mark(0);
    batch.finish(Outcome::Done);
    member.consumer.revoke(vec![("t".to_owned(), 1), ("other".to_owned(), 0)]).expect("not forked");
    let Event::Revoked { partitions, lost, .. } = member.event(|event| matches!(event, Event::Revoked { .. })) else {
        unreachable!("asked for")
    };
    assert_eq!((partitions.len(), partitions[0].partition, lost), (1, 1, false));
    assert_eq!(standing(&member.consumer).iter().map(|it| it.partition).collect::<Vec<_>>(), [0]);

    world.produce("t", 1, numbers(2..3));
    member.nothing_within(Duration::from_millis(200));
    member.consumer.assign(vec![("t".to_owned(), 0), ("t".to_owned(), 1)]).expect("not forked");
    let back = member.next();
    // What is behind it was sent later, and may come later.
    assert_eq!((payloads(&back)[0].as_str(), back.partition()), ("1", 1));
    back.finish(Outcome::Done);
    member.close();
}
