//! librdkafka's producer, as its C interface gives it.
//!
//! Owns the client, the ways to produce with it, its reports, counted, and how far the topic has grown. Records are put
//! on their way by one thread; reports are taken by that one, or by another.

use crate::Failure;
use rdkafka::bindings as rd;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Code = rd::rd_kafka_resp_err_t;

/// Records of one batch call.
const BATCH: usize = 1_000;
/// Records of one call that waits for them: several batches.
const CALL: usize = 10_000;
/// librdkafka chooses.
const ANY_PARTITION: i32 = -1;
/// The cluster may take so long for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) static DELIVERED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// A producer of librdkafka's and its topic.
pub(crate) struct Client {
    client: *mut rd::rd_kafka_t,
    topic: *mut rd::rd_kafka_topic_t,
    name: CString,
}

// SAFETY: librdkafka's handles may be used from any thread.
unsafe impl Sync for Client {}

unsafe extern "C" fn delivered(
    _client: *mut rd::rd_kafka_t,
    message: *const rd::rd_kafka_message_t,
    _opaque: *mut c_void,
) {
    // SAFETY: librdkafka lends a live message for the call.
    if unsafe { (*message).err } != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
        REFUSED.fetch_add(1, Ordering::AcqRel);
    }
    DELIVERED.fetch_add(1, Ordering::AcqRel);
}

impl Client {
    pub(crate) fn new(topic: &str, properties: &[String]) -> Result<Self, Failure> {
        let mut text = [0 as c_char; 512];
        // SAFETY: a new configuration, given names and values that live for the calls; the client takes it over.
        let client = unsafe {
            let config = rd::rd_kafka_conf_new();
            for pair in properties {
                let (property, value) = pair.split_once('=').ok_or("a property is PROPERTY=VALUE")?;
                let (property, value) = (CString::new(property)?, CString::new(value)?);
                rd::rd_kafka_conf_set(config, property.as_ptr(), value.as_ptr(), text.as_mut_ptr(), text.len());
            }
            rd::rd_kafka_conf_set_dr_msg_cb(config, Some(delivered));
            rd::rd_kafka_new(rd::rd_kafka_type_t::RD_KAFKA_PRODUCER, config, text.as_mut_ptr(), text.len())
        };
        if client.is_null() {
            // SAFETY: librdkafka has written a terminated text.
            return Err(unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into());
        }
        let name = CString::new(topic)?;
        // SAFETY: the client and the name are alive.
        let topic = unsafe { rd::rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()) };
        Ok(Self { client, topic, name })
    }

    pub(crate) fn batch(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        for part in payloads.chunks(BATCH) {
            // SAFETY: plain data, for which zero is "nothing".
            let blank = || unsafe { std::mem::zeroed::<rd::rd_kafka_message_t>() };
            let message = |payload: &Vec<u8>| rd::rd_kafka_message_t {
                payload: payload.as_ptr().cast_mut().cast(),
                len: payload.len(),
                ..blank()
            };
            let mut messages: Vec<_> = part.iter().map(message).collect();
            let flags = rd::RD_KAFKA_MSG_F_COPY | rd::RD_KAFKA_MSG_F_BLOCK;
            // SAFETY: the topic is alive; librdkafka copies what the messages point at.
            let taken = unsafe {
                rd::rd_kafka_produce_batch(
                    self.topic,
                    ANY_PARTITION,
                    flags,
                    messages.as_mut_ptr(),
                    i32::try_from(messages.len())?,
                )
            };
            if usize::try_from(taken)? != part.len() {
                return Err(format!("only {taken} of {} records were taken", part.len()).into());
            }
        }
        Ok(())
    }

    /// As many as a caller gives at once, then a wait for them.
    pub(crate) fn together(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        for call in payloads.chunks(CALL) {
            let seen = DELIVERED.load(Ordering::Acquire);
            self.batch(call)?;
            self.wait_for(seen + call.len(), false)?;
        }
        Ok(())
    }

    pub(crate) fn single(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        payloads.iter().try_for_each(|payload| self.produce(payload, rd::RD_KAFKA_MSG_F_BLOCK))
    }

    pub(crate) fn sync(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        for payload in payloads {
            let seen = DELIVERED.load(Ordering::Acquire);
            self.produce(payload, 0)?;
            self.wait_for(seen + 1, false)?;
        }
        Ok(())
    }

    fn produce(&self, payload: &[u8], flags: i32) -> Result<(), Failure> {
        // SAFETY: the client, the name and the payload live for the call, which copies them; the list is terminated.
        let code = unsafe {
            rd::rd_kafka_producev(
                self.client,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_RKT,
                self.topic,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_MSGFLAGS,
                rd::RD_KAFKA_MSG_F_COPY | flags,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_VALUE,
                payload.as_ptr(),
                payload.len(),
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_END,
            )
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(format!("refused: {code:?}").into()) }
    }

    pub(crate) fn poll(&self, wait_ms: i32) {
        // SAFETY: the client is alive.
        unsafe { rd::rd_kafka_poll(self.client, wait_ms) };
    }

    /// Until so many records are delivered since the start.
    pub(crate) fn wait_for(&self, count: usize, polled: bool) -> Result<(), Failure> {
        let began = Instant::now();
        while DELIVERED.load(Ordering::Acquire) < count {
            if began.elapsed() > PATIENCE {
                return Err("not every record was confirmed in time".into());
            }
            if polled {
                // SAFETY: the client is alive. Records that linger are not sent before their time otherwise.
                unsafe { rd::rd_kafka_flush(self.client, 1) };
            } else {
                self.poll(1_000);
            }
        }
        match REFUSED.load(Ordering::Acquire) {
            0 => Ok(()),
            refused => Err(format!("{refused} records were not delivered").into()),
        }
    }

    /// The end offsets of all partitions, added up.
    pub(crate) fn end(&self) -> Result<i64, Failure> {
        let wait = i32::try_from(PATIENCE.as_millis())?;
        let mut metadata = ptr::null();
        // SAFETY: handles and out-pointers are alive; what comes back is read before it is given back.
        let partitions = unsafe {
            let code = rd::rd_kafka_metadata(self.client, 0, self.topic, &raw mut metadata, wait);
            if code != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(format!("no metadata: {code:?}").into());
            }
            let partitions = (*(*metadata).topics).partition_cnt;
            rd::rd_kafka_metadata_destroy(metadata);
            partitions
        };
        (0..partitions).try_fold(0, |sum, partition| {
            let (mut low, mut high) = (0, 0);
            let (name, end, low) = (self.name.as_ptr(), &raw mut high, &raw mut low);
            // SAFETY: as above.
            let code = unsafe { rd::rd_kafka_query_watermark_offsets(self.client, name, partition, low, end, wait) };
            if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(sum + high) } else { Err(format!("{code:?}").into()) }
        })
    }
}
