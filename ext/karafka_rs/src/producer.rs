//! `Karafka::Native::Producer`: sending records.
//!
//! Any Ruby thread. Enqueuing copies the bytes under the GVL; waiting for room, for the cluster's
//! answer about partitions, for failures and for the end releases it.

use crate::delivery::Delivery;
use crate::errors::{guard, lift, ruby_error};
use crate::inbox::waited;
use crate::producer_registry::ProducerRegistry;
use crate::{gvl, options, produce_many, produce_one, raw};
use karafka_rs::producer::{Enqueued, Notice, Outgoing};
use karafka_rs::wait::{Cancel, Waited};
use magnus::value::ReprValue;
use magnus::{Error, Module, Object, RHash, RModule, RString, Ruby, TryConvert, Value, function, method};
use std::convert::identity;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a full delivery queue is waited for before the record is refused.
pub(crate) const WAIT_FOR_ROOM: Duration = Duration::from_secs(10);

#[magnus::wrap(class = "Karafka::Native::Producer", free_immediately)]
pub(crate) struct Producer(pub(crate) Arc<karafka_rs::Producer>);

impl Producer {
    fn new(ruby: &Ruby, properties: RHash) -> Result<Self, Error> {
        guard(ruby, || {
            let properties = options::properties(properties)?;
            let producer = lift(ruby, karafka_rs::Producer::new(&properties))?;
            Ok(Self(Arc::new(producer)))
        })
    }

    /// One that counts under that name.
    fn named(ruby: &Ruby, properties: RHash, name: RString, registry: &ProducerRegistry) -> Result<Self, Error> {
        guard(ruby, || {
            let properties = options::properties(properties)?;
            let producer = lift(ruby, karafka_rs::Producer::named(&properties, &name.to_string()?, &registry.0))?;
            Ok(Self(Arc::new(producer)))
        })
    }

    /// Puts a message on its way that was checked before.
    #[expect(clippy::too_many_arguments, reason = "positional is fast; lib/karafka/producer.rb owns the keywords")]
    fn produce(
        ruby: &Ruby,
        this: &Self,
        topic: RString,
        payload: Option<RString>,
        key: Option<RString>,
        partition: Option<i32>,
        partition_key: Option<RString>,
        timestamp: Option<i64>,
        headers: Option<RHash>,
        with_handle: bool,
    ) -> Result<Value, Error> {
        guard(ruby, || {
            let name = topic.to_string()?;
            let headers = options::headers(ruby, headers)?;
            let partition = match (partition, partition_key) {
                (None, Some(key)) => Some(this.partition_for(ruby, &name, key)?),
                (partition, _) => partition,
            };
            let delivery = with_handle.then(|| this.0.delivery());
            let mut deadline = None;
            loop {
                let enqueued = raw::with_strings([payload, key], |[payload, key]| {
                    let record = Outgoing { topic: &name, payload, key, partition, timestamp, headers: &headers };
                    this.0.enqueue(&record, delivery.clone())
                });
                match lift(ruby, enqueued)? {
                    Enqueued::Yes => return Ok(handle(ruby, delivery)),
                    Enqueued::Full => this.wait_room_of(ruby, topic.as_value(), &mut deadline)?,
                }
            }
        })
    }

