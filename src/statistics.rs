//! What librdkafka counts about one client.
//!
//! Owns the text that librdkafka wrote, and reading it: only when somebody wants to know, and of topics only what its
//! consumer holds. Made by the thread that serves the client, read by any. Must keep nothing of the client.

use crate::error::{Error, ErrorKind, Result};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// One report of librdkafka.
#[derive(Debug, Clone)]
pub struct Statistics {
    json: Vec<u8>,
    /// Of which partitions, topic by topic; `None`: of all.
    of: Option<HashSet<(String, i32)>>,
}

impl Statistics {
    /// A report as librdkafka gave it; of partitions only `of` is told, where it is given.
    #[must_use]
    pub fn new(json: Vec<u8>, of: Option<HashSet<(String, i32)>>) -> Self {
        Self { json, of }
    }

    /// The report, with the names that librdkafka's STATISTICS.md has. This is the time to parse it.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when librdkafka wrote no JSON object.
    pub fn read(&self) -> Result<Map<String, Value>> {
        let read = serde_json::from_slice(&self.json);
        let mut all: Map<String, Value> = read.map_err(|error| {
            Error::new(ErrorKind::Internal, format!("librdkafka's statistics are no JSON: {error}"))
        })?;
        if let Some(of) = &self.of {
            cut(&mut all, of);
        }
        Ok(all)
    }
}

/// Drops what is told of partitions that are not among `of`: of topics, and of what brokers are asked for.
fn cut(all: &mut Map<String, Value>, of: &HashSet<(String, i32)>) {
    let held = |topic: &str, partition: i64| {
        i32::try_from(partition).is_ok_and(|partition| of.contains(&(topic.to_owned(), partition)))
    };
    if let Some(Value::Object(topics)) = all.get_mut("topics") {
        topics.retain(|topic, told| {
            let Some(Value::Object(partitions)) = told.get_mut("partitions") else { return false };
            partitions.retain(|number, _| number.parse().is_ok_and(|number| held(topic, number)));
            !partitions.is_empty()
        });
    }
    if let Some(Value::Object(brokers)) = all.get_mut("brokers") {
        for broker in brokers.values_mut() {
            let Some(Value::Object(partitions)) = broker.get_mut("toppars") else { continue };
            partitions.retain(|_, told| {
                let topic = told.get("topic").and_then(Value::as_str);
                topic.zip(told.get("partition").and_then(Value::as_i64)).is_some_and(|(topic, it)| held(topic, it))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Statistics;
    use std::collections::HashSet;

    const REPORT: &str = r#"{"name": "a", "brokers": {"one": {"rtt": {"avg": 7}, "toppars": {
        "t-0": {"topic": "t", "partition": 0}, "t-1": {"topic": "t", "partition": 1}}}, "two": {"toppars": {}}},
        "topics": {"t": {"age": 1, "partitions": {"-1": {}, "0": {"lag": 3}, "1": {"lag": 4}}},
        "other": {"partitions": {"0": {}}}}}"#;

    #[test]
    fn of_partitions_only_what_is_held_is_told_and_of_brokers_all() {
        let of = HashSet::from([("t".to_owned(), 0), ("gone".to_owned(), 0)]);
        let read = Statistics::new(REPORT.into(), Some(of)).read().expect("JSON");
        let expected = serde_json::json!({"name": "a",
            "brokers": {"one": {"rtt": {"avg": 7}, "toppars": {"t-0": {"topic": "t", "partition": 0}}},
                        "two": {"toppars": {}}},
            "topics": {"t": {"age": 1, "partitions": {"0": {"lag": 3}}}}});
        assert_eq!(serde_json::Value::Object(read), expected);
    }

    #[test]
    fn all_is_told_of_a_client_that_holds_nothing() {
        let read = Statistics::new(REPORT.into(), None).read().expect("JSON");
        assert_eq!(serde_json::Value::Object(read), serde_json::from_str::<serde_json::Value>(REPORT).expect("JSON"));
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        assert!(Statistics::new(b"[]".to_vec(), None).read().is_err());
        assert!(Statistics::new(b"{".to_vec(), None).read().is_err());
    }
}
