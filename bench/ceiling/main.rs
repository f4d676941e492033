//! What Rust alone gets out of librdkafka: the measure for everything that goes through Ruby.
//!
//! Owns the command line: which loop (`loops.rs`) does which work with each record (`work.rs`). Run by `rake bench`;
//! prints one line of JSON. Everything is on one thread, beside librdkafka's own.
#![expect(unsafe_code, reason = "the batch call exists only in librdkafka's C interface")]
#![expect(clippy::multiple_unsafe_ops_per_block, reason = "a measure, not a product: it is to be read in one piece")]
#![expect(clippy::print_stdout, reason = "a program: its line of JSON is its result")]

mod core_loop;
mod loops;
mod tally;
mod work;

use std::collections::BTreeMap;
use tally::Tally;
use work::Work;

type Failure = Box<dyn std::error::Error>;
type Properties = BTreeMap<String, String>;

/// Records a batch call may give, as many as the framework's default `max_messages`.
const BATCH: usize = 1_000;

const USAGE: &str = "usage: ceiling base|batch|split|core count|touch|field|value TOPIC RECORDS PROPERTY=VALUE...";

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or(USAGE);
    let (way, work, topic) = (next()?, next()?, next()?);
    let tally = Tally::new(next()?.parse()?, Work::named(&work).ok_or(USAGE)?);
    let properties: Properties = arguments
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or(USAGE))
        .collect::<Result<_, _>>()?;
    match way.as_str() {
        "base" => loops::base(&topic, &properties, tally),
        "batch" => loops::batch(&topic, &properties, tally),
        "split" => loops::split(&topic, &properties, tally),
        "core" => core_loop::run(topic, properties, tally),
        _ => Err(USAGE.into()),
    }
}
