use super::{ERROR_CLASSES, Metrics};
use crate::consumer::Outcome;
use crate::observe::exposition;
use std::time::Duration;

fn lines(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = String::from_utf8(exposition::text(metrics.gather(), &[]).unwrap()).unwrap();
    text.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

#[test]
fn what_happens_is_counted_by_group_and_topic() {
    let metrics = Metrics::default();
    let topic = metrics.group("g").topic("t");
    topic.handed_out(3, 30, 1);
    topic.handed_out(2, 20, 2);
    topic.taken(Duration::from_millis(2));
    topic.ended(Outcome::Done, Duration::from_millis(10));
    topic.ended(Outcome::Partial { next: 1 }, Duration::from_millis(10));
    assert_eq!(
        lines(&metrics, "karafka_consumer_records_total"),
        ["karafka_consumer_records_total{group=\"g\",topic=\"t\"} 5"]
    );
    assert_eq!(
        lines(&metrics, "karafka_consumer_retries_total"),
        ["karafka_consumer_retries_total{group=\"g\",topic=\"t\"} 1"]
    );
    assert_eq!(
        lines(&metrics, "karafka_consumer_jobs_total"),
        [
            "karafka_consumer_jobs_total{group=\"g\",outcome=\"done\",topic=\"t\"} 1",
            "karafka_consumer_jobs_total{group=\"g\",outcome=\"failed\",topic=\"t\"} 0",
            "karafka_consumer_jobs_total{group=\"g\",outcome=\"handed_back\",topic=\"t\"} 1",
        ]
    );
}

#[test]
fn a_partition_that_comes_again_goes_on_counting() {
    let metrics = Metrics::default();
    let group = metrics.group("g");
    group.topic("t").handed_out(1, 1, 1);
    group.topic("t").handed_out(1, 1, 1);
    assert_eq!(
        lines(&metrics, "karafka_consumer_records_total"),
        ["karafka_consumer_records_total{group=\"g\",topic=\"t\"} 2"]
    );
}

#[test]
fn classes_of_errors_are_told_apart_up_to_a_bound() {
    let metrics = Metrics::default();
    let topic = metrics.group("g").topic("t");
    for number in 0..ERROR_CLASSES + 30 {
        topic.raised(&format!("Error{number}"));
    }
    topic.raised("Error0");
    let lines = lines(&metrics, "karafka_consumer_errors_total");
    assert_eq!(lines.len(), ERROR_CLASSES + 1);
    assert!(lines.contains(&"karafka_consumer_errors_total{class=\"other\",group=\"g\",topic=\"t\"} 30".to_owned()));
    assert!(lines.contains(&"karafka_consumer_errors_total{class=\"Error0\",group=\"g\",topic=\"t\"} 2".to_owned()));
}
