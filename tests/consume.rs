//! Consuming, through the core's public handles, against the mock cluster.

mod common;

use common::{PATIENCE, World, numbers, payloads};
use karafka_rs::Event;
use karafka_rs::consumer::Outcome;
use karafka_rs::offsets::Mark;
use karafka_rs::wait::{Cancel, Waited};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn last_offset(batch: &karafka_rs::Batch) -> i64 {
    batch.records().offset(batch.records().len() - 1)
}

/// Consumes until `count` records were seen.
fn collect(member: &common::Member, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let batch = member.next();
        seen.extend(payloads(&batch));
        assert!(matches!(batch.mark(last_offset(&batch)), Mark::Advanced(_)));
        batch.finish(Outcome::Done);
    }
    seen
}

#[test]
fn records_arrive_in_order_and_a_restart_goes_on_behind_the_last_mark() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..20));
    let first = world.consume(world.settings("g", &["t"]));
    assert_eq!(collect(&first, 20), numbers(0..20));
    first.close();

    world.produce("t", 0, numbers(20..25));
    let second = world.consume(world.settings("g", &["t"]));
    assert_eq!(collect(&second, 5), numbers(20..25));
    second.close();
}

#[test]
fn a_failed_batch_comes_again_from_its_first_unmarked_record_and_counts_attempts() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..5));
    let member = world.consume(world.settings("g", &["t"]));
    let batch = member.next();
    assert_eq!((payloads(&batch), batch.attempt()), (numbers(0..5), 1));
    assert_eq!(batch.mark(1), Mark::Advanced(2));
    batch.finish(Outcome::Failed { backoff: Duration::from_millis(20), unseen: usize::MAX });

    let again = member.next();
    assert_eq!((payloads(&again), again.attempt()), (numbers(2..5), 2));
    again.finish(Outcome::Done);
    member.close();
}

#[test]
fn a_batch_respects_its_bounds() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, (0..50).map(|_| "x".repeat(1000)));
    let mut settings = world.settings("g", &["t"]);
    settings.max_messages = 7;
    let by_count = world.consume(settings);
    for _ in 0..50_usize.div_ceil(7) {
        let batch = by_count.next();
        assert!(batch.records().len() <= 7, "{} records", batch.records().len());
        batch.finish(Outcome::Done);
    }
    by_count.close();

    let mut settings = world.settings("other", &["t"]);
    settings.max_bytes = 2_500;
    let by_bytes = world.consume(settings);
    let mut seen = 0;
    while seen < 50 {
        let batch = by_bytes.next();
        // Room was left before the last record was taken.
        assert!(batch.records().bytes() < 2_500 + 1_000, "{} bytes", batch.records().bytes());
        seen += batch.records().len();
        batch.finish(Outcome::Done);
    }
    by_bytes.close();
}

#[test]
fn one_partition_is_never_out_twice_and_all_run_in_parallel() {
    let world = World::new(&[("t", 3)]);
    for partition in 0..3 {
        world.produce("t", partition, numbers(0..3));
    }
    let member = world.consume(world.settings("g", &["t"]));
    let out: HashMap<i32, karafka_rs::Batch> =
        (0..3).map(|_| member.next()).map(|batch| (batch.partition(), batch)).collect();
    assert_eq!(out.len(), 3, "three partitions are out at once");
    for partition in 0..3 {
        world.produce("t", partition, numbers(3..4));
    }
    member.nothing_within(Duration::from_millis(200));
    for batch in out.values() {
        batch.finish(Outcome::Done);
    }
    member.next().finish(Outcome::Done);
    member.close();
}

#[test]
fn many_workers_see_every_record_of_every_partition_in_order() {
    let (partitions, each) = (6, 2_000);
    let world = Arc::new(World::new(&[("t", partitions)]));
    for partition in 0..partitions {
        for number in 0..each {
            let payload = number.to_string();
            let record = karafka_rs::producer::Outgoing {
                topic: "t",
                payload: Some(payload.as_bytes()),
                partition: Some(partition),
                ..Default::default()
            };
            world.producer.enqueue(&record, None).expect("enqueued");
        }
    }
    assert_eq!(world.producer.flush(PATIENCE, &Cancel::new()).expect("open"), 0);

    let member = Arc::new(world.consume(world.settings("g", &["t"])));
    let seen: Arc<Mutex<HashMap<i32, Vec<u32>>>> = Arc::default();
    let total = usize::try_from(partitions * each).expect("small");
    let worker = || {
        let (member, seen) = (Arc::clone(&member), Arc::clone(&seen));
        std::thread::spawn(move || {
            while let karafka_rs::mailbox::Popped::Item(batch) = member.inbox.next_job(PATIENCE, &Cancel::new()) {
                batch.start();
                let mut all = seen.lock().expect("no panic");
                all.entry(batch.partition())
                    .or_default()
                    .extend(payloads(&batch).iter().map(|payload| payload.parse::<u32>().expect("number")));
                let enough = all.values().map(Vec::len).sum::<usize>() >= total;
                drop(all);
                batch.finish(Outcome::Done);
                if enough {
                    member.inbox.close();
                }
            }
        })
    };
    for thread in [worker(), worker(), worker(), worker(), worker()] {
        thread.join().expect("worker");
    }
    let seen = seen.lock().expect("no panic");
    for partition in 0..partitions {
        let expected: Vec<u32> = (0..u32::try_from(each).expect("small")).collect();
        assert_eq!(seen[&partition], expected, "partition {partition}");
    }
}

