//! What Rust alone gets out of librdkafka: the measure for everything that goes through Ruby.
//!
//! Owns four consumer loops on one thread: `base` (the rdkafka crate's safe consumer, record by
//! record), `batch` (librdkafka's batch call on the consumer's one queue), `split` (the same call
//! on each partition's queue, as the core does) and `core` (our core, driven from Rust: what is
//! left to Ruby is the difference). Run by `rake bench`; prints one line of JSON. Must do nothing
//! with a record but count it.
#![expect(unsafe_code, reason = "the batch call exists only in librdkafka's C interface")]
#![expect(clippy::multiple_unsafe_ops_per_block, reason = "a measure, not a product: it is to be read in one piece")]
#![expect(clippy::print_stdout, reason = "a program: its line of JSON is its result")]

use karafka_rs::consumer::{Outcome, Settings, Start, TopicSettings};
use karafka_rs::mailbox::Popped;
use karafka_rs::wait::Cancel;
use karafka_rs::{Consumer as Core, Inbox};
use rdkafka::bindings as rd;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// Records a batch call may give, as many as the framework's default `max_messages`.
const BATCH: usize = 1_000;
/// No record for so long: the loop would never end.
const SILENCE: Duration = Duration::from_secs(20);

/// Counts, and takes the time from the first record to the last.
struct Tally {
    wanted: usize,
    seen: usize,
    began: Option<(Instant, Duration)>,
    last: Instant,
}

impl Tally {
    /// Whether more are to come.
    fn add(&mut self, records: usize) -> Result<bool, Failure> {
        let now = Instant::now();
        if records > 0 {
            self.began.get_or_insert((now, cpu_time()));
            self.last = now;
        } else if now - self.last > SILENCE {
            return Err(format!("only {} of {} records came", self.seen, self.wanted).into());
        }
        self.seen += records;
        Ok(self.seen < self.wanted)
    }

    fn report(&self) -> Result<(), Failure> {
        let (began, cpu) = self.began.ok_or("nothing was consumed")?;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
        if self.seen != self.wanted {
            return Err(format!("{} records came where {} were produced", self.seen, self.wanted).into());
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")).unwrap_or("null");
        println!("{{\"records\":{},\"seconds\":{seconds},\"cpu_seconds\":{cpu},\"peak_rss_kb\":{peak}}}", self.seen);
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: ceiling base|batch|split|core TOPIC RECORDS PROPERTY=VALUE...";
    let (mode, topic) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let wanted = arguments.next().ok_or(usage)?.parse()?;
    let properties: BTreeMap<String, String> = arguments
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or(usage))
        .collect::<Result<_, _>>()?;
    let tally = Tally { wanted, seen: 0, began: None, last: Instant::now() };
    match mode.as_str() {
        "base" => base(&topic, &properties, tally),
        "batch" => batch(&topic, &properties, tally),
        "split" => split(&topic, &properties, tally),
        "core" => core(topic, properties, tally),
        _ => Err(usage.into()),
    }
}

fn client(properties: &BTreeMap<String, String>) -> Result<BaseConsumer, Failure> {
    let mut config = ClientConfig::new();
    for (name, value) in properties {
        config.set(name, value);
    }
    Ok(config.set("enable.auto.commit", "false").create()?)
}

fn base(topic: &str, properties: &BTreeMap<String, String>, mut tally: Tally) -> Result<(), Failure> {
    let consumer = client(properties)?;
    consumer.subscribe(&[topic])?;
    loop {
        let record = consumer.poll(Duration::from_millis(100)).transpose()?;
        if !tally.add(usize::from(record.is_some()))? {
            return tally.report();
        }
    }
}

fn batch(topic: &str, properties: &BTreeMap<String, String>, mut tally: Tally) -> Result<(), Failure> {
    let consumer = client(properties)?;
    assign(&consumer, topic)?;
    // SAFETY: the client is alive; the reference is given back below.
    let queue = unsafe { rd::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    while tally.add(take(queue, 100))? {}
    let reported = tally.report();
    // SAFETY: ours since the call above, used no more.
    unsafe { rd::rd_kafka_queue_destroy(queue) };
    reported
}

/// The core's way, less everything it keeps books of.
fn split(topic: &str, properties: &BTreeMap<String, String>, mut tally: Tally) -> Result<(), Failure> {
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
        let taken = match readable.recv_timeout(Duration::from_millis(100)) {
            Ok(number) => {
                let taken = take(queues[number], 0);
                if taken == BATCH {
                    announce.send(number)?;
                }
                taken
            }
            Err(_) => 0,
        };
        if !tally.add(taken)? {
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

fn core(topic: String, properties: BTreeMap<String, String>, mut tally: Tally) -> Result<(), Failure> {
    let inbox = Arc::new(Inbox::default());
    let settings = Settings {
        group: 0,
        properties,
        topics: vec![TopicSettings { name: topic, start: Start::Earliest, hooks: false }],
        max_messages: BATCH,
        max_bytes: 10 * 1024 * 1024,
        ready_limit: 5,
        concurrency: 1_000,
        commit_threshold: 0,
        last_jobs: Duration::from_secs(1),
        first_look: Duration::from_secs(5),
    };
    let consumer = Core::start(settings, Arc::clone(&inbox))?;
    loop {
        let taken = match inbox.next_job(Some(Duration::from_millis(100)), &Cancel::new()) {
            Popped::Item(mut batch) => {
                batch.start();
                let count = batch.records().len();
                let _ = batch.mark(batch.records().offset(count - 1));
                batch.finish(Outcome::Done);
                batch.release();
                count
            }
            _ => 0,
        };
        if !tally.add(taken)? {
            tally.report()?;
            consumer.close(Some(Duration::from_secs(10)), &Cancel::new())?;
            return Ok(());
        }
    }
}

fn take(queue: *mut rd::rd_kafka_queue_t, wait_ms: i32) -> usize {
    let mut messages = [ptr::null_mut::<rd::rd_kafka_message_t>(); BATCH];
    // SAFETY: the queue is alive; there is room for `BATCH` pointers; those filled are ours to destroy,
    // once. An error message counts as none.
    unsafe {
        let taken = rd::rd_kafka_consume_batch_queue(queue, wait_ms, messages.as_mut_ptr(), BATCH);
        let taken = &messages[..usize::try_from(taken).unwrap_or(0)];
        let sound = |message: &&*mut rd::rd_kafka_message_t| {
            (***message).err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
        };
        let count = taken.iter().filter(sound).count();
        taken.iter().for_each(|message| rd::rd_kafka_message_destroy(*message));
        count
    }
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

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock every Unix has, and a place for its time.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
