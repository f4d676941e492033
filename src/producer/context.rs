//! Delivery reports.
//!
//! Owns the hand-over from librdkafka to who waits. Runs on the producer's polling thread. Must
//! not block.

use super::delivery::Report;
use super::failure::{Failure, tell};
use crate::error::{Error, ErrorKind, code_name};
use crate::librdkafka::Tag;
use crate::mailbox::Mailbox;
use crate::wait::Waitable;
use rdkafka::Message;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, DeliveryResult};
use rdkafka::producer::ProducerContext;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
pub(super) struct Context {
    /// Records enqueued and not reported yet. (librdkafka's own number counts waiting log lines too.)
    pub(super) in_flight: AtomicUsize,
    /// Changes with every delivery report.
    pub(super) delivered: Waitable<u64>,
    /// Outlives the client: its end is when the last failures come.
    pub(super) failures: Arc<Mailbox<Failure>>,
}

impl Context {
    fn fail(&self, failure: Failure) {
        tell(&self.failures, failure);
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // The client is gone, and with it everything that could still fail.
        self.failures.close();
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if (level as i32) <= RDKafkaLogLevel::Error as i32 {
            let message = format!("{facility}: {message}");
            self.fail(Failure {
                topic: String::new(),
                partition: None,
                key: None,
                payload: None,
                code: "_LOG".into(),
                message,
            });
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().map(code_name).unwrap_or_default();
        let message = reason.to_owned();
        self.fail(Failure { topic: String::new(), partition: None, key: None, payload: None, code, message });
    }

    fn stats_raw(&self, _json: &[u8]) {
        // Nobody reads statistics yet; the default would parse them for nothing.
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Tag;

    fn delivery(&self, result: &DeliveryResult<'_>, tag: Tag) {
        match (result, tag.0) {
            (Ok(record), Some(delivery)) => {
                delivery.complete(Ok(Report { partition: record.partition(), offset: record.offset() }), None);
            }
            (Ok(_), None) => {}
            (Err((error, record)), waiter) => {
                let purged = matches!(error.rdkafka_error_code(), Some(Code::PurgeQueue | Code::PurgeInflight));
                let error = undelivered(error, record);
                let failure = failure(&error, record);
                match waiter {
                    Some(delivery) if purged => delivery.purge(error, failure),
                    Some(delivery) => delivery.complete(Err(error), Some(failure)),
                    None => self.fail(failure),
                }
            }
        }
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.delivered.update(|count| *count = count.wrapping_add(1));
    }
}

fn undelivered(error: &KafkaError, record: &BorrowedMessage<'_>) -> Error {
    let cure = match error.rdkafka_error_code() {
        Some(Code::MessageTimedOut) => "check that the brokers can be reached, or raise `delivery_timeout`",
        Some(Code::MessageSizeTooLarge) => "make it smaller, or raise `message.max.bytes` here and at the brokers",
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => "create the topic, or check its name",
        Some(Code::UnknownPartition) => "give a partition that the topic has",
        Some(Code::TopicAuthorizationFailed) => "give this client the right to write to it",
        Some(Code::PurgeQueue | Code::PurgeInflight) => "close the producer with more time",
        _ => "look the code up in Kafka's or librdkafka's list of errors",
    };
    let what = format!("a record for {:?} was not delivered ({cure})", record.topic());
    Error::from_kafka(error, what).with_kind(ErrorKind::Delivery)
}

fn failure(error: &Error, record: &BorrowedMessage<'_>) -> Failure {
    Failure {
        topic: record.topic().to_owned(),
        partition: (record.partition() >= 0).then_some(record.partition()),
        key: record.key().map(<[u8]>::to_vec),
        payload: record.payload().map(<[u8]>::to_vec),
        code: error.code_name().unwrap_or_default(),
        message: error.to_string(),
    }
}
