use super::{NAMES, Observed, ProducerRegistry, ProducerStatus, Standing};
use crate::observe::producer_metrics::TOPICS;
use std::sync::{Arc, Weak};
use std::time::Duration;

struct Open(Standing);

impl Observed for Open {
    fn standing(&self) -> Standing {
        self.0.clone()
    }
}

fn open(registry: &ProducerRegistry, name: &str, queue: usize, limit: usize) -> Arc<Open> {
    let open = Arc::new(Open(Standing { queue, limit, ..Standing::default() }));
    let observed: Weak<Open> = Arc::downgrade(&open);
    registry.enter(&registry.named(name), observed);
    open
}

fn lines(registry: &ProducerRegistry, name: &str) -> Vec<String> {
    registry.metrics().unwrap().lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

fn status(registry: &ProducerRegistry, name: &str) -> ProducerStatus {
    registry.status().into_iter().find(|status| status.producer == name).unwrap()
}

#[test]
fn a_closed_producer_leaves_what_it_counted_and_takes_its_gauges_along() {
    let registry = ProducerRegistry::default();
    let one = open(&registry, "default", 3, 10);
    registry.named("default").tally("t").add(2, 20);
    drop(one);
    let other = open(&registry, "default", 1, 10);
    registry.named("default").tally("t").add(1, 10);
    assert_eq!(status(&registry, "default").queue_records, 1);
    drop(other);
    assert_eq!(
        lines(&registry, "karafka_producer_records_total"),
        ["karafka_producer_records_total{producer=\"default\",topic=\"t\"} 3"]
    );
    assert_eq!(lines(&registry, "karafka_producer_open"), ["karafka_producer_open{producer=\"default\"} 0"]);
    assert_eq!(lines(&registry, "karafka_producer_queue_records"), [""; 0]);
}

#[test]
fn the_fullest_queue_of_a_name_is_told() {
    let registry = ProducerRegistry::default();
    let all = [open(&registry, "own", 1, 10), open(&registry, "own", 18, 20), open(&registry, "own", 5, 0)];
    let status = status(&registry, "own");
    assert_eq!((status.open, status.queue_records, status.queue_limit_records), (3, 24, 30));
    assert!((status.queue_filled_ratio - 0.9).abs() < 1e-9);
    drop(all);
}

#[test]
fn names_and_topics_are_told_apart_up_to_a_bound() {
    let registry = ProducerRegistry::default();
    for number in 0..NAMES + 5 {
        registry.named(&format!("name{number}")).tally("t").add(1, 1);
    }
    assert_eq!(registry.status().len(), NAMES + 1);
    assert_eq!(status(&registry, "other").topics[0].records, 5);
    let metrics = registry.named("name0");
    for number in 0..TOPICS + 30 {
        metrics.tally(&format!("topic{number}")).add(1, 1);
        metrics.delivered(&format!("topic{number}"), 1, Some(Duration::from_millis(3)));
        metrics.failed(&format!("topic{number}"), "_MSG_TIMED_OUT");
    }
    let topics = status(&registry, "name0").topics;
    // "t" is one of them.
    assert_eq!(topics.len(), TOPICS + 1);
    let other = topics.iter().find(|topic| topic.topic == "other").unwrap();
    assert_eq!((other.records, other.delivered, other.failed["_MSG_TIMED_OUT"]), (31, 31, 31));
    let failed = "karafka_producer_failed_records_total{code=\"_MSG_TIMED_OUT\",producer=\"name0\",topic=\"other\"} 31";
    assert!(lines(&registry, "karafka_producer_failed_records_total").contains(&failed.to_owned()));
}
