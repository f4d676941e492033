//! What the core tells about itself while it runs.
//!
//! Owns the counters that groups and producers add to ([`Metrics`]), who can be asked how it is
//! ([`Watch`]), and the HTTP endpoint that answers ([`Endpoint`]). All of it runs on threads of the
//! core, so the answers come while the host is busy, or hangs. Must never make a thread that
//! consumes or produces wait.

mod answers;
mod endpoint;
mod exposition;
mod family;
mod health;
mod metrics;
mod process;
mod producer_metrics;
mod producers;
mod status;
mod watch;
mod workers;

pub use endpoint::{Endpoint, EndpointSettings};
pub(crate) use health::STUCK;
pub(crate) use metrics::{GroupMetrics, TopicMetrics};
pub(crate) use producer_metrics::{ProducerMetrics, Tally};
pub(crate) use producers::{Observed, Standing};
pub use producers::{ProducedTopicStatus, ProducerRegistry, ProducerStatus};
pub(crate) use status::{Brokers, GroupState, JobStatus, RestStatus};
pub use status::{GroupStatus, PartitionState, PartitionStatus};
pub(crate) use watch::{Answer, Watch};
