//! Commits whose answer comes back.
//!
//! Owns the one call for it: the `rdkafka` crate's asynchronous commit gives no answer, and its
//! synchronous one cannot be bounded in time. Any thread. Must not decide what is committed.
#![expect(unsafe_code, reason = "rd_kafka_commit_queue is not wrapped by the rdkafka crate")]

use rdkafka::TopicPartitionList;
use rdkafka::bindings as rd;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use std::ptr;

/// Sends a commit of `offsets`; the answer reaches the context's `commit_callback` in a later poll.
pub(crate) fn commit_with_answer<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    offsets: &TopicPartitionList,
) -> KafkaResult<()> {
    let handle = client.client().native_ptr();
    // SAFETY: the client is alive; the reference it gives is ours until it is destroyed below.
    let queue = unsafe { rd::rd_kafka_queue_get_consumer(handle) };
    // SAFETY: client and list are alive for the call, which copies the list; the pending answer holds
    // a reference to the queue of its own. Without a callback the answer is an event on the queue
    // that `BaseConsumer::poll` serves.
    let code = unsafe { rd::rd_kafka_commit_queue(handle, offsets.ptr(), queue, None, ptr::null_mut()) };
    // SAFETY: the reference taken above, given back once.
    unsafe { rd::rd_kafka_queue_destroy(queue) };
    match code {
        rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(KafkaError::ConsumerCommit(code.into())),
    }
}
