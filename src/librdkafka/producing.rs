//! A client that produces.
//!
//! Owns the calls that put records on their way, one or many at once: the `rdkafka` crate looks the
//! topic up for each record. Any thread. Must decide nothing.
#![expect(unsafe_code, reason = "calls for many records exist only in librdkafka's C interface")]

mod reporting;

pub(crate) use reporting::Reporting;

use super::topics::Topics;
use super::{Alive, Tag};
use crate::observe::Tally;
use crate::producer::Outgoing;
use rdkafka::ClientConfig;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaType;
use std::ptr::{self, NonNull};
use std::time::Duration;

/// librdkafka chooses.
const ANY_PARTITION: i32 = -1;

/// A producing client of librdkafka.
pub(crate) struct Producing<C: Reporting> {
    // Dropped in this order by `drop`: topics and queue before the client.
    topics: Topics,
    queue: NonNull<rd::rd_kafka_queue_t>,
    client: Alive<Client<C>>,
}

// SAFETY: librdkafka's queues are locked inside and may be used from any thread; so may the client.
unsafe impl<C: Reporting> Send for Producing<C> {}
// SAFETY: as above.
unsafe impl<C: Reporting> Sync for Producing<C> {}

impl<C: Reporting> Producing<C> {
    /// Makes the client. Returns before a broker has answered.
    pub(crate) fn new(config: &ClientConfig, context: C) -> KafkaResult<Self> {
        let native = config.create_native_config()?;
        // Others go through callbacks, which nobody has set: they are dropped.
        let events = rd::RD_KAFKA_EVENT_DR | rd::RD_KAFKA_EVENT_ERROR | rd::RD_KAFKA_EVENT_STATS;
        // SAFETY: the configuration is ours until the client takes it over.
        unsafe { rd::rd_kafka_conf_set_events(native.ptr(), events) };
        let client = Alive::new(Client::new(config, native, RDKafkaType::RD_KAFKA_PRODUCER, context)?);
        // SAFETY: the client is alive; the reference it gives is ours until `drop`.
        let queue = unsafe { rd::rd_kafka_queue_get_main(client.native_ptr()) };
        let queue = NonNull::new(queue).ok_or_else(|| KafkaError::ClientCreation("it has no queue".into()))?;
        Ok(Self { topics: Topics::default(), queue, client })
    }

    pub(crate) fn client(&self) -> &Client<C> {
        &self.client
    }

