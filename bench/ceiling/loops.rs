//! Three ways to consume with librdkafka alone.
//!
//! Owns `base` (the rdkafka crate's safe consumer, record by record), `batch` (librdkafka's batch call on the
//! consumer's one queue) and `split` (the same call on each partition's queue, as the core does).

use rdkafka::bindings as rd;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::tally::Tally;
use crate::{BATCH, Failure, Properties};

pub(crate) fn base(topic: &str, properties: &Properties, mut tally: Tally) -> Result<(), Failure> {
    let consumer = client(properties)?;
    consumer.subscribe(&[topic])?;
    loop {
        let record = consumer.poll(Duration::from_millis(100)).transpose()?;
        if let Some(record) = &record {
            tally.begin();
            tally.work.add(record.payload().unwrap_or_default())?;
        }
        if !tally.add(usize::from(record.is_some()))? {
            return tally.report();
        }
    }
}

pub(crate) fn batch(topic: &str, properties: &Properties, mut tally: Tally) -> Result<(), Failure> {
    let consumer = client(properties)?;
    assign(&consumer, topic)?;
    // SAFETY: the client is alive; the reference is given back below.
    let queue = unsafe { rd::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    while {
        let taken = take(queue, 100, &mut tally)?;
        tally.add(taken)?
    } {}
    let reported = tally.report();
    // SAFETY: ours since the call above, used no more.
    unsafe { rd::rd_kafka_queue_destroy(queue) };
    reported
}

/// The core's way, less everything it keeps books of.
pub(crate) fn split(topic: &str, properties: &Properties, mut tally: Tally) -> Result<(), Failure> {
    let consumer = client(properties)?;
    let (announce, readable): (Sender<usize>, Receiver<usize>) = channel();
    let mut queues = Vec::new();
    let name = CString::new(topic)?;
    for partition in 0..partitions(&consumer, topic)? {
        // The client lives until the process ends soon after, and so does what its callbacks use.
        let opaque: *mut Announcement = Box::leak(Box::new((announce.clone(), queues.len())));
        // SAFETY: the client and `name` are alive, `opaque` is never freed.
        queues.push(unsafe {
            let queue = rd::rd_kafka_queue_get_partition(consumer.client().native_ptr(), name.as_ptr(), partition);
            rd::rd_kafka_queue_forward(queue, ptr::null_mut());
            rd::rd_kafka_queue_cb_event_enable(queue, Some(readable_again), opaque.cast());
            queue
        });
    }
    assign(&consumer, topic)?;
    loop {
        let more = match readable.recv_timeout(Duration::from_millis(100)) {
            Ok(number) => {
                let taken = take(queues[number], 0, &mut tally)?;
                // There may be more than a batch holds.
                if taken == BATCH {
                    announce.send(number)?;
                }
                tally.add(taken)?
            }
            Err(_) => tally.add(0)?,
        };
        if !more {
            tally.report()?;
            std::mem::forget(consumer);
            return Ok(());
        }
    }
}

type Announcement = (Sender<usize>, usize);

unsafe extern "C" fn readable_again(_client: *mut rd::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `split` passes a box that is never freed.
    let (announce, number) = unsafe { &*opaque.cast::<Announcement>() };
    let _ = announce.send(*number);
}

fn client(properties: &Properties) -> Result<BaseConsumer, Failure> {
    let mut config = ClientConfig::new();
    for (name, value) in properties {
        config.set(name, value);
    }
    Ok(config.set("enable.auto.commit", "false").create()?)
}

/// Takes what is there, works on it and gives it back. How many that were.
fn take(queue: *mut rd::rd_kafka_queue_t, wait_ms: i32, tally: &mut Tally) -> Result<usize, Failure> {
    let mut messages = [ptr::null_mut::<rd::rd_kafka_message_t>(); BATCH];
    // SAFETY: the queue is alive and there is room for `BATCH` pointers.
    let taken = unsafe { rd::rd_kafka_consume_batch_queue(queue, wait_ms, messages.as_mut_ptr(), BATCH) };
    let taken = &messages[..usize::try_from(taken).unwrap_or(0)];
    if !taken.is_empty() {
        tally.begin();
    }
    let mut sound = 0;
    for message in taken {
        // SAFETY: filled by the call above, destroyed below, once. An error message has another kind of payload.
        let payload = unsafe {
            let message = &**message;
            (message.err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| payload(message))
        };
        if let Some(payload) = payload {
            sound += 1;
            tally.work.add(payload)?;
        }
    }
    // SAFETY: all of them are ours, and nothing points into them any more.
    taken.iter().for_each(|message| unsafe { rd::rd_kafka_message_destroy(*message) });
    Ok(sound)
}

/// # Safety
/// The message is alive as long as the result is used.
unsafe fn payload(message: &rd::rd_kafka_message_t) -> &[u8] {
    if message.payload.is_null() {
        return &[];
    }
    // SAFETY: librdkafka says that so many bytes are there.
    unsafe { std::slice::from_raw_parts(message.payload.cast::<u8>(), message.len) }
}

fn assign(consumer: &BaseConsumer, topic: &str) -> Result<(), Failure> {
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions(consumer, topic)? {
        list.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    Ok(consumer.assign(&list)?)
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<i32, Failure> {
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10))?;
    let count = metadata.topics().first().map_or(0, |found| found.partitions().len());
    Ok(i32::try_from(count)?)
}
