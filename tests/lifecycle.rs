//! What a partition goes through besides its records: hooks, revocation with work at hand, pause
//! and seek, quiet and stop.

mod common;

use common::{Member, PATIENCE, World, numbers, payloads};
use karafka_rs::consumer::{Hook, Outcome, Settings, Target};
use karafka_rs::offsets::Mark;
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{Batch, Event};
use std::time::Duration;

fn world(partitions: i32) -> World {
    let world = World::new(&[("t", partitions)]);
    for partition in 0..partitions {
        world.produce("t", partition, numbers(0..3));
    }
    world
}

fn with_hooks(world: &World) -> Settings {
    let mut settings = world.settings("g", &["t"]);
    settings.topics[0].hooks = true;
    // Of the two only this one asks for partitions while the group takes commits; the mock refuses them
    // during an eager rebalance, which Kafka does not.
    settings.properties.insert("partition.assignment.strategy".into(), "cooperative-sticky".into());
    settings
}

fn hook(member: &Member) -> Batch {
    let batch = member.next();
    assert!(batch.hook().is_some(), "a hook was expected, not {:?}", payloads(&batch));
    batch
}

/// Waits until the fetcher has heard of everything up to now.
fn heard(member: &Member) {
    let reply = member.consumer.request_commit().expect("not forked");
    assert!(matches!(reply.wait(PATIENCE, &Cancel::new(), |answer| *answer), Waited::Ready(_)));
}

#[test]
fn hooks_come_first_and_last_and_a_stop_waits_for_them() {
    let world = world(1);
    let member = world.consume(with_hooks(&world));
    let first = hook(&member);
    assert_eq!((first.hook(), first.attempt(), first.records().len()), (Some(Hook::Assigned), 1, 0));
    first.finish(Outcome::Failed { backoff: Duration::from_millis(1), unseen: 0 });
    let again = hook(&member);
    assert_eq!((again.hook(), again.attempt()), (Some(Hook::Assigned), 2));
    again.finish(Outcome::Done);
    let batch = member.next();
    assert_eq!(payloads(&batch), numbers(0..3));
    member.consumer.stop().expect("not forked");
    assert_eq!(batch.mark(2), Mark::Advanced(3));
    batch.finish(Outcome::Done);
    let last = hook(&member);
    assert_eq!(last.hook(), Some(Hook::Shutdown));
    let waited = member.consumer.wait_idle(Some(Duration::from_millis(50)), &Cancel::new()).expect("not forked");
    assert_eq!(waited, Waited::TimedOut);
    last.finish(Outcome::Done);
    assert_eq!(member.consumer.wait_idle(PATIENCE, &Cancel::new()).expect("not forked"), Waited::Ready(()));
    member.close();
}

#[test]
fn work_that_ends_soon_is_committed_before_its_partition_goes() {
    let world = world(2);
    // With the classic protocol the mock cluster refuses commits while a group joins, at times for longer than a
    // hand-over may wait.
    let with_hooks = |world: &World| {
        let mut settings = with_hooks(world);
        for classic in ["session.timeout.ms", "partition.assignment.strategy"] {
            settings.properties.remove(classic);
        }
        settings.properties.insert("group.protocol".to_owned(), "consumer".to_owned());
        settings
    };
    let mut settings = with_hooks(&world);
    settings.last_jobs = Duration::from_secs(20);
    let first = world.consume(settings);
    let mut out = Vec::new();
    while out.len() < 2 {
        let batch = first.next();
        if batch.hook().is_some() { batch.finish(Outcome::Done) } else { out.push(batch) }
    }
    let second = world.consume(with_hooks(&world));
    // The group wants one back when its job is told to be short; it is still ours then.
    let going = loop {
        if let Some(going) = out.iter().find(|batch| batch.is_cut_short()) {
            break going;
        }
        std::thread::yield_now();
    };
    assert!(!going.is_revoked());
    assert_eq!(going.mark(1), Mark::Advanced(2));
    going.finish(Outcome::Partial { next: 2 });
    let last = hook(&first);
    assert_eq!((last.hook(), last.partition()), (Some(Hook::Revoked), going.partition()));
    assert!(!last.is_revoked());
    assert_eq!(last.mark(2), Mark::Advanced(1));
    last.finish(Outcome::Done);
    first.event(|event| matches!(event, Event::Revoked { lost: false, .. }));
    assert_eq!(last.mark(2), Mark::NotOwned);

    hook(&second).finish(Outcome::Done);
    world.produce("t", going.partition(), numbers(3..4));
    assert_eq!(payloads(&second.next()), numbers(3..4));
}

#[test]
fn a_revocation_waits_a_second_for_a_job_and_its_hook_comes_after_the_job() {
    let world = world(2);
    let first = world.consume(with_hooks(&world));
    let mut out = Vec::new();
    while out.len() < 2 {
        let batch = first.next();
        if batch.hook().is_some() { batch.finish(Outcome::Done) } else { out.push(batch) }
    }
    let second = world.consume(with_hooks(&world));
    first.event(|event| matches!(event, Event::Revoked { .. }));
    let gone = out.iter().find(|batch| batch.is_revoked()).expect("one of them");
    assert_eq!(gone.mark(0), Mark::NotOwned);
    first.nothing_within(Duration::from_millis(100));
    gone.finish(Outcome::Done);
    let last = hook(&first);
    assert_eq!((last.hook(), last.partition(), last.is_revoked()), (Some(Hook::Revoked), gone.partition(), true));
    last.finish(Outcome::Done);
    hook(&second).finish(Outcome::Done);
    assert_eq!(payloads(&second.next()), numbers(0..3));
}

