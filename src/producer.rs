//! Sending records.
//!
//! Owns one librdkafka producer: enqueuing, waiting for room, waiting for delivery, closing.
//! Called from any thread; delivery reports are completed on its polling thread. Must drop
//! nothing silently: what cannot be enqueued is an error, what cannot be delivered is reported.

mod bounds;
mod context;
mod delivery;
mod failure;
mod outgoing;
mod partitions;
mod reaper;

pub use delivery::{Delivery, Report};
pub use failure::Failure;
pub use outgoing::{Enqueued, Outgoing};
pub use partitions::PartitionAnswer;

#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::{Error, Result, code_name};
use crate::librdkafka::{Alive, ForkStamp, Tag};
use crate::mailbox::{Mailbox, Popped};
use crate::wait::{Cancel, Waited};
use bounds::Bounds;
use context::Context;
use failure::FAILURE_BOUND;
use partitions::Partitions;
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use reaper::reap;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Native = Alive<ThreadedProducer<Context>>;

/// A producer; share it, one per configuration is enough.
pub struct Producer {
    // Taken by the close; a forked child leaves it untouched.
    native: Mutex<Option<Arc<Native>>>,
    failures: Arc<Mailbox<Failure>>,
    partitions: Arc<Partitions>,
    stamp: ForkStamp,
}

impl Producer {
    /// Makes the client. Returns before a broker has answered.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when librdkafka refuses a property.
    pub fn new(properties: &BTreeMap<String, String>) -> Result<Self> {
        let mut config = ClientConfig::new();
        for (name, value) in properties {
            config.set(name, value);
        }
        let context = Context::new(Bounds::new(properties));
        let failures = Arc::clone(&context.failures);
        let native = ThreadedProducer::from_config_and_context(&config, context)
            .map_err(|error| Error::from_kafka(&error, "making a producer"))?;
        Ok(Self {
            native: Mutex::new(Some(Arc::new(Alive::new(native)))),
            failures,
            partitions: Arc::default(),
            stamp: ForkStamp::now(),
        })
    }

    /// Enqueues `record` without waiting; `delivery` is told what becomes of it, without one a
    /// failure goes to [`Producer::next_failure`].
    ///
    /// # Errors
    /// What librdkafka refuses at once: a record that is too large, an unknown partition; also
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn enqueue(&self, record: &Outgoing<'_>, delivery: Option<Arc<Delivery>>) -> Result<Enqueued> {
        let native = self.native()?;
        if self.failures.len() >= FAILURE_BOUND {
            return Ok(Enqueued::Full);
        }
        let mut base: BaseRecord<'_, [u8], [u8], Tag> = BaseRecord::with_opaque_to(record.topic, Tag(delivery));
        base.payload = record.payload;
        base.key = record.key;
        base.partition = record.partition;
        base.timestamp = record.timestamp;
        base.headers = record.owned_headers();
        // Counted first: the report may come before this call is back.
        native.context().in_flight.fetch_add(1, Ordering::AcqRel);
        let Err((error, _)) = native.send(base) else { return Ok(Enqueued::Yes) };
        native.context().in_flight.fetch_sub(1, Ordering::AcqRel);
        match error {
            KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => Ok(Enqueued::Full),
            error => {
                let fatal = native.client().fatal_error().map(|(_, reason)| reason);
                Err(native.context().bounds.refused(&error, record, fatal.as_deref()))
            }
        }
    }

    /// A handle to give to [`Producer::enqueue`].
    #[must_use]
    pub fn delivery(&self) -> Arc<Delivery> {
        Arc::new(Delivery::new(Arc::clone(&self.failures)))
    }

    /// Waits until a delivery has made room; returns when there may be some, or the time is up.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn wait_room(&self, timeout: Duration, cancel: &Cancel) -> Result<Waited<()>> {
        let native = self.native()?;
        let seen = native.context().delivered.with(|count| *count);
        Ok(native.context().delivered.wait(Some(timeout), cancel, |count| (*count != seen).then_some(())))
    }

    /// Why this producer can never send again, if so: it and a broker differ about what was sent, or
    /// the brokers refuse numbered batches.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn fatal(&self) -> Result<Option<String>> {
        let fatal = self.native()?.client().fatal_error();
        Ok(fatal.map(|(code, reason)| format!("{}: {reason}", code_name(code))))
    }

    /// The error for a record of `topic` that found no room for as long as `waited`.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn queue_full(&self, topic: &str, waited: Duration) -> Result<Error> {
        let native = self.native()?;
        let waiting = native.context().in_flight.load(Ordering::Acquire);
        Ok(native.context().bounds.queue_full(topic, waited, waiting, self.failures.len()))
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

    /// The next record that was produced without a [`Delivery`] and could not be delivered.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`].
    pub fn next_failure(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Popped<Failure>> {
        if self.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        Ok(self.failures.pop(timeout, cancel))
    }

    /// Wakes every thread that waits in [`Producer::wait_room`] or [`Producer::next_failure`].
    pub fn wake(&self) {
        if let Ok(native) = self.native() {
            native.context().delivered.wake();
        }
        if !self.stamp.is_foreign() {
            self.failures.wake();
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
        while left() > 0 && !cancel.is_set() && deadline.is_none_or(|deadline| deadline > Instant::now()) {
            // Linger is skipped while a flush runs; its own wait is kept short so that a cancel
            // or the deadline is seen.
            drop(native.flush(Duration::from_millis(20)));
        }
        Ok(left())
    }

    /// Flushes, then ends the client. Gives how many records were left undelivered: each of them
    /// is reported as failed. Closing again does nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`].
    pub fn close(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<usize> {
        if self.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        let left = match self.flush(timeout, cancel) {
            Ok(left) => left,
            Err(_) => return Ok(0),
        };
        let native = self.native.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(native) = &native {
            native.context().delivered.wake();
        }
        reap(native);
        Ok(left)
    }

    fn native(&self) -> Result<Arc<Native>> {
        if self.stamp.is_foreign() {
            return Err(Error::forked("producer"));
        }
        self.native.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(|| Error::closed("producer"))
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
        if self.stamp.is_foreign() {
            std::mem::forget(native);
        } else {
            reap(native);
        }
    }
}
