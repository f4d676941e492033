//! What producing can reach over librdkafka without Ruby: the measure for `bench/produce.rb`.
//!
//! Owns three loops over librdkafka's C interface: `batch` (its call for many records, 1,000 at a
//! time), `single` (one call for each record, nobody waits for it) and `sync` (one record, its
//! delivery report, the next). Run by `rake bench`; prints one line of JSON. Must keep no books
//! but a count, and must refuse when the topic did not grow by exactly what was produced.
#![expect(unsafe_code, reason = "the calls measured exist only in librdkafka's C interface")]
#![expect(clippy::multiple_unsafe_ops_per_block, reason = "a measure, not a product: it is to be read in one piece")]
#![expect(clippy::print_stdout, reason = "a program: its line of JSON is its result")]

use rdkafka::bindings as rd;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;
type Code = rd::rd_kafka_resp_err_t;
type Loop = fn(&Client, &[Vec<u8>]) -> Result<(), Failure>;

/// Records of one batch call.
const BATCH: usize = 1_000;
/// Records sent before the clock starts: connected and warm.
const WARM: usize = 1_000;
/// librdkafka chooses.
const ANY_PARTITION: i32 = -1;
/// The cluster may take so long for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

static DELIVERED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: ceiling_produce batch|single|sync TOPIC RECORDS PROPERTY=VALUE...";
    let (mode, topic) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let count: usize = arguments.next().ok_or(usage)?.parse()?;
    let payloads: Vec<Vec<u8>> = (0..count).map(json).collect();
    let client = Client::new(&topic, &arguments.collect::<Vec<_>>())?;
    match mode.as_str() {
        "batch" => measured(&client, &payloads, Client::batch, true),
        "single" => measured(&client, &payloads, Client::single, true),
        "sync" => measured(&client, &payloads, Client::sync, false),
        _ => Err(usage.into()),
    }
}

/// The 100 bytes of `bench/records.rb`.
fn json(number: usize) -> Vec<u8> {
    let (user, amount) = (number % 5_000, number % 900);
    let text = format!(r#"{{"id":{number},"user":"user-{user}","action":"view","amount":{amount}.25,"note":""#);
    format!("{text}{:x<1$}\"}}", "", 98 - text.len()).into_bytes()
}

/// Runs one loop, and waits until all is delivered. `polled`: reports are taken on a thread.
fn measured(client: &Client, payloads: &[Vec<u8>], produce: Loop, polled: bool) -> Result<(), Failure> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        if polled {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    client.poll(100);
                }
            });
        }
        let result = run(client, payloads, produce, polled);
        done.store(true, Ordering::Relaxed);
        result
    })
}

fn run(client: &Client, payloads: &[Vec<u8>], produce: Loop, polled: bool) -> Result<(), Failure> {
    produce(client, &payloads[..WARM.min(payloads.len())])?;
    client.wait_for(WARM.min(payloads.len()), polled)?;
    let (before, delivered) = (client.end()?, DELIVERED.load(Ordering::Acquire));
    let (began, cpu) = (Instant::now(), cpu_time());
    produce(client, payloads)?;
    client.wait_for(delivered + payloads.len(), polled)?;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
    let grown = client.end()? - before;
    if grown != i64::try_from(payloads.len())? {
        return Err(format!("the topic grew by {grown} records where {} were produced", payloads.len()).into());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")).unwrap_or("null");
    println!("{{\"records\":{grown},\"seconds\":{seconds},\"cpu_seconds\":{cpu},\"peak_rss_kb\":{peak}}}");
    Ok(())
}

struct Client {
    client: *mut rd::rd_kafka_t,
    topic: *mut rd::rd_kafka_topic_t,
    name: CString,
}

// SAFETY: librdkafka's handles may be used from any thread.
unsafe impl Sync for Client {}

unsafe extern "C" fn delivered(
    _client: *mut rd::rd_kafka_t,
    message: *const rd::rd_kafka_message_t,
    _opaque: *mut c_void,
) {
    // SAFETY: librdkafka lends a live message for the call.
    if unsafe { (*message).err } != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
        REFUSED.fetch_add(1, Ordering::AcqRel);
    }
    DELIVERED.fetch_add(1, Ordering::AcqRel);
}

