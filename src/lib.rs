//! The core of karafka_rs: it fetches, batches, schedules and produces, and knows no Ruby.
//!
//! One record's way: a partition's queue ([`librdkafka`]) is drained by the group's fetcher thread
//! ([`consumer`]) into a [`Batch`], which waits in a [`mailbox`] until a host thread takes
//! it, and comes back as an outcome that the fetcher turns into offsets, a retry or a stop. Records
//! the host sends leave through a [`producer`].
//!
//! | thread | started by | waits for | ends when |
//! |---|---|---|---|
//! | `krs-fetch-<group>` | [`Consumer::start`] | commands, timers (tokio) | the consumer closed |
//! | `krs-lookup` | fetchers, [`positions::look_up`] | the cluster | it answered |
//! | `krs-admin` | [`admin`] | the cluster | it answered |
//! | `krs-http` | [`Endpoint::start`] | clients (tokio) | the endpoint closed |
//! | `krs-reaper` | the last owner of a client | librdkafka's own threads | they have ended |
//! | `producer polling thread` | [`Producer::new`] | delivery reports | the producer closed |
//! | librdkafka's | each client | sockets | the client is destroyed |
//!
//! The core never calls its host, and nothing here but [`librdkafka`] is unsafe.

pub mod admin;
pub mod consumer;
mod error;
pub mod event;
pub mod interest;
pub mod json;
pub mod librdkafka;
pub mod mailbox;
pub mod mock;
pub mod observe;
pub mod offsets;
pub mod positions;
pub mod producer;
mod statistics;
mod thread;
pub mod wait;

pub use consumer::{Batch, Consumer, Inbox};
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use librdkafka::ForkStamp;
pub use mock::MockCluster;
pub use observe::{Endpoint, EndpointSettings, ProducerRegistry};
pub use producer::{Delivery, Producer};
pub use statistics::Statistics;
