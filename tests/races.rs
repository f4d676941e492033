//! Two things at once: a seek, a stop or a hook beside a revocation, and wishes without a pause.

mod common;

use common::{Member, PATIENCE, World, numbers, payloads};
use karafka_rs::consumer::{Hook, Outcome, Settings, Target};
use karafka_rs::mailbox::Popped;
use karafka_rs::mock::{Api, Fault};
use karafka_rs::offsets::Mark;
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{Batch, Event, MockCluster, Producer};
use std::sync::Arc;
use std::time::Duration;

fn with_hooks(world: &World) -> Settings {
    let mut settings = world.settings("g", &["t"]);
    settings.topics[0].hooks = true;
    settings.properties.insert("partition.assignment.strategy".into(), "cooperative-sticky".into());
    settings.properties.insert("session.timeout.ms".into(), "1500".into());
    settings.properties.insert("heartbeat.interval.ms".into(), "300".into());
    settings
}

/// A job within `time`, started.
fn within(member: &Member, time: Duration) -> Option<Batch> {
    match member.inbox.next_job(Some(time), &Cancel::new()) {
        Popped::Item(batch) => {
            batch.start();
            Some(batch)
        }
        _ => None,
    }
}

#[test]
fn the_last_hook_runs_once_though_the_stop_is_followed_by_the_revocation_at_the_close() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..3));
    let member = world.consume(with_hooks(&world));
    for _ in 0..2 {
        member.next().finish(Outcome::Done);
    }
    member.consumer.stop().expect("not forked");
    let last = member.next();
    assert_eq!(last.hook(), Some(Hook::Shutdown));
    last.finish(Outcome::Done);
    member.close();
    assert_eq!(within(&member, Duration::ZERO).map(|batch| batch.hook()), None);
}

#[test]
fn a_seek_that_is_answered_while_the_last_hook_runs_does_not_take_the_hook_away() {
    let mut world = World::new(&[("t", 1)]);
    world.cluster = MockCluster::start(2, Duration::ZERO).expect("mock cluster");
    world.cluster.create_topic("t", 2).expect("topic");
    for partition in 0..2 {
        let fault = Fault::Leader { topic: "t".into(), partition, broker: 1 };
        world.cluster.inject(&fault).expect("known");
    }
    world.cluster.inject(&Fault::Coordinator { group: "g".into(), broker: 2 }).expect("known");
    let first = world.consume(with_hooks(&world));
    let mut leases = Vec::new();
    for _ in 0..2 {
        let hook = first.next();
        assert_eq!(hook.hook(), Some(Hook::Assigned));
        leases.push(Arc::clone(hook.lease()));
        hook.finish(Outcome::Done);
    }
    // Every look-up takes a while from now on, so that one is always under way.
    world.cluster.inject(&Fault::RoundTrip { broker: 1, millis: 300 }).expect("known");
    let second = world.consume(with_hooks(&world));
    let mut time = 0;
    let last = loop {
        for lease in &leases {
            time += 1;
            lease.seek(Target::Time(time));
        }
        if let Some(hook) = within(&first, Duration::from_millis(20)) {
            break hook;
        }
    };
    assert_eq!(last.hook(), Some(Hook::Revoked));
    // The answer comes now.
    assert!(within(&first, Duration::from_millis(600)).is_none());
    last.finish(Outcome::Done);
    world.cluster.inject(&Fault::RoundTrip { broker: 1, millis: 0 }).expect("known");
    let theirs = second.next();
    assert_eq!((theirs.hook(), theirs.partition()), (Some(Hook::Assigned), last.partition()));
    theirs.finish(Outcome::Done);
    second.consumer.close(PATIENCE, &Cancel::new()).expect("not forked");
    let back = std::iter::from_fn(|| within(&first, Duration::from_secs(10)))
        .inspect(|batch| batch.finish(Outcome::Done))
        .find(|batch| (batch.hook(), batch.partition()) == (Some(Hook::Assigned), last.partition()));
    assert!(back.is_some(), "the partition came back and is never consumed");
}

#[test]
fn what_was_handed_out_before_a_seek_can_never_be_marked_again() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..3));
    let member = world.consume(world.settings("g", &["t"]));
    let before = member.next();
    let lease = Arc::clone(before.lease());
    before.finish(Outcome::Done);
    assert!(lease.seek(Target::Offset(1)));
    let after = member.next();
    assert_eq!(payloads(&after), numbers(1..3));
    // A thread of user code that still has the old batch says now that it is done.
    assert_eq!(before.mark(2), Mark::Sought);
    assert_eq!(after.first_unmarked(), 0);
    assert_eq!(after.mark(1), Mark::Advanced(1));
}