    pub(crate) fn wait_room_of(&self, ruby: &Ruby, topic: Value, deadline: &mut Option<Instant>) -> Result<(), Error> {
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + WAIT_FOR_ROOM);
        let topic = RString::try_convert(topic)?.to_string()?;
        self.wait_room(ruby, &topic, deadline)
    }

    fn partition_for(&self, ruby: &Ruby, topic: &str, key: RString) -> Result<i32, Error> {
        let key = raw::with_bytes(Some(key), |key| key.unwrap_or_default().to_vec());
        let answer = lift(ruby, self.0.partition_for(topic, &key))?;
        let wait = |left, cancel: &Cancel| answer.wait(left, cancel, |answer| answer.clone());
        // Without a timeout of ours: the look-up has one and always answers.
        match gvl::wait(ruby, None, wait, || answer.wake())? {
            Some(partition) => lift(ruby, partition),
            None => lift(ruby, Err(karafka_rs::Error::closed("producer"))),
        }
    }

    pub(crate) fn wait_room(&self, ruby: &Ruby, topic: &str, deadline: Instant) -> Result<(), Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ruby_error(ruby, &lift(ruby, self.0.queue_full(topic, WAIT_FOR_ROOM, 1))?));
        }
        let wait = |left: Option<Duration>, cancel: &Cancel| {
            // Room may have come before the wait began: look again soon whatever happens.
            let slice = left.unwrap_or(WAIT_FOR_ROOM).min(Duration::from_millis(20));
            match self.0.wait_room(slice, cancel) {
                Ok(Waited::Cancelled) => Waited::Cancelled,
                Ok(_) => Waited::Ready(Ok(())),
                Err(error) => Waited::Ready(Err(error)),
            }
        };
        match gvl::wait(ruby, Some(left), wait, || self.0.wake())? {
            Some(result) => lift(ruby, result),
            None => Ok(()),
        }
    }

    fn next_notice(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<Option<Value>, Error> {
        guard(ruby, || {
            let wait = |left, cancel: &Cancel| match this.0.next_notice(left, cancel) {
                Ok(popped) => match waited(popped, identity) {
                    Waited::Ready(notice) => Waited::Ready(Ok(notice)),
                    Waited::TimedOut => Waited::TimedOut,
                    Waited::Cancelled => Waited::Cancelled,
                },
                Err(error) => Waited::Ready(Err(error)),
            };
            // What is there is taken without giving the GVL away.
            let found = match wait(Some(Duration::ZERO), &Cancel::new()) {
                Waited::Ready(found) => Some(found),
                Waited::TimedOut | Waited::Cancelled => {
                    gvl::wait(ruby, options::seconds(seconds), wait, || this.0.wake())?
                }
            };
            let Some(notice) = found.map(|found| lift(ruby, found)).transpose()?.flatten() else {
                return Ok(None);
            };
            let hash: RHash = serde_magnus::serialize(ruby, &notice)?;
            let Notice::Failed(failure) = notice else { return Ok(Some(hash.as_value())) };
            let string = |bytes: Option<&Vec<u8>>| bytes.map(|bytes| ruby.enc_str_new(bytes, ruby.utf8_encoding()));
            hash.aset(ruby.to_symbol("key"), string(failure.key.as_ref()))?;
            hash.aset(ruby.to_symbol("payload"), string(failure.payload.as_ref()))?;
            let headers = ruby.hash_new();
            for (name, value) in &failure.headers {
                headers.aset(ruby.str_new(name), string(value.as_ref()))?;
            }
            hash.aset(ruby.to_symbol("headers"), headers)?;
            Ok(Some(hash.as_value()))
        })
    }

    fn tell_deliveries(&self, wanted: bool) {
        self.0.tell_deliveries(wanted);
    }

    fn queue_size(ruby: &Ruby, this: &Self) -> Result<usize, Error> {
        guard(ruby, || lift(ruby, this.0.queue_size()))
    }

    fn flush(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<usize, Error> {
        this.drain(ruby, seconds, |left, cancel| this.0.flush(left, cancel))
    }

    fn close(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<usize, Error> {
        if Self::is_closed(ruby, this)? {
            return Ok(0);
        }
        // What is raised while waiting leaves the producer open: nothing is given up for it.
        Self::flush(ruby, this, seconds)?;
        guard(ruby, || lift(ruby, this.0.close(Some(Duration::ZERO), &Cancel::new())))
    }

    fn is_closed(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        guard(ruby, || match this.0.queue_size() {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == karafka_rs::ErrorKind::Closed => Ok(true),
            Err(error) => Err(ruby_error(ruby, &error)),
        })
    }

    fn fatal(ruby: &Ruby, this: &Self) -> Result<Option<String>, Error> {
        guard(ruby, || lift(ruby, this.0.fatal()))
    }

    fn drain(
        &self,
        ruby: &Ruby,
        seconds: Option<f64>,
        drain: impl Fn(Option<Duration>, &Cancel) -> karafka_rs::Result<usize> + Sync,
    ) -> Result<usize, Error> {
        guard(ruby, || {
            let wait = |left: Option<Duration>, cancel: &Cancel| match drain(left, cancel) {
                Ok(0) => Waited::Ready(Ok(0)),
                Ok(_) if cancel.is_set() => Waited::Cancelled,
                Ok(_) => Waited::TimedOut,
                Err(error) => Waited::Ready(Err(error)),
            };
            match gvl::wait(ruby, options::seconds(seconds), wait, || self.0.wake())? {
                Some(left) => lift(ruby, left),
                None => lift(ruby, self.0.queue_size()),
            }
        })
    }
}

pub(crate) fn handle(ruby: &Ruby, delivery: Option<Arc<karafka_rs::Delivery>>) -> Value {
    match delivery {
        Some(delivery) => ruby.obj_wrap(Delivery(delivery)).as_value(),
        None => ruby.qnil().as_value(),
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Producer", ruby.class_object())?;
    class.define_singleton_method("new", function!(Producer::new, 1))?;
    class.define_singleton_method("named", function!(Producer::named, 3))?;
    class.define_method("produce", method!(Producer::produce, 8))?;
    class.define_method("produce_plain", method!(produce_one::produce_async, 8))?;
    class.define_method("produce_plain_sync", method!(produce_one::produce_sync, 8))?;
    class.define_method("produce_many_plain", method!(produce_many::produce_many, 2))?;
    class.define_method("next_notice", method!(Producer::next_notice, 1))?;
    class.define_method("tell_deliveries", method!(Producer::tell_deliveries, 1))?;
    class.define_method("queue_size", method!(Producer::queue_size, 0))?;
    class.define_method("flush", method!(Producer::flush, 1))?;
    class.define_method("close", method!(Producer::close, 1))?;
    class.define_method("fatal", method!(Producer::fatal, 0))?;
    class.define_method("closed?", method!(Producer::is_closed, 0))
}
