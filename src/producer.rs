//! Sending records.
//!
//! Owns one librdkafka producer: enqueuing, waiting for room, waiting for delivery, closing.
//! Called from any thread; delivery reports are completed where reports are taken. Must drop
//! nothing silently: what cannot be enqueued is an error, what cannot be delivered is reported.

mod batch_delivery;
mod bounds;
mod context;
mod delivery;
mod enqueue;
mod failure;
mod notices;
mod outgoing;
mod partitions;
mod reaper;
mod reports;

pub use batch_delivery::BatchDelivery;
pub(crate) use batch_delivery::Slot;
pub use delivery::{Delivery, Report};
pub use enqueue::Told;
pub use failure::Failure;
pub use notices::{Delivered, Notice};
pub use outgoing::{Enqueued, Outgoing};
pub use partitions::PartitionAnswer;

#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::{Error, Result, code_name};
use crate::librdkafka::{ForkStamp, Producing};
use crate::observe::ProducerRegistry;
use crate::wait::{Cancel, Waited};
use bounds::Bounds;
use context::Context;
use delivery::Shared;
use partitions::Partitions;
use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use reaper::reap;
use reports::{Client, Reports};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How often a flush has what lingers sent.
const HURRY: Duration = Duration::from_millis(20);

struct Native {
    client: Arc<Client>,
    reports: Arc<Reports>,
}

impl Native {
    fn context(&self) -> &Context {
        self.client.client().context()
    }
}

/// A producer; share it, one per configuration is enough.
pub struct Producer {
    // Taken by the close; a forked child leaves it untouched.
    native: Mutex<Option<Arc<Native>>>,
    shared: Arc<Shared>,
    partitions: Arc<Partitions>,
    produced: AtomicUsize,
}

impl Producer {
    /// Makes the client; what it counts nobody else sees. Returns before a broker has answered.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when librdkafka refuses a property.
    pub fn new(properties: &BTreeMap<String, String>) -> Result<Self> {
        Self::named(properties, "own", &ProducerRegistry::default())
    }

    /// Makes the client; it counts as one called `name` of `registry`. Returns before a broker has answered.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when librdkafka refuses a property.
    pub fn named(properties: &BTreeMap<String, String>, name: &str, registry: &ProducerRegistry) -> Result<Self> {
        let mut config = ClientConfig::new();
        for (name, value) in properties {
            config.set(name, value);
        }
        let metrics = registry.named(name);
        let context = Context::new(Bounds::new(properties), Arc::clone(&metrics));
        let notices = Arc::clone(&context.notices);
        let client =
            Producing::new(&config, context).map_err(|error| Error::from_kafka(&error, "making a producer"))?;
        let client = Arc::new(client);
        let reports = Reports::start(&client)?;
        let observed: Weak<Context> = Arc::downgrade(client.client().context());
        registry.enter(&metrics, observed);
        let shared = Shared { reports: Arc::clone(&reports), notices, stamp: ForkStamp::now() };
        Ok(Self {
            native: Mutex::new(Some(Arc::new(Native { client, reports }))),
            shared: Arc::new(shared),
            partitions: Arc::default(),
            produced: AtomicUsize::new(0),
        })
    }

    /// Waits until a delivery has made room; returns when there may be some, or the time is up.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn wait_room(&self, timeout: Duration, cancel: &Cancel) -> Result<Waited<()>> {
        let native = self.native()?;
        let taken = || native.context().taken.load(Ordering::Acquire);
        let seen = taken();
        let began = Instant::now();
        let waited = native.reports.wait(Some(timeout), cancel, || (taken() != seen).then_some(()));
        native.context().metrics.waited_for_room(began.elapsed());
        waited.ok_or_else(|| Error::closed("producer"))
    }

    /// Why this producer can never send again, if so: it and a broker differ about what was sent, or
    /// the brokers refuse numbered batches.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn fatal(&self) -> Result<Option<String>> {
        let fatal = self.native()?.client.client().fatal_error();
        Ok(fatal.map(|(code, reason)| format!("{}: {reason}", code_name(code))))
    }

    /// The error for `count` records, the first of `topic`, that found no room for as long as `waited`.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn queue_full(&self, topic: &str, waited: Duration, count: usize) -> Result<Error> {
        let native = self.native()?;
        native.context().metrics.refused(&code_name(RDKafkaErrorCode::QueueFull), count);
        let waiting = native.context().in_flight.load(Ordering::Acquire);
        Ok(native.context().bounds.queue_full(topic, waited, waiting, self.shared.notices.failures()))
    }

    /// The partition that `key` belongs to in `topic`: CRC-32 of the key modulo the number of
    /// partitions, as librdkafka and the Ruby clients before it compute it. The number is asked of
    /// the cluster when it is not known, on a thread of its own: the answer can be waited for, and
    /// the wait given up.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`], [`ErrorKind::Forked`]; inside the answer also when the cluster does
    /// not answer in time or has no such topic.
    pub fn partition_for(&self, topic: &str, key: &[u8]) -> Result<PartitionAnswer> {
        partitions::look_up(&self.partitions, self.native()?, topic, key)
    }

    /// Wakes every thread that waits in [`Producer::wait_room`] or [`Producer::next_notice`].
    pub fn wake(&self) {
        if !self.shared.stamp.is_foreign() {
            self.shared.reports.wake();
            self.shared.notices.wake();
        }
    }

    /// Records that are enqueued or on their way.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn queue_size(&self) -> Result<usize> {
        Ok(self.native()?.context().in_flight.load(Ordering::Acquire))
    }

    /// Waits until everything enqueued is delivered or failed. Gives how many are left.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn flush(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<usize> {
        let native = self.native()?;
        let left = || native.context().in_flight.load(Ordering::Acquire);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            // What lingers is to go now; what was being put into the queue meanwhile, the next time.
            native.client.hurry();
            let slice =
                deadline.map_or(HURRY, |deadline| deadline.saturating_duration_since(Instant::now()).min(HURRY));
            let done = native.reports.wait(Some(slice), cancel, || (left() == 0).then_some(()));
            if done != Some(Waited::TimedOut) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(left());
            }
        }
    }

    /// Flushes, then ends the client. Gives how many records were left undelivered: each of them
    /// is reported as failed. Closing again does nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`].
    pub fn close(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<usize> {
        if self.shared.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        let left = match self.flush(timeout, cancel) {
            Ok(left) => left,
            Err(_) => return Ok(0),
        };
        let native = self.native.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.shared.reports.wake();
        reap(native);
        Ok(left)
    }

    fn native(&self) -> Result<Arc<Native>> {
        self.with_native(|native| Ok(Arc::clone(native)))
    }

    /// Lends the client to `call`, which must not wait: a close does.
    fn with_native<R>(&self, call: impl FnOnce(&Arc<Native>) -> Result<R>) -> Result<R> {
        if self.shared.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        let native = self.native.lock().unwrap_or_else(PoisonError::into_inner);
        call(native.as_ref().ok_or_else(|| Error::closed("producer"))?)
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").finish_non_exhaustive()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        let native = self.native.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if self.shared.stamp.is_foreign() {
            std::mem::forget(native);
        } else {
            reap(native);
        }
    }
}