#[test]
fn hooks_of_partitions_that_are_gone_keep_to_the_group_s_concurrency() {
    // Which of them goes is the group's choice; the job of the one that stays holds the only place.
    for busy in 0..2 {
        let world = World::new(&[("t", 2)]);
        let mut settings = with_hooks(&world);
        settings.concurrency = 1;
        let first = world.consume(settings);
        for _ in 0..2 {
            first.next().finish(Outcome::Done);
        }
        world.produce("t", busy, numbers(0..1));
        let job = first.next();
        assert_eq!((job.hook(), job.partition()), (None, busy));
        let second = world.consume(with_hooks(&world));
        let Event::Revoked { partitions, .. } = first.event(|event| matches!(event, Event::Revoked { .. })) else {
            unreachable!("asked for")
        };
        first.nothing_within(Duration::from_millis(100));
        first.consumer.stop().expect("not forked");
        job.finish(Outcome::Done);
        let last: Vec<_> = std::iter::from_fn(|| within(&first, Duration::from_millis(200)))
            .map(|hook| {
                first.nothing_within(Duration::from_millis(50));
                hook.finish(Outcome::Done);
                (hook.hook(), hook.partition())
            })
            .collect();
        let gone = partitions[0].partition;
        assert!(last.contains(&(Some(Hook::Revoked), gone)), "{last:?}");
        assert!(last.contains(&(Some(Hook::Shutdown), 1 - gone)), "{last:?}");
        assert_eq!(first.consumer.wait_idle(PATIENCE, &Cancel::new()).expect("not forked"), Waited::Ready(()));
        drop(second);
    }
}

#[test]
fn a_job_that_is_put_back_after_its_partition_went_still_makes_way_for_the_last_hook() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..1));
    let first = world.consume(with_hooks(&world));
    first.next().finish(Outcome::Done);
    let pop = |time| match first.inbox.next_job(Some(time), &Cancel::new()) {
        Popped::Item(batch) => Some(batch),
        _ => None,
    };
    // A worker is interrupted while it holds the job and has not begun it.
    let job = pop(Duration::from_secs(30)).expect("records came");
    let thrown_out = Fault::Requests { api: Api::Heartbeat, code: "UNKNOWN_MEMBER_ID".into(), times: 9 };
    world.cluster.inject(&thrown_out).expect("known");
    first.event(|event| matches!(event, Event::Revoked { lost: true, .. }));
    first.inbox.put_back(job);
    first.consumer.stop().expect("not forked");
    // What is answered after the stop says that the stop was heard.
    let heard = first.consumer.request_commit().expect("not forked");
    assert!(matches!(heard.wait(PATIENCE, &Cancel::new(), |answer| *answer), Waited::Ready(_)));
    let hook = pop(Duration::from_secs(5)).expect("the hook of a partition whose job was taken back");
    assert_eq!((hook.hook(), hook.is_revoked()), (Some(Hook::Revoked), true));
}

#[test]
fn wishes_that_are_taken_back_leave_nothing_behind() {
    let world = World::new(&[("t", 2)]);
    for partition in 0..2 {
        world.produce("t", partition, numbers(0..1));
    }
    let mut settings = world.settings("g", &["t"]);
    settings.concurrency = 1;
    let member = world.consume(settings);
    let done = member.next();
    done.finish(Outcome::Done);
    // Its job holds the only place, so that the other partition waits in line.
    let _busy = member.next();
    for _ in 0..1_000 {
        assert!(done.lease().pause(Some(Duration::from_secs(1_000))));
        assert!(done.lease().resume());
    }
    let heard = member.consumer.request_commit().expect("not forked");
    assert!(matches!(heard.wait(PATIENCE, &Cancel::new(), |answer| *answer), Waited::Ready(_)));
    let owners = Arc::strong_count(done.lease());
    assert!(owners < 20, "{owners} places still know the partition");
}

#[test]
fn a_look_up_that_outlasts_its_assignment_does_not_move_the_next_one() {
    let mut world = World::new(&[("u", 1)]);
    world.cluster = MockCluster::start(2, Duration::ZERO).expect("mock cluster");
    world.cluster.create_topic("t", 1).expect("topic");
    let leader = Fault::Leader { topic: "t".into(), partition: 0, broker: 1 };
    world.cluster.inject(&leader).expect("known");
    world.cluster.inject(&Fault::Coordinator { group: "g".into(), broker: 2 }).expect("known");
    let servers = world.cluster.bootstrap_servers().expect("address");
    world.producer = Producer::new(&[("bootstrap.servers".to_owned(), servers)].into()).expect("producer");
    world.produce("t", 0, numbers(0..3));
    let mut settings = with_hooks(&world);
    settings.topics[0].hooks = false;
    let member = world.consume(settings);
    let job = member.next();
    assert_eq!(payloads(&job), numbers(0..3));
    world.cluster.inject(&Fault::RoundTrip { broker: 1, millis: 3_000 }).expect("known");
    assert!(job.lease().seek(Target::Time(4_000_000_000_000)));
    job.finish(Outcome::Done);
    let thrown_out = Fault::Requests { api: Api::Heartbeat, code: "UNKNOWN_MEMBER_ID".into(), times: 1 };
    world.cluster.inject(&thrown_out).expect("known");
    member.event(|event| matches!(event, Event::Revoked { .. }));
    member.event(|event| matches!(event, Event::Assigned { .. }));
    let again = within(&member, Duration::from_secs(15)).map(|batch| payloads(&batch));
    assert_eq!(again, Some(numbers(0..3)));
}
