//! What an operator asks a cluster.

mod common;

use common::{PATIENCE, World, own};
use karafka_rs::admin::{self, Answer, NewTopic, Topic};
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{ErrorKind, Result, positions};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(5);

fn wait<T>(answer: &Answer<T>) -> Result<T> {
    match answer.wait(PATIENCE, &Cancel::new(), Option::take) {
        Waited::Ready(found) => found,
        Waited::TimedOut | Waited::Cancelled => unreachable!("an answer within {PATIENCE:?}"),
    }
}

fn servers(world: &World) -> BTreeMap<String, String> {
    own(&[("bootstrap.servers", world.cluster.bootstrap_servers().expect("address").as_str())])
}

fn topics(properties: &BTreeMap<String, String>, name: Option<&str>) -> Vec<Topic> {
    wait(&admin::topics(properties, name.map(str::to_owned), SOON).expect("asked")).expect("answered")
}

fn new_topic() -> NewTopic {
    NewTopic { name: "new".to_owned(), partitions: 2, replication_factor: -1, config: BTreeMap::new() }
}

#[test]
fn looking_at_a_topic_that_is_not_there_does_not_create_it() {
    let world = World::new(&[("b", 2), ("a", 1)]);
    let properties = servers(&world);
    let missing = topics(&properties, Some("missing"));
    assert_eq!(missing[0].error.as_deref(), Some("UNKNOWN_TOPIC_OR_PART"));
    let all = topics(&properties, None);
    assert_eq!(all.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(all[1].partitions.len(), 2);
    assert!(all[1].partitions.iter().all(|partition| partition.replicas == [partition.leader]));
}

#[test]
fn a_cluster_without_a_controller_refuses_at_once() {
    let world = World::new(&[("t", 1)]);
    let started = Instant::now();
    let answers = [
        admin::create_topic(&servers(&world), new_topic(), Duration::from_secs(60)).expect("asked"),
        admin::delete_topic(&servers(&world), "t".to_owned(), Duration::from_secs(60)).expect("asked"),
    ];
    for answer in answers {
        let error = wait(&answer).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Broker);
        assert!(error.to_string().contains("no controller"), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn no_answer_is_told_within_the_time() {
    let nobody = own(&[("bootstrap.servers", "127.0.0.1:1")]);
    let moment = Duration::from_millis(300);
    let started = Instant::now();
    let asked = [
        wait(&admin::topics(&nobody, None, moment).expect("asked")).map(drop),
        wait(&admin::create_topic(&nobody, new_topic(), moment).expect("asked")),
        wait(&admin::delete_topic(&nobody, "t".to_owned(), moment).expect("asked")),
    ];
    for answer in asked {
        let kind = answer.expect_err("nobody answers").kind();
        assert!(matches!(kind, ErrorKind::Connection | ErrorKind::Timeout), "{kind:?}");
    }
    assert!(started.elapsed() < SOON);
}

#[test]
fn a_refused_property_is_told_before_anything_is_asked() {
    let error = admin::topics(&own(&[("nonsense", "1")]), None, SOON).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn positions_without_a_group_are_the_watermarks() {
    let world = World::new(&[("t", 1)]);
    world.produce("t", 0, ["x".to_owned()]);
    let answer = positions::look_up(&servers(&world), vec![("t".to_owned(), 0)], SOON).expect("asked");
    let found = wait(&answer).expect("answered");
    assert_eq!((found[0].committed, found[0].low, found[0].high), (None, 0, 1));
}