impl Client {
    fn new(topic: &str, properties: &[String]) -> Result<Self, Failure> {
        let mut text = [0 as c_char; 512];
        // SAFETY: a new configuration, given names and values that live for the calls; the client takes it over.
        let client = unsafe {
            let config = rd::rd_kafka_conf_new();
            for pair in properties {
                let (property, value) = pair.split_once('=').ok_or("a property is PROPERTY=VALUE")?;
                let (property, value) = (CString::new(property)?, CString::new(value)?);
                rd::rd_kafka_conf_set(config, property.as_ptr(), value.as_ptr(), text.as_mut_ptr(), text.len());
            }
            rd::rd_kafka_conf_set_dr_msg_cb(config, Some(delivered));
            rd::rd_kafka_new(rd::rd_kafka_type_t::RD_KAFKA_PRODUCER, config, text.as_mut_ptr(), text.len())
        };
        if client.is_null() {
            // SAFETY: librdkafka has written a terminated text.
            return Err(unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into());
        }
        let name = CString::new(topic)?;
        // SAFETY: the client and the name are alive.
        let topic = unsafe { rd::rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()) };
        Ok(Self { client, topic, name })
    }

    fn batch(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        for part in payloads.chunks(BATCH) {
            // SAFETY: plain data, for which zero is "nothing".
            let blank = || unsafe { std::mem::zeroed::<rd::rd_kafka_message_t>() };
            let message = |payload: &Vec<u8>| rd::rd_kafka_message_t {
                payload: payload.as_ptr().cast_mut().cast(),
                len: payload.len(),
                ..blank()
            };
            let mut messages: Vec<_> = part.iter().map(message).collect();
            let flags = rd::RD_KAFKA_MSG_F_COPY | rd::RD_KAFKA_MSG_F_BLOCK;
            // SAFETY: the topic is alive; librdkafka copies what the messages point at.
            let taken = unsafe {
                rd::rd_kafka_produce_batch(
                    self.topic,
                    ANY_PARTITION,
                    flags,
                    messages.as_mut_ptr(),
                    i32::try_from(messages.len())?,
                )
            };
            if usize::try_from(taken)? != part.len() {
                return Err(format!("only {taken} of {} records were taken", part.len()).into());
            }
        }
        Ok(())
    }

    fn single(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        payloads.iter().try_for_each(|payload| self.produce(payload, rd::RD_KAFKA_MSG_F_BLOCK))
    }

    fn sync(&self, payloads: &[Vec<u8>]) -> Result<(), Failure> {
        for payload in payloads {
            let seen = DELIVERED.load(Ordering::Acquire);
            self.produce(payload, 0)?;
            self.wait_for(seen + 1, false)?;
        }
        Ok(())
    }

    fn produce(&self, payload: &[u8], flags: i32) -> Result<(), Failure> {
        // SAFETY: the client, the name and the payload live for the call, which copies them; the list is terminated.
        let code = unsafe {
            rd::rd_kafka_producev(
                self.client,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_RKT,
                self.topic,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_MSGFLAGS,
                rd::RD_KAFKA_MSG_F_COPY | flags,
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_VALUE,
                payload.as_ptr(),
                payload.len(),
                rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_END,
            )
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(format!("refused: {code:?}").into()) }
    }

    fn poll(&self, wait_ms: i32) {
        // SAFETY: the client is alive.
        unsafe { rd::rd_kafka_poll(self.client, wait_ms) };
    }

    /// Until so many records are delivered since the start.
    fn wait_for(&self, count: usize, polled: bool) -> Result<(), Failure> {
        let began = Instant::now();
        while DELIVERED.load(Ordering::Acquire) < count {
            if began.elapsed() > PATIENCE {
                return Err("not every record was confirmed in time".into());
            }
            if polled {
                // SAFETY: the client is alive. Records that linger are not sent before their time otherwise.
                unsafe { rd::rd_kafka_flush(self.client, 1) };
            } else {
                self.poll(1_000);
            }
        }
        match REFUSED.load(Ordering::Acquire) {
            0 => Ok(()),
            refused => Err(format!("{refused} records were not delivered").into()),
        }
    }

    /// The end offsets of all partitions, added up.
    fn end(&self) -> Result<i64, Failure> {
        let wait = i32::try_from(PATIENCE.as_millis())?;
        let mut metadata = ptr::null();
        // SAFETY: handles and out-pointers are alive; what comes back is read before it is given back.
        let partitions = unsafe {
            let code = rd::rd_kafka_metadata(self.client, 0, self.topic, &raw mut metadata, wait);
            if code != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(format!("no metadata: {code:?}").into());
            }
            let partitions = (*(*metadata).topics).partition_cnt;
            rd::rd_kafka_metadata_destroy(metadata);
            partitions
        };
        (0..partitions).try_fold(0, |sum, partition| {
            let (mut low, mut high) = (0, 0);
            let (name, end, low) = (self.name.as_ptr(), &raw mut high, &raw mut low);
            // SAFETY: as above.
            let code = unsafe { rd::rd_kafka_query_watermark_offsets(self.client, name, partition, low, end, wait) };
            if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(sum + high) } else { Err(format!("{code:?}").into()) }
        })
    }
}

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock every Unix has, and a place for its time.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
