//! The bounds that only the core's own handles show: each is filled past its limit.
//!
//! What Ruby can see is in spec/integration/bounds_spec.rb; the table of all is in docs/reliability.md.

mod common;

use common::{PATIENCE, World, numbers};
use karafka_rs::Producer;
use karafka_rs::consumer::Outcome;
use karafka_rs::mailbox::Popped;
use karafka_rs::producer::{Enqueued, Notice, Outgoing, Told};
use karafka_rs::wait::Cancel;
use std::time::Duration;

#[test]
fn no_more_batches_wait_for_a_worker_than_ready_limit() {
    let world = World::new(&[("t", 6)]);
    for partition in 0..6 {
        world.produce("t", partition, numbers(0..3));
    }
    let mut settings = world.settings("g", &["t"]);
    settings.ready_limit = 2;
    let member = world.consume(settings);
    // Taken from the inbox and not reported as started: for the fetcher they wait there still.
    let waiting: Vec<_> = (0..2)
        .map(|_| match member.inbox.next_job(PATIENCE, &Cancel::new()) {
            Popped::Item(batch) => batch,
            other => unreachable!("a batch was expected, not {other:?}"),
        })
        .collect();
    member.nothing_within(Duration::from_millis(500));

    waiting[0].start();
    let third = member.next();
    assert!(waiting.iter().all(|batch| batch.partition() != third.partition()), "a partition is out once");
    for batch in waiting.iter().chain([&third]) {
        batch.finish(Outcome::Done);
    }
    member.close();
}

// Sizes are guessed from the records before: the worst case is small ones followed by large ones.
#[test]
fn a_batch_takes_no_further_record_once_it_holds_max_bytes() {
    let world = World::new(&[("t", 1)]);
    let (small, large) = (64, 50);
    let sizes = (0..small).map(|_| 10).chain((0..large).map(|_| 20_000));
    world.produce("t", 0, sizes.map(|size| "x".repeat(size)));
    let mut settings = world.settings("g", &["t"]);
    (settings.max_messages, settings.max_bytes) = (1_000, 50_000);
    let member = world.consume(settings);
    let mut offsets = Vec::new();
    while offsets.len() < small + large {
        let batch = member.next();
        let records = batch.records();
        let last = records.len() - 1;
        let before_the_last = records.bytes() - records.payload(last).map_or(0, <[u8]>::len);
        assert!(before_the_last < 50_000, "{} records hold {} bytes", records.len(), records.bytes());
        offsets.extend((0..=last).map(|index| records.offset(index)));
        batch.finish(Outcome::Done);
    }
    let all: Vec<i64> = (0..).take(small + large).collect();
    assert_eq!(offsets, all);
    member.close();
}

/// A producer to no broker that has `count` failures to tell.
fn with_failures(count: usize) -> Producer {
    let properties = [
        ("bootstrap.servers", "127.0.0.1:1"),
        ("queue.buffering.max.messages", "20000"),
        ("message.timeout.ms", "300"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let producer = Producer::new(&properties.into()).expect("producer");
    for number in 0..count {
        assert!(enqueue(&producer, number));
    }
    assert_eq!(producer.flush(PATIENCE, &Cancel::new()).expect("open"), 0, "all have failed, and nobody has read why");
    producer
}

fn enqueue(producer: &Producer, number: usize) -> bool {
    let key = number.to_string();
    let record = Outgoing { topic: "t", key: Some(key.as_bytes()), ..Outgoing::default() };
    matches!(producer.enqueue(&record, None).expect("open"), Enqueued::Yes)
}

#[test]
fn while_ten_thousand_undelivered_records_wait_to_be_read_nothing_more_is_taken_and_none_is_lost() {
    let producer = with_failures(10_003);
    assert!(!enqueue(&producer, 10_003));

    let mut keys = Vec::new();
    while let Popped::Item(Notice::Failed(failure)) =
        producer.next_notice(Some(Duration::ZERO), &Cancel::new()).expect("not forked")
    {
        // The client's own trouble (no broker) is told among them.
        keys.extend(failure.key);
    }
    let all: Vec<Vec<u8>> = (0..10_003).map(|number| number.to_string().into_bytes()).collect();
    assert!(keys == all, "{} of {} were told", keys.len(), all.len());
    assert!(enqueue(&producer, 10_003));
}

#[test]
fn the_thread_that_reads_failures_may_produce_while_ten_thousand_wait() {
    let producer = with_failures(10_003);
    let record = Outgoing { topic: "t", ..Outgoing::default() };
    let many = || producer.enqueue_many(&[record], &Told::Nobody).expect("open").0;
    producer.next_notice(Some(Duration::ZERO), &Cancel::new()).expect("not forked");
    assert_eq!((enqueue(&producer, 0), many()), (true, 1));
    let other = std::thread::scope(|scope| scope.spawn(|| (enqueue(&producer, 0), many())).join());
    assert_eq!(other.expect("no panic"), (false, 0));
}
