//! The queue of one partition, split from its consumer's.
//!
//! Owns the native queue reference and the wake-up that librdkafka calls when the queue stops
//! being empty. Made and drained by the fetcher thread; the wake-up runs on librdkafka's threads
//! under the queue's lock, so it must not call librdkafka.
#![expect(unsafe_code, reason = "batch consumption and queue wake-ups exist only in librdkafka's C interface")]

use super::records::{Drained, Records};
use rdkafka::bindings as rd;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use std::any::Any;
use std::ffi::{CString, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;

type Wake = Box<dyn Fn() + Send + Sync>;

/// One partition's records, waiting to be drained.
pub(crate) struct PartitionQueue {
    queue: NonNull<rd::rd_kafka_queue_t>,
    // Called by librdkafka through a raw pointer: boxed twice for a thin pointer with a fixed
    // address, and dropped only after the queue was told to forget it.
    _wake: Box<Wake>,
    // Taken from librdkafka already, beyond the bytes of the last drain: what the next one starts with.
    surplus: Records,
    owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: librdkafka's queues are locked inside and may be used from any thread; `owner` keeps the
// client they belong to alive.
unsafe impl Send for PartitionQueue {}

unsafe extern "C" fn call_wake(_client: *mut rd::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `opaque` is the address of the `Wake` inside the live box of `PartitionQueue::split`;
    // the queue forgets it, under the lock this callback runs under, before the box is dropped.
    let wake = unsafe { &*opaque.cast::<Wake>() };
    wake();
}

impl PartitionQueue {
    /// Splits the partition's queue from `client`, whose memory `owner` keeps alive. `wake` is
    /// called from librdkafka's threads each time the queue stops being empty.
    ///
    /// `None` when `topic` cannot be a topic name or librdkafka has no such partition.
    pub(crate) fn split<C: ConsumerContext>(
        client: &BaseConsumer<C>,
        owner: Arc<dyn Any + Send + Sync>,
        topic: &str,
        partition: i32,
        wake: Wake,
    ) -> Option<Self> {
        let topic = CString::new(topic).ok()?;
        let wake = Box::new(wake);
        let opaque = ptr::from_ref::<Wake>(&wake).cast_mut().cast::<c_void>();
        let handle = client.client().native_ptr();
        // SAFETY: the client is alive (borrowed, and kept by `owner` for as long as the queue); `topic`
        // outlives the call, which copies it.
        let queue = NonNull::new(unsafe { rd::rd_kafka_queue_get_partition(handle, topic.as_ptr(), partition) })?;
        // SAFETY: the reference just taken; no target means that the queue keeps its records.
        unsafe { rd::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
        // SAFETY: the wake-up's box lives in the returned value, whose drop has the queue forget it.
        unsafe { rd::rd_kafka_queue_cb_event_enable(queue.as_ptr(), Some(call_wake), opaque) };
        Some(Self { queue, _wake: wake, surplus: Records::of(Arc::clone(&owner)), owner })
    }

    /// Takes what has arrived, in offset order, without waiting: at most `max_messages`, and no
    /// further once `max_bytes` of payload and key are reached (one record always fits).
    pub(crate) fn drain(&mut self, max_messages: usize, max_bytes: usize) -> Drained {
        const GROWTH: usize = 8;
        let none = Records::of(Arc::clone(&self.owner));
        let mut drained = Drained::new(std::mem::replace(&mut self.surplus, none));
        loop {
            let (count, bytes) = (drained.records.len(), drained.records.bytes());
            if drained.damaged.is_some() || count >= max_messages || bytes >= max_bytes {
                break;
            }
            // librdkafka bounds a batch by count only: ask for as many as should still fit, judging by
            // those that came, and for not much more than came, for they may be of another size.
            let average = (bytes / count.max(1)).max(1);
            let fitting = if count == 0 { 1 } else { ((max_bytes - bytes) / average).min(count * GROWTH) };
            let wanted = fitting.clamp(1, max_messages - count);
            let taken = self.take(wanted, &mut drained.records);
            drained.sort_out_errors();
            if taken < wanted {
                break;
            }
        }
        // They were larger than those before them.
        self.surplus = drained.records.split_behind(max_bytes);
        drained
    }

    /// Drops what was taken and did not fit: the position moves.
    pub(crate) fn forget(&mut self) {
        self.surplus = Records::of(Arc::clone(&self.owner));
    }

    fn take(&self, wanted: usize, records: &mut Records) -> usize {
        let slots = records.reserve(wanted);
        // SAFETY: `slots` points at room for `wanted` pointers, which the call fills from the start
        // and counts; the messages are ours from then on. A negative count means none.
        let taken = unsafe { rd::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, slots.cast(), wanted) };
        let taken = usize::try_from(taken).unwrap_or(0);
        // SAFETY: exactly `taken` slots, of the `wanted` reserved, were filled above.
        unsafe { records.grow(taken) };
        taken
    }
}

impl Drop for PartitionQueue {
    fn drop(&mut self) {
        // SAFETY: the reference is ours since `split`. After this call, made under the queue's lock, the
        // wake-up is neither running nor will run, so its box may go.
        unsafe { rd::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), None, ptr::null_mut()) };
        // SAFETY: the same reference, given back once.
        unsafe { rd::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}
