//! What a producer's queue and a record may hold.
//!
//! Owns librdkafka's bounds as errors name them. Pure; runs anywhere. Must not enforce them: the
//! client does.

use super::failure::Failure;
use super::outgoing::Outgoing;
use crate::error::{Error, ErrorKind};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::collections::BTreeMap;
use std::time::Duration;

/// Bounds of one producer, as its properties give them.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    records: String,
    kibibytes: String,
    record_bytes: String,
}

impl Bounds {
    /// What `properties` do not say is librdkafka's default.
    pub(super) fn new(properties: &BTreeMap<String, String>) -> Self {
        let get = |name: &str, default: &str| properties.get(name).map_or(default, String::as_str).to_owned();
        Self {
            records: get("queue.buffering.max.messages", "100000"),
            kibibytes: get("queue.buffering.max.kbytes", "1048576"),
            record_bytes: get("message.max.bytes", "1000000"),
        }
    }

    /// How many records may wait; 0: any number.
    pub(super) fn limit(&self) -> usize {
        self.records.parse().unwrap_or(0)
    }

    /// The error for a queue that stayed full with `waiting` records on their way and `unread`
    /// failures that nobody has read.
    pub(super) fn queue_full(&self, topic: &str, waited: Duration, waiting: usize, unread: usize) -> Error {
        let unread = if unread == 0 {
            String::new()
        } else {
            format!(", and {unread} failed records are not told yet, for which a subscriber may be too slow")
        };
        Error::new(
            ErrorKind::QueueFull,
            format!(
                "the delivery queue stayed full for {} s, so the record for {topic:?} was not taken: {waiting} records \
                 wait (bounds: {} records, the larger of `max_buffer_size` and `max_queue_size`; {} KiB, \
                 `max_buffer_bytesize`){unread}; produce slower, raise the bound, or look for an unreachable broker",
                waited.as_secs_f64(),
                self.records,
                self.kibibytes,
            ),
        )
    }

    /// The error for a record that was refused at once.
    pub(super) fn refused(&self, error: Code, record: &Outgoing<'_>, fatal: Option<&str>) -> Error {
        self.undelivered(error, record.topic, record.size(), fatal)
    }

    /// The error for a record that was not delivered.
    pub(super) fn failed(&self, error: Code, record: &Failure, fatal: Option<&str>) -> Error {
        self.undelivered(error, &record.topic, record.size(), fatal)
    }

    fn undelivered(&self, error: Code, topic: &str, size: usize, fatal: Option<&str>) -> Error {
        let bound = &self.record_bytes;
        let cure = match error {
            Code::Fatal | Code::PurgeQueue | Code::PurgeInflight if fatal.is_some() => &*format!(
                "this producer can never send again, make a new one; the default one is replaced by itself; the reason: {}",
                fatal.unwrap_or_default()
            ),
            Code::MessageTimedOut => "check that the brokers can be reached, or raise `delivery_timeout`",
            Code::MessageSizeTooLarge => &*format!(
                "it has {size} bytes: make it smaller, or raise the property `message.max.bytes`, {bound} here, and the \
                 limits of broker and topic"
            ),
            Code::UnknownTopic | Code::UnknownTopicOrPartition => "create the topic, or check its name",
            Code::UnknownPartition => "give a partition that the topic has",
            Code::UnsupportedVersion | Code::UnsupportedFeature => "use brokers of version 0.11 or later",
            Code::OutOfOrderSequenceNumber => {
                "send it again with a new producer; the default one is replaced by itself"
            }
            Code::TopicAuthorizationFailed => "give this client the right to write to it",
            Code::PurgeQueue | Code::PurgeInflight => "close the producer with more time",
            _ => "look the code up in Kafka's or librdkafka's list of errors",
        };
        Error::from_code(error, format!("a record for {topic:?} was not delivered ({cure})"))
            .with_kind(ErrorKind::Delivery)
    }
}
