//! What producing can reach over librdkafka without Ruby: the measure for `bench/produce.rb`.
//!
//! Owns four loops over librdkafka's C interface (`client.rs`): `batch` (its call for many records, 1,000 at a
//! time), `together` (the same, and after each 10,000 records a wait for their delivery), `single` (one call for each
//! record, nobody waits for it) and `sync` (one record, its delivery report, the next). Run by `rake bench`; prints one
//! line of JSON. Must keep no books but a count, and must refuse when the topic did not grow by exactly what was
//! produced.
#![expect(unsafe_code, reason = "the calls measured exist only in librdkafka's C interface")]
#![expect(clippy::multiple_unsafe_ops_per_block, reason = "a measure, not a product: it is to be read in one piece")]
#![expect(clippy::print_stdout, reason = "a program: its line of JSON is its result")]

mod client;

use client::{Client, DELIVERED};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;
type Loop = fn(&Client, &[Vec<u8>]) -> Result<(), Failure>;

/// Records sent before the clock starts: connected and warm.
const WARM: usize = 1_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: ceiling_produce batch|together|single|sync TOPIC RECORDS PROPERTY=VALUE...";
    let (mode, topic) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let count: usize = arguments.next().ok_or(usage)?.parse()?;
    let payloads: Vec<Vec<u8>> = (0..count).map(json).collect();
    let client = Client::new(&topic, &arguments.collect::<Vec<_>>())?;
    match mode.as_str() {
        "batch" => measured(&client, &payloads, Client::batch, true),
        "together" => measured(&client, &payloads, Client::together, false),
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

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock every Unix has, and a place for its time.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
