//! Delivery reports.
//!
//! Owns the hand-over from librdkafka to who waits. Runs on the producer's polling thread. Must
//! not block.

use super::bounds::Bounds;
use super::delivery::{Delivery, Report};
use super::failure::{Failure, mention, tell};
use crate::error::{Error, code_name};
use crate::librdkafka::Tag;
use crate::mailbox::Mailbox;
use crate::wait::Waitable;
use rdkafka::Message;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

pub(super) struct Context {
    /// Records enqueued and not reported yet. (librdkafka's own number counts waiting log lines too.)
    pub(super) in_flight: AtomicUsize,
    /// Changes with every delivery report.
    pub(super) delivered: Waitable<u64>,
    /// Outlives the client: its end is when the last failures come.
    pub(super) failures: Arc<Mailbox<Failure>>,
    /// Deliveries that failed and may not have been asked yet.
    unasked: Mutex<Vec<Weak<Delivery>>>,
    pub(super) bounds: Bounds,
    /// Why the client can never send again, as it logged: it cannot be asked in a delivery report.
    fatal: OnceLock<String>,
}

impl Context {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            delivered: Waitable::default(),
            failures: Arc::default(),
            unasked: Mutex::default(),
            bounds,
            fatal: OnceLock::new(),
        }
    }

    /// Tells the failures whose handles are still held and were never asked: with the end of the
    /// producer the last chance has come.
    pub(super) fn tell_unasked(&self) {
        let unasked = std::mem::take(&mut *self.unasked.lock().unwrap_or_else(PoisonError::into_inner));
        unasked.iter().filter_map(Weak::upgrade).for_each(|delivery| delivery.tell_unread());
    }

    fn fail(&self, delivery: &Arc<Delivery>, error: Error, failure: Failure) {
        delivery.complete(Err(error), Some(failure));
        let mut unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        // Handles that are gone have told by themselves.
        if unasked.len() == unasked.capacity() {
            unasked.retain(|delivery| delivery.strong_count() > 0);
        }
        unasked.push(Arc::downgrade(delivery));
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
        if matches!(level, RDKafkaLogLevel::Emerg) && facility == "FATAL" {
            self.fatal.get_or_init(|| message.to_owned());
        }
        if (level as i32) <= RDKafkaLogLevel::Error as i32 {
            mention(&self.failures, "_LOG".into(), format!("{facility}: {message}"));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().map(code_name).unwrap_or_default();
        mention(&self.failures, code, reason.to_owned());
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
                // librdkafka has several numbers for "not known".
                let offset = record.offset().max(-1);
                delivery.complete(Ok(Report { partition: record.partition(), offset }), None);
            }
            (Ok(_), None) => {}
            (Err((error, record)), waiter) => {
                let fatal = self.fatal.get().map(String::as_str);
                let error = self.bounds.failed(error, record, fatal);
                let failure = Failure::of(record, error.code_name().unwrap_or_default(), error.to_string());
                match waiter {
                    Some(delivery) => self.fail(&delivery, error, failure),
                    None => tell(&self.failures, failure),
                }
            }
        }
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.delivered.update(|count| *count = count.wrapping_add(1));
    }
}
