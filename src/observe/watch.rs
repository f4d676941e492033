//! Who can be asked how it is.
//!
//! Owns the list of groups of one server and the last answer of each. Groups enter it when they
//! start and are forgotten when their fetcher ends. Asked from the endpoint's thread. Must wait for
//! nobody longer than it says.

use super::metrics::Metrics;
use super::process::ProcessMetrics;
use super::status::GroupStatus;
use prometheus::proto::MetricFamily;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

/// How long fetchers may take for an answer; one that takes longer is told of by its last.
const PATIENCE: Duration = Duration::from_millis(25);

/// Where a fetcher puts its answer.
pub(crate) type Answer = oneshot::Sender<GroupStatus>;
/// Sends a fetcher the question; false when it is gone.
type Ask = Box<dyn Fn(Answer) -> bool + Send + Sync>;

struct Watched {
    ask: Ask,
    last: Mutex<Last>,
}

struct Last {
    at: Instant,
    status: Option<Arc<GroupStatus>>,
}

/// What is known of one group.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// None: it never answered.
    pub(super) status: Option<Arc<GroupStatus>>,
    /// Since the answer, or since it started when there was none.
    pub(super) age: Duration,
}

/// What the process counts, and whom it can ask.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) metrics: Metrics,
    pub(crate) process: ProcessMetrics,
    groups: Mutex<Vec<Arc<Watched>>>,
}

impl Watch {
    /// Everything that was counted.
    pub(super) fn counted(&self) -> Vec<MetricFamily> {
        [self.metrics.gather(), self.process.gather()].concat()
    }

    /// A group starts.
    pub(crate) fn enter(&self, ask: impl Fn(Answer) -> bool + Send + Sync + 'static) {
        let last = Mutex::new(Last { at: Instant::now(), status: None });
        self.lock().push(Arc::new(Watched { ask: Box::new(ask), last }));
    }

    /// How all groups are, as far as they answer in time.
    pub(super) async fn ask(&self) -> Vec<Known> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let groups = self.lock().clone();
        let mut asked = Vec::with_capacity(groups.len());
        for group in groups {
            let (sender, answer) = oneshot::channel();
            if (group.ask)(sender) {
                asked.push((group, answer));
            } else {
                self.lock().retain(|one| !Arc::ptr_eq(one, &group));
            }
        }
        let mut known = Vec::with_capacity(asked.len());
        for (group, answer) in asked {
            let answer = timeout_at(deadline, answer).await.ok().and_then(Result::ok);
            let mut last = group.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(status) = answer {
                *last = Last { at: Instant::now(), status: Some(Arc::new(status)) };
            }
            known.push(Known { status: last.status.clone(), age: last.at.elapsed() });
        }
        known
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Watched>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
