//! Families of metrics.
//!
//! Owns making one in its registry. Runs when counters are made and when somebody asks. Must be given
//! constant names, each once.

use prometheus::core::{Atomic, GenericGaugeVec};
use prometheus::{CounterVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

pub(super) fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let counter = IntCounterVec::new(Opts::new(name, help), labels).expect("a constant name");
    registry.register(Box::new(counter.clone())).expect("each name once");
    counter
}

/// Counts in parts, seconds for example.
pub(super) fn real_counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> CounterVec {
    let counter = CounterVec::new(Opts::new(name, help), labels).expect("a constant name");
    registry.register(Box::new(counter.clone())).expect("each name once");
    counter
}

pub(super) fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: prometheus::Result<Vec<f64>>,
) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(buckets.expect("constant bounds"));
    let histogram = HistogramVec::new(options, labels).expect("a constant name");
    registry.register(Box::new(histogram.clone())).expect("each name once");
    histogram
}

pub(super) fn gauge<P: Atomic + 'static>(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<GenericGaugeVec<P>> {
    let gauge = GenericGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauge.clone())).map(|()| gauge)
}
