//! Records of one partition, left where librdkafka put them.
//!
//! Owns the native messages and gives slices into them. Readable from any thread, freed where the
//! last owner drops it (the fetcher, as a rule). Must not be freed in a forked child.
#![expect(unsafe_code, reason = "native messages are read through pointers and freed by hand")]

use super::ForkStamp;
use super::headers::{bytes, each_header};
use rdkafka::bindings as rd;
use rdkafka::error::RDKafkaErrorCode;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

type Message = *mut rd::rd_kafka_message_t;

/// A run of records of one partition, in offset order.
pub struct Records {
    messages: Vec<Message>,
    bytes: usize,
    stamp: ForkStamp,
    // Messages point into their client: it must outlive them.
    owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: the messages are ours alone and nothing writes to them after `drain`; librdkafka allows
// reading and destroying them on any thread. (Headers are parsed on first read by librdkafka: see
// `each_header`.)
unsafe impl Send for Records {}
// SAFETY: as above; `each_header` is the one reader that writes, and it locks.
unsafe impl Sync for Records {}

/// What a drain of a partition queue gave.
pub(crate) struct Drained {
    pub(crate) records: Records,
    /// Codes and texts of errors that stood between the records.
    pub(crate) errors: Vec<(RDKafkaErrorCode, String)>,
    /// Offset of a batch of records whose checksum is wrong. What came behind it is not here:
    /// librdkafka loses its place in the answer then, and goes on anywhere.
    pub(crate) damaged: Option<i64>,
    /// Offset of an error that came last. librdkafka counts it as the record of that offset, which it
    /// then skips when it next pauses the partition, for a rebalance for example: seek it.
    pub(crate) miscounted: Option<i64>,
    sorted: usize,
}

impl Drained {
    /// Starts with `records`, which hold no errors.
    pub(super) fn new(records: Records) -> Self {
        Self { errors: Vec::new(), damaged: None, miscounted: None, sorted: records.len(), records }
    }

    /// Moves error messages among those taken since the last call out of the records.
    pub(super) fn sort_out_errors(&mut self) {
        let fresh = self.records.messages.split_off(self.sorted);
        for message in fresh {
            // SAFETY: a live message of ours, that nobody writes to.
            let content = unsafe { &*message };
            if self.damaged.is_some() {
                // SAFETY: ours, in no list any more, and not looked at again.
                unsafe { rd::rd_kafka_message_destroy(message) };
                continue;
            }
            if content.err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                self.records.bytes += content.len + content.key_len;
                self.records.messages.push(message);
                self.miscounted = None;
                continue;
            }
            // SAFETY: error messages carry their text in the payload, which lives as long as they do.
            let text = unsafe { bytes(content.payload, content.len) };
            self.damaged =
                (content.err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__BAD_MSG).then_some(content.offset);
            self.miscounted = Some(content.offset).filter(|offset| *offset >= 0 && self.damaged.is_none());
            self.errors.push((content.err.into(), String::from_utf8_lossy(text.unwrap_or_default()).into_owned()));
            // SAFETY: ours, in no list any more, and not looked at again.
            unsafe { rd::rd_kafka_message_destroy(message) };
        }
        self.sorted = self.records.messages.len();
    }
}

impl Records {
    /// No records at all.
    #[must_use]
    pub fn none() -> Self {
        Self::of(Arc::new(()))
    }

    /// No records yet; those to come point into what `owner` keeps alive.
    pub(super) fn of(owner: Arc<dyn Any + Send + Sync>) -> Self {
        Self { messages: Vec::new(), bytes: 0, stamp: ForkStamp::now(), owner }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Bytes of all payloads and keys.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The record's offset. Panics beyond the end, as indexing does; so do the readers below.
    #[must_use]
    pub fn offset(&self, index: usize) -> i64 {
        self.message(index).offset
    }

    /// The record's payload; `None` for a tombstone.
    #[must_use]
    pub fn payload(&self, index: usize) -> Option<&[u8]> {
        let message = self.message(index);
        // SAFETY: pointer and length belong to a live message and stay with it.
        unsafe { bytes(message.payload, message.len) }
    }

    /// The record's key, if it has one.
    #[must_use]
    pub fn key(&self, index: usize) -> Option<&[u8]> {
        let message = self.message(index);
        // SAFETY: as for the payload.
        unsafe { bytes(message.key, message.key_len) }
    }

    /// Milliseconds since the epoch, if the record carries a time.
    #[must_use]
    pub fn timestamp(&self, index: usize) -> Option<i64> {
        let mut kind = rd::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: a live message of ours and a place for the type.
        let millis = unsafe { rd::rd_kafka_message_timestamp(self.messages[index], &raw mut kind) };
        (kind != rd::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0).then_some(millis)
    }

    /// Calls `each` with the name and value of every header, in order; a null value is `None`.
    pub fn headers(&self, index: usize, each: impl FnMut(&[u8], Option<&[u8]>)) {
        each_header(self.message(index), each);
    }

    /// Room for `more` further messages at the end; filled by a raw call, counted by `grow`.
    pub(super) fn reserve(&mut self, more: usize) -> *mut Message {
        self.messages.reserve(more);
        self.messages.spare_capacity_mut().as_mut_ptr().cast()
    }

    /// Takes over `filled` messages written to the room that `reserve` gave.
    ///
    /// # Safety
    /// The first `filled` slots of that room must hold messages that are ours.
    pub(super) unsafe fn grow(&mut self, filled: usize) {
        // SAFETY: `reserve` made the room, the caller vouches for the contents.
        unsafe { self.messages.set_len(self.messages.len() + filled) };
    }

    /// Keeps records until they hold `max_bytes` or more, and gives those behind.
    pub(super) fn split_behind(&mut self, max_bytes: usize) -> Self {
        let mut behind = Self::of(Arc::clone(&self.owner));
        if self.bytes <= max_bytes {
            return behind;
        }
        let size = |message: &rd::rd_kafka_message_t| message.len + message.key_len;
        let (mut kept, mut bytes) = (0, 0);
        while bytes < max_bytes {
            bytes += size(self.message(kept));
            kept += 1;
        }
        behind.messages = self.messages.split_off(kept);
        behind.bytes = self.bytes - bytes;
        self.bytes = bytes;
        behind
    }

    fn message(&self, index: usize) -> &rd::rd_kafka_message_t {
        // SAFETY: every pointer in the list is a live message until `drop`.
        unsafe { &*self.messages[index] }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        if self.stamp.is_foreign() && !self.messages.is_empty() {
            // librdkafka's locks may be held by threads that this child does not have: leak, and
            // keep the client from being freed after us.
            std::mem::forget(Arc::clone(&self.owner));
            return;
        }
        for &message in &self.messages {
            // SAFETY: ours, live, and in no other list.
            unsafe { rd::rd_kafka_message_destroy(message) };
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("len", &self.len()).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
