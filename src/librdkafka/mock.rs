//! What librdkafka's mock cluster needs and the `rdkafka` crate does not give.
//!
//! Any thread. Must only be given clients that were made with `test.mock.num.brokers`.
#![expect(unsafe_code, reason = "the rdkafka crate keeps the mock cluster's pointer private")]

use crate::error::{Error, Result};
use rdkafka::ClientContext;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::time::Duration;

/// Does `make` with every signal blocked for this thread, and so for the threads it starts.
///
/// librdkafka blocks signals for all its threads but the mock cluster's, and one signal there ends the cluster without a
/// word: its `poll` gives up when it is interrupted.
pub(crate) fn without_signals<T>(make: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: writes to the place it is given, which it initialises.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: `all` was initialised above; success initialises `before`. Only the calling thread's mask changes.
    let blocked = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) } == 0;
    let made = make();
    if blocked {
        // SAFETY: `before` was initialised above, as the call succeeded.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    }
    made
}

/// Sets how long a new group waits for further members before its first assignment.
pub(crate) fn set_initial_rebalance_delay<C: ClientContext>(client: &Client<C>, delay: Duration) {
    let millis = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
    if let Some(cluster) = cluster(client) {
        // SAFETY: the cluster lives inside `client`, which is borrowed; the setter takes its lock.
        unsafe { rd::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster.as_ptr(), millis) };
    }
}

/// Sets when a member of a group with the new protocol (KIP-848) is taken for dead, and how often members are told to
/// ask: the broker decides both there, not the client.
pub(crate) fn set_new_protocol_times<C: ClientContext>(client: &Client<C>, session: Duration, heartbeat: Duration) {
    let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    if let Some(cluster) = cluster(client) {
        // SAFETY: as above, for both setters.
        unsafe { rd::rd_kafka_mock_set_group_consumer_session_timeout_ms(cluster.as_ptr(), millis(session)) };
        // SAFETY: as above.
        unsafe { rd::rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(cluster.as_ptr(), millis(heartbeat)) };
    }
}

/// Creates `topic` with `partitions` partitions.
pub(crate) fn create_topic<C: ClientContext>(client: &Client<C>, topic: &str, partitions: i32) -> Result<()> {
    let name = CString::new(topic).map_err(|_| {
        Error::new(crate::ErrorKind::Config, format!("topic name {topic:?} holds a NUL byte: remove it"))
    })?;
    let Some(cluster) = cluster(client) else {
        return Err(Error::new(crate::ErrorKind::Internal, "this client has no mock cluster"));
    };
    // SAFETY: as above; `name` outlives the call, and the call copies it.
    let code = unsafe { rd::rd_kafka_mock_topic_create(cluster.as_ptr(), name.as_ptr(), partitions, 1) };
    match code {
        rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(Error::from_code(code.into(), format!("creating topic {topic:?} with {partitions} partitions"))),
    }
}

fn cluster<C: ClientContext>(client: &Client<C>) -> Option<NonNull<rd::rd_kafka_mock_cluster_t>> {
    // SAFETY: the client is alive for the call, which only reads; without a cluster it gives null.
    NonNull::new(unsafe { rd::rd_kafka_handle_mock_cluster(client.native_ptr()) })
}
