//! What of producers is looked up when somebody asks for metrics.
//!
//! Owns its names and help texts. Runs on the endpoint's thread. What is closed is not in it.

use super::ProducerStatus;
use crate::observe::family::gauge;
use prometheus::core::AtomicU64;
use prometheus::core::{AtomicF64, GenericGaugeVec};
use prometheus::proto::MetricFamily;
use prometheus::{Registry, Result};

type Whole = GenericGaugeVec<AtomicU64>;

pub(super) struct Gauges {
    registry: Registry,
    open: Whole,
    queue: Whole,
    limit: Whole,
    filled: GenericGaugeVec<AtomicF64>,
    untold: Whole,
    fatal: Whole,
}

impl Gauges {
    pub(super) fn new() -> Result<Self> {
        let registry = Registry::new();
        let whole = |name, help| gauge(&registry, name, help, &["producer"]);
        Ok(Self {
            open: whole("karafka_producer_open", "Producers that are open.")?,
            queue: whole("karafka_producer_queue_records", "Records enqueued or on their way.")?,
            limit: whole("karafka_producer_queue_limit_records", "How many there may be.")?,
            filled: gauge(
                &registry,
                "karafka_producer_queue_filled_ratio",
                "How full the fullest queue is, from 0 to 1.",
                &["producer"],
            )?,
            untold: whole("karafka_producer_untold_failures", "Failures that no subscriber was told yet.")?,
            fatal: whole("karafka_producer_fatal", "Open producers that can never send again.")?,
            registry,
        })
    }

    pub(super) fn set(&self, status: &ProducerStatus) {
        let labels = [status.producer.as_str()];
        self.open.with_label_values(&labels).set(status.open as u64);
        if status.open == 0 {
            return;
        }
        self.queue.with_label_values(&labels).set(status.queue_records as u64);
        self.limit.with_label_values(&labels).set(status.queue_limit_records as u64);
        self.filled.with_label_values(&labels).set(status.queue_filled_ratio);
        self.untold.with_label_values(&labels).set(status.untold_failures as u64);
        self.fatal.with_label_values(&labels).set(status.fatal.len() as u64);
    }

    pub(super) fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}
