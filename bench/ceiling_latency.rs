//! What Rust alone waits for: the measure for latency, start, idling and growth of everything that goes through Ruby.
//!
//! Owns the same work as bench/latency.rb, boot.rb, idle.rb and growth.rb, done with the rdkafka crate's consumer on one
//! thread, and the producer that all of them measure with: it stamps each record with the machine's clock, which all
//! processes share. Prints one line of JSON. Must do nothing with a record but look at it.
#![expect(unsafe_code, reason = "the clocks of process and machine exist only in the C library")]
#![expect(clippy::disallowed_methods, reason = "an even pace is sleeping, and nobody wants to cut it short")]
#![expect(clippy::print_stdout, reason = "a program: its line of JSON is its result")]

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext, Message};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: ceiling_latency consume TOPIC RATE RECORDS PROPERTY=VALUE...
       ceiling_latency boot TOPIC STARTED_NS PROPERTY=VALUE...
       ceiling_latency idle TOPIC SETTLE_SECONDS SECONDS PROPERTY=VALUE...
       ceiling_latency growth TOPIC RECORDS PROPERTY=VALUE...
       ceiling_latency produce BROKERS TOPIC RATE RECORDS
       ceiling_latency fill BROKERS TOPIC PARTITIONS RECORDS";
/// No record for so long: the loop would never end.
const SILENCE: Duration = Duration::from_secs(20);
/// Seconds of records that are produced and not measured: connections and caches warm up.
const WARM_UP: usize = 1;
/// A record as bench/records.rb makes them has so many bytes.
const BYTES: usize = 100;

/// Notes when the group has given partitions.
#[derive(Default)]
struct Assigned(AtomicBool);

impl ClientContext for Assigned {}

impl ConsumerContext for Assigned {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Assign(_)) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().ok_or(USAGE)?;
    let words: Vec<String> = arguments.collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (mode.as_str(), words.as_slice()) {
        ("consume", [topic, rate, records, more @ ..]) => consume(topic, rate.parse()?, records.parse()?, more),
        ("boot", [topic, started, more @ ..]) => boot(topic, started.parse()?, more),
        ("idle", [topic, settle, seconds, more @ ..]) => idle(topic, settle.parse()?, seconds.parse()?, more),
        ("growth", [topic, records, more @ ..]) => growth(topic, records.parse()?, more),
        ("produce", [brokers, topic, rate, records]) => produce(brokers, topic, rate.parse()?, records.parse()?),
        ("fill", [brokers, topic, partitions, records]) => fill(brokers, topic, partitions.parse()?, records.parse()?),
        _ => Err(USAGE.into()),
    }
}

// === consuming ===

fn subscribe(topic: &str, properties: &[&str]) -> Result<BaseConsumer<Assigned>, Failure> {
    let mut config = ClientConfig::new();
    for pair in properties {
        let (name, value) = pair.split_once('=').ok_or(USAGE)?;
        config.set(name, value);
    }
    let consumer = BaseConsumer::from_config_and_context(&config, Assigned::default())?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// A member that has its partitions; until then records may come already.
fn joined(topic: &str, properties: &[&str]) -> Result<BaseConsumer<Assigned>, Failure> {
    let consumer = subscribe(topic, properties)?;
    let deadline = Instant::now() + SILENCE;
    while !consumer.context().0.load(Ordering::Relaxed) {
        if let Some(early) = consumer.poll(Duration::from_millis(10)).transpose()? {
            return Err(format!("{topic} is not empty: offset {} is there", early.offset()).into());
        }
        if Instant::now() > deadline {
            return Err("the group gave no partition".into());
        }
    }
    Ok(consumer)
}

fn consume(topic: &str, rate: usize, records: usize, properties: &[&str]) -> Result<(), Failure> {
    let consumer = joined(topic, properties)?;
    let brokers = properties.iter().find_map(|pair| pair.strip_prefix("bootstrap.servers=")).ok_or(USAGE)?;
    let mut producer = start_producer(brokers, topic, rate, records)?;
    let warm_up = rate * WARM_UP;
    let mut waits: Vec<Option<i64>> = vec![None; records + warm_up];
    let (mut left, mut last) = (waits.len(), Instant::now());
    while left > 0 {
        if let Some(record) = consumer.poll(Duration::from_millis(100)).transpose()? {
            let now = nanos(libc::CLOCK_MONOTONIC);
            let (number, sent) = stamp(record.payload())?;
            if waits.get(number).is_none_or(Option::is_some) {
                return Err(format!("record {number} came twice, or is none of the {}", waits.len()).into());
            }
            waits[number] = Some(now - sent);
            left -= 1;
            last = Instant::now();
        } else if last.elapsed() > SILENCE {
            return Err(format!("{left} of {} records did not come", waits.len()).into());
        }
    }
    if !producer.wait()?.success() {
        return Err("the producer failed".into());
    }
    let mut waits: Vec<f64> = waits.iter().skip(warm_up).flatten().map(|wait| *wait as f64 / 1e6).collect();
    waits.sort_by(f64::total_cmp);
    let (count, total) = (waits.len(), waits.iter().sum::<f64>());
    let at = |share: f64| waits[((count as f64 * share) as usize).min(count - 1)];
    let (p50, p99, max, mean) = (at(0.5), at(0.99), at(1.0), total / count as f64);
    println!("{{\"count\":{count},\"p50_ms\":{p50:.3},\"p99_ms\":{p99:.3},\"max_ms\":{max:.3},\"mean_ms\":{mean:.3}}}");
    Ok(())
}

fn boot(topic: &str, started: i64, properties: &[&str]) -> Result<(), Failure> {
    let consumer = subscribe(topic, properties)?;
    let deadline = Instant::now() + SILENCE;
    while Instant::now() < deadline {
        if consumer.poll(Duration::from_millis(100)).transpose()?.is_some() {
            println!("{{\"boot_ms\":{:.3}}}", (nanos(libc::CLOCK_MONOTONIC) - started) as f64 / 1e6);
            return Ok(());
        }
    }
    Err(format!("no record of {topic} came").into())
}

fn idle(topic: &str, settle: u64, seconds: u64, properties: &[&str]) -> Result<(), Failure> {
    let consumer = joined(topic, properties)?;
    rest(&consumer, settle)?;
    let before = nanos(libc::CLOCK_PROCESS_CPUTIME_ID);
    rest(&consumer, seconds)?;
    let millis = (nanos(libc::CLOCK_PROCESS_CPUTIME_ID) - before) as f64 / 1e6;
    let rss = status("VmRSS:")?;
    println!("{{\"cpu_ms_per_second\":{:.3},\"rss_kb\":{rss}}}", millis / seconds as f64);
    Ok(())
}

fn rest(consumer: &BaseConsumer<Assigned>, seconds: u64) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        if consumer.poll(Duration::from_millis(500)).transpose()?.is_some() {
            return Err("a record came".into());
        }
    }
    Ok(())
}

