//! Where a partition ends, as far as is known.
//!
//! Any thread; waits for nothing: the answer is the one of the last fetch.
#![expect(unsafe_code, reason = "the rdkafka crate only asks the cluster")]

use rdkafka::ClientContext;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use std::ffi::CString;

/// The offset behind the last record there is; `None` before the first answer.
pub(crate) fn end_offset<C: ClientContext>(client: &Client<C>, topic: &str, partition: i32) -> Option<i64> {
    let topic = CString::new(topic).ok()?;
    let (mut low, mut high) = (-1, -1);
    let handle = client.native_ptr();
    // SAFETY: the client is borrowed, so it lives for the call; the name and both numbers outlive it.
    let code =
        unsafe { rd::rd_kafka_get_watermark_offsets(handle, topic.as_ptr(), partition, &raw mut low, &raw mut high) };
    (code == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some(high)
}
