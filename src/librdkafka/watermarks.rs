//! Where a partition ends, and how far it was read, as far as is known.
//!
//! Any thread; waits for nothing: the answer is the one of the last fetch.
#![expect(unsafe_code, reason = "the rdkafka crate only asks the cluster")]

use rdkafka::bindings as rd;
use rdkafka::client::Client;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::ffi::CString;

/// The offset of the first record there is, and the one behind the last; `None` before the first answer.
pub(crate) fn watermarks<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
) -> (Option<i64>, Option<i64>) {
    let Ok(topic) = CString::new(topic) else { return (None, None) };
    let (mut low, mut high) = (-1, -1);
    let handle = client.native_ptr();
    // SAFETY: the client is borrowed, so it lives for the call; the name and both numbers outlive it.
    let code =
        unsafe { rd::rd_kafka_get_watermark_offsets(handle, topic.as_ptr(), partition, &raw mut low, &raw mut high) };
    let known =
        |offset: i64| (code == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && offset >= 0).then_some(offset);
    (known(low), known(high))
}

/// The offset behind the last record there is.
pub(crate) fn end_offset<C: ClientContext>(client: &Client<C>, topic: &str, partition: i32) -> Option<i64> {
    watermarks(client, topic, partition).1
}

/// The offset behind the last record that was taken from librdkafka, or that it kept to itself; `None` while it knows no
/// such, as after a seek.
pub(crate) fn taken_up_to<C: ClientContext>(client: &Client<C>, topic: &str, partition: i32) -> Option<i64> {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, partition);
    // SAFETY: client and list live for the call, which fills in the list's offset.
    unsafe { rd::rd_kafka_position(client.native_ptr(), list.ptr()) };
    match list.find_partition(topic, partition)?.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }
}
