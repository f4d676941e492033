//! Partitions that an assignment left out.

mod common;

use common::{World, numbers, payloads};
use karafka_rs::Event;
use karafka_rs::consumer::{Outcome, Settings};
use karafka_rs::mock::Fault;
use std::time::Duration;

fn topic_is(code: &str) -> Fault {
    Fault::Topic { topic: "t".to_owned(), code: code.to_owned() }
}

fn settings(world: &World) -> Settings {
    let mut settings = world.settings("g", &["t"]);
    settings.properties.insert("session.timeout.ms".into(), "2000".into());
    settings.properties.insert("heartbeat.interval.ms".into(), "100".into());
    settings.last_jobs = Duration::from_secs(20);
    settings.first_look = Duration::from_millis(300);
    settings
}

/// The leader asks the cluster for the topic's partitions when it works out the assignment, and never again.
#[test]
fn an_assignment_made_while_the_cluster_did_not_know_the_topic_is_made_anew() {
    let world = World::new(&[("t", 2)]);
    world.produce("t", 0, numbers(0..1));
    let first = world.consume(settings(&world));
    let batch = first.next();
    let second = world.consume(settings(&world));
    // Both know the topic, and the assignment is worked out once this one has given back what it holds.
    while !batch.is_cut_short() {
        std::thread::yield_now();
    }
    world.cluster.inject(&topic_is("UNKNOWN_TOPIC_OR_PART")).expect("injected");
    batch.finish(Outcome::Done);
    for member in [&first, &second] {
        member.event(|event| matches!(event, Event::Assigned { partitions, .. } if partitions.is_empty()));
    }
    world.cluster.inject(&topic_is("NO_ERROR")).expect("injected");
    for partition in 0..2 {
        world.produce("t", partition, numbers(5..6));
    }
    for member in [&first, &second] {
        // The mock takes no commit during a rebalance: the first record may come again.
        let mut seen = Vec::new();
        while seen.last() != numbers(5..6).last() {
            let batch = member.next();
            seen = payloads(&batch);
            let _ = batch.mark(batch.records().offset(seen.len() - 1));
            batch.finish(Outcome::Done);
        }
    }
}
