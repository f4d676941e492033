//! Which broker creates and deletes topics.
//!
//! Any thread; blocks it. Must be given a client that has reached a broker.
#![expect(unsafe_code, reason = "the rdkafka crate does not give the controller")]

use rdkafka::ClientContext;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use std::time::Duration;

/// The number of the controller, when a broker has named one within `timeout`. It need not be there.
pub(crate) fn controller<C: ClientContext>(client: &Client<C>, timeout: Duration) -> Option<i32> {
    let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client is borrowed, so it lives for the call, which takes its own locks.
    let id = unsafe { rd::rd_kafka_controllerid(client.native_ptr(), millis) };
    (id >= 0).then_some(id)
}
