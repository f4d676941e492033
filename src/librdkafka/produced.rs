//! A record whose delivery report has come.
//!
//! Owns reading it while librdkafka lends it. Runs where reports are taken. Must not outlive the
//! event it came in.
#![expect(unsafe_code, reason = "native messages are read through pointers")]

use super::headers::{bytes, each_header};
use rdkafka::bindings as rd;
use rdkafka::error::RDKafkaErrorCode;
use std::ffi::CStr;
use std::time::Duration;

/// A produced record as librdkafka reports it.
#[derive(Clone, Copy)]
pub(crate) struct Produced<'a>(&'a rd::rd_kafka_message_t);

impl<'a> Produced<'a> {
    pub(super) fn new(message: &'a rd::rd_kafka_message_t) -> Self {
        Self(message)
    }

    /// Why it was not delivered.
    pub(crate) fn error(self) -> Option<RDKafkaErrorCode> {
        let code = self.0.err;
        (code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| code.into())
    }

    /// Its partition; negative when none was chosen.
    pub(crate) fn partition(self) -> i32 {
        self.0.partition
    }

    /// Its offset; negative when it is not known.
    pub(crate) fn offset(self) -> i64 {
        self.0.offset
    }

    /// Since it was given to librdkafka.
    pub(crate) fn age(self) -> Option<Duration> {
        // SAFETY: the message is alive, and one that was produced.
        let micros = unsafe { rd::rd_kafka_message_latency(self.0) };
        u64::try_from(micros).ok().map(Duration::from_micros)
    }

    pub(crate) fn topic(self) -> String {
        // SAFETY: the message is alive and holds a reference to its topic.
        let name = unsafe { rd::rd_kafka_topic_name(self.0.rkt) };
        // SAFETY: a terminated name that lives as long as the topic.
        unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
    }

    pub(crate) fn payload(self) -> Option<&'a [u8]> {
        // SAFETY: pointer and length belong to the live message and stay with it.
        unsafe { bytes(self.0.payload, self.0.len) }
    }

    pub(crate) fn key(self) -> Option<&'a [u8]> {
        // SAFETY: as for the payload.
        unsafe { bytes(self.0.key, self.0.key_len) }
    }

    /// Names and values of its headers, in order.
    pub(crate) fn headers(self) -> Vec<(String, Option<Vec<u8>>)> {
        let mut headers = Vec::new();
        each_header(self.0, |name, value| {
            headers.push((String::from_utf8_lossy(name).into_owned(), value.map(<[u8]>::to_vec)));
        });
        headers
    }
}
