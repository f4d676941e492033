//! A Kafka cluster inside this process.
//!
//! Owns librdkafka's mock cluster: brokers on loopback that any client can use over TCP, for
//! development and tests. It keeps about 5 MB or 100,000 records per partition and forgets older
//! ones. Any thread; the brokers run on a thread of librdkafka's.

mod fault;

pub use fault::{Api, Fault};

use crate::error::{Error, ErrorKind, Result};
use crate::librdkafka::{self, Alive, ForkStamp};
use crate::thread;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, DefaultProducerContext, Producer as _};
use std::fmt;
use std::time::Duration;

/// Under the new group protocol the broker names these times. librdkafka's own (30 s and 3 s) are a cluster's; here
/// somebody waits for every rebalance.
const NEW_PROTOCOL_SESSION: Duration = Duration::from_secs(6);
const NEW_PROTOCOL_HEARTBEAT: Duration = Duration::from_millis(500);

/// A running mock cluster; it ends when dropped.
pub struct MockCluster {
    // The cluster lives inside a client that is used for nothing else. Taken in `drop` only.
    client: Option<Alive<BaseProducer<DefaultProducerContext>>>,
    stamp: ForkStamp,
}

impl MockCluster {
    /// Starts `brokers` brokers. A new group waits `rebalance_delay` for further members before
    /// its first assignment. Topics that are not created by hand get 4 partitions on first use.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when a number is out of range or no socket can be had.
    pub fn start(brokers: u16, rebalance_delay: Duration) -> Result<Self> {
        if brokers == 0 {
            let message = "an embedded cluster of 0 brokers cannot be: give at least 1";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let mut config = ClientConfig::new();
        config.set("test.mock.num.brokers", brokers.to_string()).set("log_level", "3");
        let client: BaseProducer = librdkafka::without_signals(|| config.create())
            .map_err(|error| Error::from_kafka(&error, "starting the embedded broker"))?;
        librdkafka::set_initial_rebalance_delay(client.client(), rebalance_delay);
        librdkafka::set_new_protocol_times(client.client(), NEW_PROTOCOL_SESSION, NEW_PROTOCOL_HEARTBEAT);
        Ok(Self { client: Some(Alive::new(client)), stamp: ForkStamp::now() })
    }

    /// The brokers' addresses, comma separated.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn bootstrap_servers(&self) -> Result<String> {
        let client = self.client()?;
        client
            .client()
            .mock_cluster()
            .map(|cluster| cluster.bootstrap_servers())
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the embedded broker's client has no cluster"))
    }

    /// Creates `topic` with `partitions` partitions.
    ///
    /// # Errors
    /// [`ErrorKind::Broker`] when it exists already, [`ErrorKind::Config`] for a bad name or number,
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<()> {
        librdkafka::create_topic(self.client()?.client(), topic, partitions)
    }

    /// Makes the cluster misbehave, or behave again.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a code, topic or broker that the cluster does not have,
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn inject(&self, fault: &Fault) -> Result<()> {
        let cluster = self.client()?.client().mock_cluster();
        fault.inject(&cluster.ok_or_else(|| Error::new(ErrorKind::Internal, "this client has no mock cluster"))?)
    }

    /// Whether the process was forked since: the cluster is the parent's.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.stamp.is_foreign()
    }

    fn client(&self) -> Result<&BaseProducer<DefaultProducerContext>> {
        if self.stamp.is_foreign() {
            return Err(Error::forked("embedded broker"));
        }
        self.client.as_deref().ok_or_else(|| Error::closed("embedded broker"))
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        let client = self.client.take();
        if self.stamp.is_foreign() {
            std::mem::forget(client);
        } else {
            // Destroying joins threads, and the owner may be a garbage collector.
            drop(thread::start("krs-reaper", move || drop(client)));
        }
    }
}

impl fmt::Debug for MockCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockCluster").finish_non_exhaustive()
    }
}
