//! Which of librdkafka's log lines are heard.
//!
//! Pure; runs anywhere. Must be asked for every client: the `rdkafka` crate would otherwise ask
//! Rust's own logging, which nobody has set up, and hear errors only.

use rdkafka::config::RDKafkaLogLevel;
use std::collections::BTreeMap;

/// What `properties` ask for; warnings and worse when they do not say.
pub(crate) fn log_level(properties: &BTreeMap<String, String>) -> RDKafkaLogLevel {
    match properties.get("log_level").map(String::as_str) {
        Some("0") => RDKafkaLogLevel::Emerg,
        Some("1") => RDKafkaLogLevel::Alert,
        Some("2") => RDKafkaLogLevel::Critical,
        Some("3") => RDKafkaLogLevel::Error,
        Some("5") => RDKafkaLogLevel::Notice,
        Some("6") => RDKafkaLogLevel::Info,
        Some("7") => RDKafkaLogLevel::Debug,
        None if properties.contains_key("debug") => RDKafkaLogLevel::Debug,
        _ => RDKafkaLogLevel::Warning,
    }
}
