//! The producers of a process.
//!
//! Owns which are open, under which names they count, and how they stand when somebody asks. Added to
//! when a producer is made; a closed one goes by itself, what it counted stays. Any thread. Must not keep a
//! client alive.

mod gauges;
mod status;

pub use status::{ProducedTopicStatus, ProducerStatus};

use super::producer_metrics::{ProducerFamilies, ProducerMetrics};
use crate::error::{Error, ErrorKind, Result};
use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// How many names of producers are told apart; further ones are counted as `other`.
const NAMES: usize = 20;
const OTHER: &str = "other";

/// Can be asked how its queue is.
pub(crate) trait Observed: Send + Sync {
    fn standing(&self) -> Standing;
}

/// How one producer is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// Records enqueued or on their way.
    pub(crate) queue: usize,
    /// How many there may be; 0: any number.
    pub(crate) limit: usize,
    /// Failures that nobody has read.
    pub(crate) untold: usize,
    /// Why it can never send again.
    pub(crate) fatal: Option<String>,
}

struct Named {
    metrics: Arc<ProducerMetrics>,
    open: Vec<Weak<dyn Observed>>,
}

/// Which producers a process has. A forked child needs one of its own.
#[derive(Clone, Default)]
pub struct ProducerRegistry(Arc<Inner>);

#[derive(Default)]
struct Inner {
    families: ProducerFamilies,
    names: Mutex<BTreeMap<String, Named>>,
}

impl ProducerRegistry {
    /// What producers called `name` count.
    pub(crate) fn named(&self, name: &str) -> Arc<ProducerMetrics> {
        let mut names = self.names();
        let label = if names.len() < NAMES || names.contains_key(name) { name } else { OTHER };
        let make = || Named { metrics: Arc::new(self.0.families.producer(label)), open: Vec::new() };
        Arc::clone(&names.entry(label.to_owned()).or_insert_with(make).metrics)
    }

    /// A producer that counts so is open, as long as it lives.
    pub(crate) fn enter(&self, metrics: &ProducerMetrics, producer: Weak<dyn Observed>) {
        if let Some(named) = self.names().get_mut(metrics.name()) {
            named.open.retain(|one| one.strong_count() > 0);
            named.open.push(producer);
        }
    }

    /// How all producers are, by name.
    #[must_use]
    pub fn status(&self) -> Vec<ProducerStatus> {
        // Asked without the lock: who lets go of a producer last ends it.
        let named: Vec<_> = self.names().values().map(|it| (Arc::clone(&it.metrics), it.open.clone())).collect();
        let standing = |open: Vec<Weak<dyn Observed>>| -> Vec<Standing> {
            open.iter().filter_map(Weak::upgrade).map(|producer| producer.standing()).collect()
        };
        named.into_iter().map(|(metrics, open)| ProducerStatus::new(&metrics, &standing(open))).collect()
    }

    /// What was counted and how they are, as text for Prometheus.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`], which is a bug.
    pub fn metrics(&self) -> Result<String> {
        let text = self.gather().and_then(|families| TextEncoder::new().encode_to_string(&families));
        text.map_err(|error| Error::new(ErrorKind::Internal, format!("metrics: {error}")))
    }

    /// Everything that was counted, and the gauges of those that are open.
    pub(super) fn gather(&self) -> prometheus::Result<Vec<MetricFamily>> {
        let gauges = gauges::Gauges::new()?;
        // Asked first: that carries over what clients have counted by themselves.
        self.status().iter().for_each(|status| gauges.set(status));
        let mut families = self.0.families.gather();
        families.extend(gauges.gather());
        Ok(families)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, Named>> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for ProducerRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProducerRegistry").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