    /// Puts a record on its way; its bytes are copied. The tag comes back in a report, unless there is an error.
    pub(crate) fn produce(&self, record: &Outgoing<'_>, tag: Tag) -> Result<(), RDKafkaErrorCode> {
        let (payload, len) = raw_bytes(record.payload);
        let (key, key_len) = raw_bytes(record.key);
        let headers = record.owned_headers();
        let native_headers = headers.as_ref().map_or(ptr::null(), |headers| ptr::from_ref(headers.as_borrowed()));
        let opaque = tag.into_ptr();
        let client = self.client.native_ptr();
        let plain = headers.is_none() && record.timestamp.is_none();
        let send = |topic: *mut rd::rd_kafka_topic_t, counted: &Tally| {
            let partition = record.partition.unwrap_or(ANY_PARTITION);
            let (flags, bytes, name) = (rd::RD_KAFKA_MSG_F_COPY, payload.cast_mut().cast(), key.cast());
            // Half the work. It does not always say why it refused: the other call is asked then.
            // SAFETY: the topic is alive; payload and key live for the call, which copies them.
            if plain && unsafe { rd::rd_kafka_produce(topic, partition, flags, bytes, len, name, key_len, opaque) } == 0
            {
                counted.add(1, record.size());
                return rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
            }
            // SAFETY: client and topic are alive; all pointers live for the call, which copies what they point at
            // but the headers, which it takes over when it takes the record; the list is terminated.
            let code = unsafe {
                rd::rd_kafka_producev(
                    client,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_RKT,
                    topic,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_PARTITION,
                    partition,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_MSGFLAGS,
                    flags,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_VALUE,
                    payload,
                    len,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_KEY,
                    key,
                    key_len,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_OPAQUE,
                    opaque,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_TIMESTAMP,
                    record.timestamp.unwrap_or(0),
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_HEADERS,
                    native_headers,
                    rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_END,
                )
            };
            if code == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                counted.add(1, record.size());
            }
            code
        };
        let result = match self.topics.with(&self.client, record.topic, send) {
            Ok(rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR) => {
                // librdkafka's now.
                std::mem::forget(headers);
                return Ok(());
            }
            Ok(code) => Err(code.into()),
            Err(code) => Err(code),
        };
        // SAFETY: made above and refused: no report brings it back.
        drop(unsafe { Tag::from_ptr(opaque) });
        result
    }

    /// Puts records of one topic, that have neither headers nor a time, on their way, and says which
    /// were refused, and why. After the first that found no room none is taken.
    pub(crate) fn produce_many<'a>(
        &self,
        topic: &str,
        records: impl Iterator<Item = (Outgoing<'a>, Tag)>,
    ) -> Vec<(usize, RDKafkaErrorCode)> {
        let message = |(record, tag): (Outgoing<'a>, Tag)| {
            let (payload, len) = raw_bytes(record.payload);
            let (key, key_len) = raw_bytes(record.key);
            rd::rd_kafka_message_t {
                err: rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
                rkt: ptr::null_mut(),
                partition: record.partition.unwrap_or(ANY_PARTITION),
                payload: payload.cast_mut().cast(),
                len,
                key: key.cast_mut().cast(),
                key_len,
                offset: 0,
                _private: tag.into_ptr(),
            }
        };
        let mut messages: Vec<_> = records.map(message).collect();
        let count = i32::try_from(messages.len()).unwrap_or(i32::MAX);
        let flags = rd::RD_KAFKA_MSG_F_COPY | rd::RD_KAFKA_MSG_F_PARTITION;
        let list = messages.as_mut_ptr();
        // SAFETY: the topic is alive; what the messages point at lives for the call, which copies it.
        let send = |topic| unsafe { rd::rd_kafka_produce_batch(topic, ANY_PARTITION, flags, list, count) };
        let taken =
            |message: &&rd::rd_kafka_message_t| message.err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
        let send_and_count = |topic, counted: &Tally| {
            send(topic);
            let sizes = messages.iter().filter(taken).map(|message| message.len + message.key_len);
            counted.add(sizes.clone().count(), sizes.sum());
        };
        let unknown = self.topics.with(&self.client, topic, send_and_count).err();
        let mut refused = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let code = unknown
                .or((message.err != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| message.err.into()));
            if let Some(code) = code {
                // SAFETY: made above and refused: no report brings it back.
                drop(unsafe { Tag::from_ptr(message._private) });
                refused.push((index, code));
            }
        }
        refused
    }

    /// Makes a `poll` that waits, or the next one, return.
    pub(crate) fn interrupt(&self) {
        // SAFETY: the queue's reference is ours.
        unsafe { rd::rd_kafka_queue_yield(self.queue.as_ptr()) };
    }

    /// Has what lingers sent now, as far as it is in the queue.
    pub(crate) fn hurry(&self) {
        // SAFETY: the client is alive. It does not wait: that it cannot have ended is expected.
        let _ = unsafe { rd::rd_kafka_flush(self.client.native_ptr(), 0) };
    }

    /// Gives up everything that is not delivered: each record is reported.
    pub(crate) fn purge(&self) {
        let flags = rd::RD_KAFKA_PURGE_F_QUEUE | rd::RD_KAFKA_PURGE_F_INFLIGHT;
        // SAFETY: the client is alive; with these flags a producer never refuses.
        let _ = unsafe { rd::rd_kafka_purge(self.client.native_ptr(), flags) };
    }
}

impl<C: Reporting> Drop for Producing<C> {
    fn drop(&mut self) {
        // Reports that are still there would have their tags leak with the client.
        self.purge();
        while self.poll(Duration::ZERO) {}
        self.topics = Topics::default();
        // SAFETY: the reference is ours since `new`, given back once; the client goes after it.
        unsafe { rd::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

fn raw_bytes(bytes: Option<&[u8]>) -> (*const u8, usize) {
    bytes.map_or((ptr::null(), 0), |bytes| (bytes.as_ptr(), bytes.len()))
}
