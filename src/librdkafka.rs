//! Everything that touches librdkafka below the `rdkafka` crate.
//!
//! Owns all unsafe code of the core, behind safe types: batches of records that stay in
//! librdkafka's memory, queues of single partitions, delivery tags, what guards forks and exits, two knobs of
//! the mock cluster. Each type may be used from any thread. Must hold no policy.

mod alive;
mod client_events;
mod commit;
mod controller;
mod fork;
mod headers;
mod log_level;
mod mock;
mod names;
mod produced;
mod producing;
mod queue;
mod records;
mod tag;
mod topics;
mod watermarks;

pub(crate) use alive::Alive;
pub(crate) use commit::commit_with_answer;
pub(crate) use controller::controller;
pub use fork::ForkStamp;
pub(crate) use log_level::log_level;
pub(crate) use mock::{create_topic, set_initial_rebalance_delay, set_new_protocol_times, without_signals};
pub(crate) use names::code_named;
pub(crate) use produced::Produced;
pub(crate) use producing::{Producing, Reporting};
pub(crate) use queue::PartitionQueue;
pub use records::Records;
pub(crate) use tag::{SlotOwner, Tag};
pub(crate) use watermarks::{end_offset, taken_up_to, watermarks};

use rdkafka::error::RDKafkaErrorCode;

/// The version of librdkafka that is linked, such as `2.12.1`.
#[must_use]
pub fn version() -> String {
    rdkafka::util::get_rdkafka_version().1
}

/// librdkafka's own name of a code, such as `_TRANSPORT`.
pub(crate) fn error_name(code: RDKafkaErrorCode) -> String {
    names::error_name(code)
}
