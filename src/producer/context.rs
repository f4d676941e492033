//! Delivery reports.
//!
//! Owns the hand-over from librdkafka to who waits. Runs where reports are taken (`reports.rs`).
//! Must not block.

use super::batch_delivery::BatchDelivery;
use super::bounds::Bounds;
use super::delivery::{Delivery, Report};
use super::failure::Failure;
use super::notices::{Delivered, Notices};
use crate::error::code_name;
use crate::interest::INTEREST;
use crate::librdkafka::{Produced, Reporting, Tag};
use crate::observe::{Observed, ProducerMetrics, Standing, Tally};
use crate::statistics::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

pub(super) struct Context {
    /// Records enqueued and not reported yet. (librdkafka's own number counts waiting log lines too.)
    pub(super) in_flight: AtomicUsize,
    /// Those of them whose delivery somebody is told.
    pub(super) listened_to: AtomicUsize,
    /// Grows with delivery reports.
    pub(super) taken: AtomicUsize,
    /// Outlives the client: its end is when the last failures come.
    pub(super) notices: Arc<Notices>,
    /// What came together so far, when deliveries are told.
    together: Mutex<Option<Delivered>>,
    /// Deliveries that failed and may not have been asked yet.
    unasked: Mutex<Unasked>,
    pub(super) bounds: Bounds,
    pub(super) metrics: Arc<ProducerMetrics>,
    /// Why the client can never send again, as it logged: it cannot be asked in a delivery report.
    fatal: OnceLock<String>,
}

#[derive(Default)]
struct Unasked {
    one: Vec<Weak<Delivery>>,
    batches: Vec<Weak<BatchDelivery>>,
}

impl Context {
    pub(super) fn new(bounds: Bounds, metrics: Arc<ProducerMetrics>) -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            listened_to: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            notices: Arc::default(),
            together: Mutex::default(),
            unasked: Mutex::default(),
            bounds,
            metrics,
            fatal: OnceLock::new(),
        }
    }

    /// Tells the failures whose handles are still held and were never asked: with the end of the
    /// producer the last chance has come.
    pub(super) fn tell_unasked(&self) {
        let unasked = std::mem::take(&mut *self.unasked.lock().unwrap_or_else(PoisonError::into_inner));
        unasked.one.iter().filter_map(Weak::upgrade).for_each(|delivery| delivery.tell_unread());
        unasked.batches.iter().filter_map(Weak::upgrade).for_each(|batch| batch.tell_unread());
    }

    /// Puts a delivered record to those that came before it.
    fn gather(&self, record: Produced<'_>) {
        let offset = (record.offset() >= 0).then_some(record.offset());
        let mut together = self.together.lock().unwrap_or_else(PoisonError::into_inner);
        if together.as_mut().is_some_and(|together| together.extend(record.partition(), offset)) {
            return;
        }
        let first = Delivered {
            topic: record.topic(),
            partition: record.partition(),
            first_offset: offset,
            last_offset: offset,
            size: 1,
            time: record.age().map(|age| age.as_secs_f64() * 1000.0),
            dropped: 0,
        };
        if let Some(before) = together.replace(first) {
            self.notices.deliver(before);
        }
    }

    /// What comes next came in another report.
    fn tell_gathered(&self) {
        if let Some(gathered) = self.together.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.notices.deliver(gathered);
        }
    }

    fn remember(&self, remember: impl FnOnce(&mut Unasked)) {
        remember(&mut self.unasked.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn fail(&self, record: Produced<'_>, error: rdkafka::error::RDKafkaErrorCode, tag: Tag) {
        let fatal = self.fatal.get().map(String::as_str);
        let mut failure = Failure::of(record);
        let error = self.bounds.failed(error, &failure, fatal);
        failure.code = error.code_name().unwrap_or_default();
        failure.message = error.to_string();
        self.metrics.failed(&failure.topic, &failure.code);
        match tag {
            Tag::Nobody => self.notices.fail(failure),
            Tag::One(delivery) => {
                delivery.fail(error, failure);
                self.remember(|unasked| keep(&mut unasked.one, Arc::downgrade(&delivery)));
            }
            Tag::Slot(batch, index) => {
                batch.fail(index, error, failure);
                self.remember(|unasked| keep(&mut unasked.batches, Arc::downgrade(&batch)));
            }
        }
    }
}

/// Those that are gone have told by themselves.
fn keep<T>(list: &mut Vec<Weak<T>>, weak: Weak<T>) {
    if list.len() == list.capacity() {
        list.retain(|weak| weak.strong_count() > 0);
    }
    if list.last().is_none_or(|last| !last.ptr_eq(&weak)) {
        list.push(weak);
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // The client is gone, and with it everything that could still fail.
        self.notices.close();
    }
}

impl Observed for Context {
    fn standing(&self) -> Standing {
        Standing {
            queue: self.in_flight.load(Ordering::Acquire),
            limit: self.bounds.limit(),
            untold: self.notices.failures(),
            fatal: self.fatal.get().cloned(),
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if matches!(level, RDKafkaLogLevel::Emerg) && facility == "FATAL" {
            self.fatal.get_or_init(|| message.to_owned());
        }
        if (level as i32) <= RDKafkaLogLevel::Error as i32 {
            self.notices.mention("_LOG".into(), format!("{facility}: {message}"));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().map(code_name).unwrap_or_default();
        self.metrics.error(&code);
        self.notices.mention(code, reason.to_owned());
    }

    fn stats_raw(&self, json: &[u8]) {
        if INTEREST.statistics() {
            self.notices.count(Statistics::new(json.to_vec(), None));
        }
    }
}

impl Reporting for Context {
    fn listened_to(&self) -> bool {
        self.listened_to.load(Ordering::Acquire) > 0 || self.notices.wanted()
    }

    fn tally(&self, name: &str) -> Arc<Tally> {
        self.metrics.tally(name)
    }

    fn delivered(&self, first: Produced<'_>, count: usize) {
        self.metrics.delivered(&first.topic(), count, first.age());
    }

    fn reported(&self, record: Produced<'_>, tag: Tag) {
        if !matches!(tag, Tag::Nobody) {
            self.listened_to.fetch_sub(1, Ordering::AcqRel);
        }
        if let Some(error) = record.error() {
            return self.fail(record, error, tag);
        }
        if self.notices.wanted() {
            self.gather(record);
        }
        let report = || Report { partition: record.partition(), offset: record.offset().max(-1) };
        match tag {
            Tag::Nobody => {}
            Tag::One(delivery) => delivery.deliver(report()),
            Tag::Slot(batch, index) => batch.deliver(index, report()),
        }
    }

    fn taken(&self, count: usize) {
        self.tell_gathered();
        self.in_flight.fetch_sub(count, Ordering::AcqRel);
        self.taken.fetch_add(count, Ordering::AcqRel);
    }
}
