//! Producing, through the core's public handles, against the mock cluster.

mod common;

use common::{PATIENCE, World, numbers};
use karafka_rs::mailbox::Popped;
use karafka_rs::producer::{Notice, Outgoing};
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{ErrorKind, Producer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_delivery_tells_partition_and_offset() {
    let world = World::new(&[("t", 2)]);
    world.produce("t", 1, numbers(0..2));
    let delivery = world.producer.delivery();
    let record = Outgoing { topic: "t", payload: Some(b"x"), partition: Some(1), ..Outgoing::default() };
    world.producer.enqueue(&record, Some(Arc::clone(&delivery))).expect("enqueued");
    let Waited::Ready(Ok(report)) = delivery.wait(PATIENCE, &Cancel::new()) else { unreachable!("delivered") };
    assert_eq!((report.partition, report.offset), (1, 2));
    assert!(delivery.is_done().expect("not forked"));
}

#[test]
fn what_cannot_be_delivered_fails_its_handle_or_is_reported() {
    let nobody: BTreeMap<String, String> = [("bootstrap.servers", "127.0.0.1:1"), ("message.timeout.ms", "300")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let producer = Producer::new(&nobody).expect("producer");
    let delivery = producer.delivery();
    let record = Outgoing { topic: "t", payload: Some(b"x"), key: Some(b"k"), ..Outgoing::default() };
    producer.enqueue(&record, Some(Arc::clone(&delivery))).expect("enqueued");
    producer.enqueue(&record, None).expect("enqueued");
    let forgotten = producer.delivery();
    let record = Outgoing { key: Some(b"forgotten"), ..record };
    producer.enqueue(&record, Some(forgotten)).expect("enqueued");

    let Waited::Ready(Err(error)) = delivery.wait(PATIENCE, &Cancel::new()) else { unreachable!("failed") };
    assert_eq!(error.kind(), ErrorKind::Delivery);
    assert_eq!(error.code_name().as_deref(), Some("_MSG_TIMED_OUT"));
    let mut keys = Vec::new();
    while keys.len() < 2 {
        match producer.next_notice(PATIENCE, &Cancel::new()).expect("not forked") {
            Popped::Item(Notice::Failed(failure)) if failure.topic == "t" => {
                assert_eq!(failure.payload.as_deref(), Some(&b"x"[..]));
                keys.push(failure.key.expect("has a key"));
            }
            Popped::Item(_) => {}
            other => unreachable!("a failure was expected, not {other:?}"),
        }
    }
    assert_eq!(keys, [&b"k"[..], b"forgotten"]);
}

#[test]
fn a_closed_producer_says_so() {
    let world = World::new(&[("t", 1)]);
    assert_eq!(world.producer.close(PATIENCE, &Cancel::new()).expect("not forked"), 0);
    assert_eq!(world.producer.close(PATIENCE, &Cancel::new()).expect("not forked"), 0);
    let record = Outgoing { topic: "t", payload: Some(b"x"), ..Outgoing::default() };
    assert_eq!(world.producer.enqueue(&record, None).expect_err("closed").kind(), ErrorKind::Closed);
}

#[test]
fn a_full_queue_is_told_apart_from_an_error() {
    let properties: BTreeMap<String, String> =
        [("bootstrap.servers", "127.0.0.1:1"), ("queue.buffering.max.messages", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let producer = Producer::new(&properties).expect("producer");
    let record = Outgoing { topic: "t", payload: Some(b"x"), ..Outgoing::default() };
    assert!(matches!(producer.enqueue(&record, None), Ok(karafka_rs::producer::Enqueued::Yes)));
    assert!(matches!(producer.enqueue(&record, None), Ok(karafka_rs::producer::Enqueued::Full)));
    let waited = producer.wait_room(Duration::from_millis(10), &Cancel::new()).expect("open");
    assert_eq!(waited, Waited::TimedOut);
}

#[test]
fn a_partition_key_finds_its_partition_by_crc() {
    let world = World::new(&[("t", 12)]);
    for _ in 0..2 {
        let answer = world.producer.partition_for("t", b"user-1").expect("open");
        let waited = answer.wait(PATIENCE, &Cancel::new(), |answer| answer.clone());
        assert!(matches!(waited, Waited::Ready(Ok(8))), "{waited:?}");
    }
}

#[test]
fn records_left_at_the_close_are_all_told() {
    let properties: BTreeMap<String, String> = [("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned())].into();
    let producer = Producer::new(&properties).expect("producer");
    let record = Outgoing { topic: "t", payload: Some(b"x"), ..Outgoing::default() };
    for _ in 0..5 {
        producer.enqueue(&record, None).expect("enqueued");
    }
    assert_eq!(producer.close(Some(Duration::ZERO), &Cancel::new()).expect("not forked"), 5);
    let mut told = 0;
    loop {
        match producer.next_notice(PATIENCE, &Cancel::new()).expect("not forked") {
            Popped::Item(Notice::Failed(failure)) => told += usize::from(failure.topic == "t"),
            Popped::Closed => break,
            other => unreachable!("{other:?}"),
        }
    }
    assert_eq!(told, 5);
}

#[test]
fn failures_that_nobody_reads_hold_up_producing_and_none_is_lost() {
    let nobody: BTreeMap<String, String> = [("bootstrap.servers", "127.0.0.1:1"), ("message.timeout.ms", "100")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let producer = Producer::new(&nobody).expect("producer");
    let record = Outgoing { topic: "t", payload: Some(b"x"), ..Outgoing::default() };
    for _ in 0..20_000 {
        producer.enqueue(&record, None).expect("enqueued");
    }
    let left = producer.flush(PATIENCE, &Cancel::new()).expect("open");
    assert_eq!(left, 0);
    assert!(matches!(producer.enqueue(&record, None), Ok(karafka_rs::producer::Enqueued::Full)));
    let error = producer.queue_full("t", Duration::from_secs(1), 1).expect("open");
    assert!(error.to_string().contains("failed records are not told yet"), "{error}");
    let mut told = 0;
    while told < 20_000 {
        match producer.next_notice(PATIENCE, &Cancel::new()).expect("not forked") {
            Popped::Item(Notice::Failed(failure)) => told += usize::from(failure.topic == "t"),
            other => unreachable!("{told} were told, then {other:?}"),
        }
    }
    assert!(matches!(producer.enqueue(&record, None), Ok(karafka_rs::producer::Enqueued::Yes)));
}

#[test]
fn a_failure_whose_handle_is_held_and_was_never_asked_is_told_at_the_close() {
    let nobody: BTreeMap<String, String> = [("bootstrap.servers", "127.0.0.1:1"), ("message.timeout.ms", "100")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let producer = Producer::new(&nobody).expect("producer");
    let deliveries = [producer.delivery(), producer.delivery()];
    for delivery in &deliveries {
        let record =
            Outgoing { topic: "t", payload: Some(b"x"), headers: &[("h".into(), None)], ..Outgoing::default() };
        producer.enqueue(&record, Some(Arc::clone(delivery))).expect("enqueued");
    }
    let Waited::Ready(Err(_)) = deliveries[0].wait(PATIENCE, &Cancel::new()) else { unreachable!("failed") };
    assert_eq!(producer.close(PATIENCE, &Cancel::new()).expect("not forked"), 0);
    let mut told = Vec::new();
    while let Popped::Item(Notice::Failed(failure)) =
        producer.next_notice(PATIENCE, &Cancel::new()).expect("not forked")
    {
        told.extend((failure.topic == "t").then_some(failure.headers));
    }
    assert_eq!(told, [[("h".to_owned(), None)]]);
}