#[test]
fn a_paused_partition_keeps_its_records_until_it_is_resumed() {
    let world = world(1);
    let mut settings = world.settings("g", &["t"]);
    settings.max_messages = 1;
    let member = world.consume(settings);
    let batch = member.next();
    let lease = std::sync::Arc::clone(batch.lease());
    assert!(lease.pause(None));
    assert!(batch.is_cut_short());
    batch.finish(Outcome::Done);
    member.nothing_within(Duration::from_millis(100));
    assert!(lease.resume());
    let batch = member.next();
    assert_eq!((payloads(&batch), batch.attempt(), batch.is_cut_short()), (numbers(1..2), 1, false));
    batch.finish(Outcome::Done);
    member.close();
    assert!(!lease.resume());
}

#[test]
fn a_seek_takes_back_what_no_worker_has_and_leads_to_the_record() {
    let world = world(1);
    let mut settings = world.settings("g", &["t"]);
    settings.max_messages = 1;
    settings.ready_limit = 1;
    let member = world.consume(settings);
    let batch = member.next();
    let lease = std::sync::Arc::clone(batch.lease());
    batch.finish(Outcome::Done);
    // The second record waits for a worker now.
    heard(&member);
    assert!(lease.seek(Target::Offset(2)));
    assert_eq!(batch.mark(0), Mark::Sought);
    heard(&member);
    let next = member.next();
    assert_eq!(payloads(&next), numbers(2..3));
    next.finish(Outcome::Done);
    assert!(lease.seek(Target::Earliest));
    assert_eq!(payloads(&member.next()), numbers(0..1));
}

#[test]
fn a_quiet_consumer_hands_out_nothing_more_and_keeps_its_partitions() {
    let world = world(2);
    let mut settings = world.settings("g", &["t"]);
    settings.concurrency = 1;
    let member = world.consume(settings);
    let batch = member.next();
    member.consumer.quiet().expect("not forked");
    assert_eq!(batch.mark(2), Mark::Advanced(3));
    batch.finish(Outcome::Done);
    member.nothing_within(Duration::from_millis(200));
    assert!(!batch.is_revoked());
    member.close();
}

#[test]
fn what_is_handed_back_unbegun_comes_again_at_the_same_attempt() {
    let world = world(1);
    let member = world.consume(world.settings("g", &["t"]));
    let failed = Outcome::Failed { backoff: Duration::from_millis(1), unseen: 1 };
    member.next().finish(failed);
    let again = member.next();
    assert_eq!(again.attempt(), 2);
    again.finish(Outcome::Partial { next: 0 });
    let again = member.next();
    assert_eq!((again.attempt(), payloads(&again)), (2, numbers(0..3)));
    again.finish(Outcome::Partial { next: 1 });
    let rest = member.next();
    assert_eq!((rest.attempt(), payloads(&rest)), (1, numbers(1..3)));
}

#[test]
fn a_seek_is_forgotten_when_its_job_fails_and_marks_count_again() {
    let world = world(1);
    let member = world.consume(world.settings("g", &["t"]));
    let batch = member.next();
    assert!(batch.lease().seek(Target::Offset(2)));
    assert_eq!(batch.mark(0), Mark::Sought);
    batch.finish(Outcome::Failed { backoff: Duration::from_millis(1), unseen: 3 });
    let again = member.next();
    assert_eq!((again.attempt(), payloads(&again)), (2, numbers(0..3)));
    assert_eq!(again.mark(0), Mark::Advanced(1));
}

#[test]
fn a_seek_in_the_middle_of_a_job_drops_what_it_handed_back() {
    let world = world(1);
    let member = world.consume(world.settings("g", &["t"]));
    let batch = member.next();
    assert_eq!(batch.mark(0), Mark::Advanced(1));
    assert!(batch.lease().seek(Target::Offset(0)));
    batch.finish(Outcome::Partial { next: 1 });
    assert_eq!(payloads(&member.next()), numbers(0..3));
}

#[test]
fn a_seek_drops_what_was_taken_from_the_queue_and_did_not_fit() {
    let world = World::new(&[("t", 1)]);
    let large = |number: u32| format!("{number}{}", "x".repeat(if number < 12 { 1 } else { 5_000 }));
    world.produce("t", 0, (0..40).map(large));
    let mut settings = world.settings("g", &["t"]);
    settings.max_bytes = 6_000;
    let member = world.consume(settings);
    for _ in 0..2 {
        let batch = member.next();
        let offset = batch.records().offset(0);
        assert!(batch.lease().seek(Target::Offset(30)), "from {offset}");
        batch.finish(Outcome::Done);
        let next = member.next();
        assert_eq!(next.records().offset(0), 30);
        assert!(next.lease().seek(Target::Offset(0)));
        next.finish(Outcome::Done);
    }
}