#[test]
fn a_commit_that_is_asked_for_is_confirmed() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..1));
    let mut settings = world.settings("g", &["t"]);
    settings.properties.insert("enable.auto.commit".into(), "false".into());
    let member = world.consume(settings);
    let batch = member.next();
    assert_eq!(batch.mark(0), Mark::Advanced(1));
    let reply = batch.request_commit();
    assert_eq!(batch.wait_commit(&reply, PATIENCE, &Cancel::new()), Waited::Ready(true));
    batch.finish(Outcome::Done);
    member.close();
}

#[test]
fn a_stop_takes_back_what_no_worker_has_and_waits_for_what_one_has() {
    let world = World::new(&[("t", 2)]);
    world.produce("t", 0, numbers(0..1));
    world.produce("t", 1, numbers(0..1));
    let member = world.consume(world.settings("g", &["t"]));
    let running = member.next();
    member.consumer.stop().expect("not forked");
    let waited = member.consumer.wait_idle(Some(Duration::from_millis(50)), &Cancel::new()).expect("not forked");
    assert_eq!(waited, Waited::TimedOut);
    assert_eq!(running.mark(0), Mark::Advanced(1));
    running.finish(Outcome::Done);
    assert_eq!(member.consumer.wait_idle(PATIENCE, &Cancel::new()).expect("not forked"), Waited::Ready(()));
    member.nothing_within(Duration::from_millis(50));
    member.close();
}

#[test]
fn a_second_member_takes_over_partitions_and_the_first_can_no_longer_mark_them() {
    let world = World::new(&[("t", 2)]);
    world.produce("t", 0, numbers(0..1));
    world.produce("t", 1, numbers(0..1));
    let mut settings = world.settings("g", &["t"]);
    settings.properties.insert("partition.assignment.strategy".into(), "cooperative-sticky".into());
    let first = world.consume(settings.clone());
    let held: Vec<_> = (0..2).map(|_| first.next()).collect();
    let second = world.consume(settings);
    let Event::Revoked { partitions, .. } = first.event(|event| matches!(event, Event::Revoked { .. })) else {
        unreachable!("asked for it")
    };
    assert_eq!(partitions.len(), 1);
    for batch in &held {
        let lost = batch.partition() == partitions[0].partition;
        assert_eq!(batch.is_revoked(), lost);
        assert_eq!(batch.mark(0), if lost { Mark::NotOwned } else { Mark::Advanced(1) });
        batch.finish(Outcome::Done);
    }
    let taken_over = second.next();
    assert_eq!((taken_over.partition(), taken_over.records().offset(0)), (partitions[0].partition, 0));
    taken_over.finish(Outcome::Done);
    second.close();
    first.close();
}

#[test]
fn records_outlive_their_consumer() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..3));
    let member = world.consume(world.settings("g", &["t"]));
    let batch = member.next();
    let seen = payloads(&batch);
    batch.finish(Outcome::Done);
    member.close();
    drop(member);
    assert_eq!(payloads(&batch), seen);
}

#[test]
fn a_partition_that_comes_back_waits_for_the_batch_that_is_still_out() {
    let world = World::new(&[("t", 2)]);
    world.produce("t", 0, numbers(0..1));
    world.produce("t", 1, numbers(0..1));
    let mut settings = world.settings("g", &["t"]);
    // Eager: everything is taken away at each rebalance, and some of it comes back.
    settings.properties.insert("partition.assignment.strategy".into(), "range".into());
    let first = world.consume(settings.clone());
    let out: Vec<_> = (0..2).map(|_| first.next()).collect();
    first.event(|event| matches!(event, Event::Assigned { .. }));
    let second = world.consume(settings);
    let event = first.event(|event| matches!(event, Event::Assigned { .. }));
    let Event::Assigned { partitions, .. } = event else { unreachable!("asked for it") };
    let back = partitions[0].partition;
    first.nothing_within(Duration::from_millis(300));

    for batch in &out {
        assert_eq!(batch.mark(0), Mark::NotOwned);
        batch.finish(Outcome::Done);
    }
    let again = first.next();
    assert_eq!((again.partition(), again.records().offset(0)), (back, 0));
    again.finish(Outcome::Done);
    second.close();
    first.close();
}

#[test]
fn a_commit_that_is_asked_for_during_the_close_is_answered() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, numbers(0..1));
    let member = world.consume(world.settings("g", &["t"]));
    let batch = member.next();
    drop(member.consumer.close(Some(Duration::ZERO), &Cancel::new()));
    let reply = batch.request_commit();
    let answer = batch.wait_commit(&reply, PATIENCE, &Cancel::new());
    assert!(matches!(answer, Waited::Ready(_)), "{answer:?}");
    batch.finish(Outcome::Done);
    member.close();
}

#[test]
fn statistics_that_nobody_reads_do_not_keep_commits_from_coming_back() {
    let world = World::new(&[("t", 1)]);
    let mut settings = world.settings("g", &["t"]);
    settings.properties.insert("statistics.interval.ms".into(), "1".into());
    settings.max_messages = 1;
    world.produce("t", 0, numbers(0..100));
    let member = world.consume(settings);
    for number in 0..100 {
        let batch = member.next();
        assert_eq!(batch.mark(number), Mark::Advanced(1));
        let reply = batch.request_commit();
        assert_eq!(batch.wait_commit(&reply, PATIENCE, &Cancel::new()), Waited::Ready(true), "{number}");
        batch.finish(Outcome::Done);
    }
    member.close();
}