fn growth(topic: &str, records: usize, properties: &[&str]) -> Result<(), Failure> {
    let consumer = subscribe(topic, properties)?;
    let (mut seen, mut began, mut last) = (0, None, Instant::now());
    while seen < records {
        if consumer.poll(Duration::from_millis(100)).transpose()?.is_some() {
            began.get_or_insert_with(|| (Instant::now(), nanos(libc::CLOCK_PROCESS_CPUTIME_ID)));
            seen += 1;
            last = Instant::now();
        } else if last.elapsed() > SILENCE {
            return Err(format!("only {seen} of {records} records came").into());
        }
    }
    let (time, cpu) = began.ok_or("nothing was consumed")?;
    let seconds = time.elapsed().as_secs_f64();
    let cpu = (nanos(libc::CLOCK_PROCESS_CPUTIME_ID) - cpu) as f64 / 1e9;
    let peak = status("VmHWM:")?;
    println!("{{\"records\":{seen},\"seconds\":{seconds:.4},\"cpu_seconds\":{cpu:.4},\"peak_rss_kb\":{peak}}}");
    Ok(())
}

// === producing ===

fn start_producer(brokers: &str, topic: &str, rate: usize, records: usize) -> Result<Child, Failure> {
    let (rate, records) = (rate.to_string(), records.to_string());
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["produce", brokers, topic, &rate, &records]).stdout(std::process::Stdio::null());
    Ok(command.spawn()?)
}

fn producer(brokers: &str, linger: &str) -> Result<ThreadedProducer<DefaultProducerContext>, Failure> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("linger.ms", linger).set("acks", "all");
    Ok(config.set("enable.idempotence", "true").set("queue.buffering.max.messages", "0").create()?)
}

/// `RECORDS` at an even pace, after a second's worth to warm up; each says which it is and when it was sent.
fn produce(brokers: &str, topic: &str, rate: usize, records: usize) -> Result<(), Failure> {
    let producer = producer(brokers, "0")?;
    let (began, step) = (Instant::now(), Duration::from_secs(1) / u32::try_from(rate)?);
    for number in 0..records + rate * WARM_UP {
        let due = step * u32::try_from(number)?;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        let payload = format!("{number} {}", nanos(libc::CLOCK_MONOTONIC));
        let record: BaseRecord<'_, (), String> = BaseRecord::to(topic).payload(&payload);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(SILENCE)?;
    println!("{{\"records\":{records}}}");
    Ok(())
}

/// As many records in each partition.
fn fill(brokers: &str, topic: &str, partitions: usize, records: usize) -> Result<(), Failure> {
    let producer = producer(brokers, "5")?;
    for number in 0..records {
        let payload = format!("{{\"id\":{number},\"note\":\"{}\"}}", "x".repeat(BYTES - 25));
        let partition = i32::try_from(number % partitions)?;
        let record: BaseRecord<'_, (), String> = BaseRecord::to(topic).payload(&payload).partition(partition);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(SILENCE * 3)?;
    println!("{{\"records\":{records}}}");
    Ok(())
}

// === what is measured ===

/// Which record it is and when it was sent.
fn stamp(payload: Option<&[u8]>) -> Result<(usize, i64), Failure> {
    let (number, sent) = std::str::from_utf8(payload.ok_or("a record without payload")?)?
        .split_once(' ')
        .ok_or("a record that was not stamped")?;
    Ok((number.parse()?, sent.parse()?))
}

fn status(name: &str) -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no memory in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn nanos(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock every Linux has, and a place for its time.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
