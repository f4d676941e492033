//! Two knobs of librdkafka's mock cluster that the `rdkafka` crate does not reach.
//!
//! Any thread. Must only be given clients that were made with `test.mock.num.brokers`.
#![expect(unsafe_code, reason = "the rdkafka crate keeps the mock cluster's pointer private")]

use crate::error::{Error, Result};
use rdkafka::ClientContext;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use std::ffi::CString;
use std::time::Duration;

/// Sets how long a new group waits for further members before its first assignment.
pub(crate) fn set_initial_rebalance_delay<C: ClientContext>(client: &Client<C>, delay: Duration) {
    let millis = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `client` is alive for the call and so is the cluster that lives inside it; a client
    // without one gives null, which is checked. The setter takes the cluster's own lock.
    unsafe {
        let cluster = rd::rd_kafka_handle_mock_cluster(client.native_ptr());
        if !cluster.is_null() {
            rd::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, millis);
        }
    }
}

/// Creates `topic` with `partitions` partitions.
pub(crate) fn create_topic<C: ClientContext>(client: &Client<C>, topic: &str, partitions: i32) -> Result<()> {
    let name = CString::new(topic).map_err(|_| {
        Error::new(crate::ErrorKind::Config, format!("topic name {topic:?} holds a NUL byte: remove it"))
    })?;
    // SAFETY: as above; `name` outlives the call, and the call copies it.
    let code = unsafe {
        let cluster = rd::rd_kafka_handle_mock_cluster(client.native_ptr());
        if cluster.is_null() {
            return Err(Error::new(crate::ErrorKind::Internal, "this client has no mock cluster"));
        }
        rd::rd_kafka_mock_topic_create(cluster, name.as_ptr(), partitions, 1)
    };
    match code {
        rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(Error::from_code(code.into(), format!("creating topic {topic:?} with {partitions} partitions"))),
    }
}
