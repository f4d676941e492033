//! Faults a mock cluster can be told to have.
//!
//! Owns their list and how each reaches librdkafka. Any thread. Must not decide when: tests do.

use crate::error::{Error, ErrorKind, Result};
use crate::librdkafka::code_named;
use rdkafka::error::KafkaResult;
use rdkafka::mocking::{MockCluster, MockCoordinator};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde::Deserialize;
use std::time::Duration;

/// Kinds of requests that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Kafka's own names")]
pub enum Api {
    Produce,
    Fetch,
    ListOffsets,
    Metadata,
    OffsetCommit,
    OffsetFetch,
    FindCoordinator,
    JoinGroup,
    Heartbeat,
    LeaveGroup,
    SyncGroup,
    InitProducerId,
}

/// One fault, or the end of one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The next `times` requests of this kind are answered with `code`.
    Requests {
        /// Which requests.
        api: Api,
        /// librdkafka's name of an error, such as `NOT_COORDINATOR`; `_TRANSPORT` closes the connection.
        code: String,
        /// How many.
        times: usize,
    },
    /// What is left of [`Fault::Requests`] is forgotten.
    NoRequests {
        /// Which requests.
        api: Api,
    },
    /// Metadata says `code` of the topic; `NO_ERROR` ends it.
    Topic {
        /// Its name.
        topic: String,
        /// librdkafka's name of an error.
        code: String,
    },
    /// A broker closes its connections and takes none.
    BrokerDown {
        /// Its number, from 1.
        broker: i32,
    },
    /// A broker is there again.
    BrokerUp {
        /// Its number, from 1.
        broker: i32,
    },
    /// Every answer of a broker comes this much later; 0 ends it.
    RoundTrip {
        /// Its number, from 1.
        broker: i32,
        /// Milliseconds.
        millis: u64,
    },
    /// Another broker coordinates the group.
    Coordinator {
        /// The group's id.
        group: String,
        /// Its number, from 1.
        broker: i32,
    },
    /// Another broker leads the partition.
    Leader {
        /// The topic's name.
        topic: String,
        /// The partition's number.
        partition: i32,
        /// Its number, from 1.
        broker: i32,
    },
    /// Brokers speak at most this version of a request; -1: they do not know the request.
    MaxVersion {
        /// Which request.
        api: Api,
        /// The version.
        version: i16,
    },
}

impl Api {
    fn key(self) -> RDKafkaApiKey {
        match self {
            Self::Produce => RDKafkaApiKey::Produce,
            Self::Fetch => RDKafkaApiKey::Fetch,
            Self::ListOffsets => RDKafkaApiKey::ListOffsets,
            Self::Metadata => RDKafkaApiKey::Metadata,
            Self::OffsetCommit => RDKafkaApiKey::OffsetCommit,
            Self::OffsetFetch => RDKafkaApiKey::OffsetFetch,
            Self::FindCoordinator => RDKafkaApiKey::FindCoordinator,
            Self::JoinGroup => RDKafkaApiKey::JoinGroup,
            Self::Heartbeat => RDKafkaApiKey::Heartbeat,
            Self::LeaveGroup => RDKafkaApiKey::LeaveGroup,
            Self::SyncGroup => RDKafkaApiKey::SyncGroup,
            Self::InitProducerId => RDKafkaApiKey::InitProducerId,
        }
    }
}

impl Fault {
    pub(super) fn inject<C: rdkafka::ClientContext>(&self, cluster: &MockCluster<'_, C>) -> Result<()> {
        match self {
            Self::Requests { api, code, times } => {
                cluster.request_errors(api.key(), &vec![error(code)?; *times]);
                Ok(())
            }
            Self::NoRequests { api } => {
                cluster.clear_request_errors(api.key());
                Ok(())
            }
            Self::Topic { topic, code } => self.done(cluster.topic_error(topic, error(code)?)),
            Self::BrokerDown { broker } => self.done(cluster.broker_down(*broker)),
            Self::BrokerUp { broker } => self.done(cluster.broker_up(*broker)),
            Self::RoundTrip { broker, millis } => {
                self.done(cluster.broker_round_trip_time(*broker, Duration::from_millis(*millis)))
            }
            Self::Coordinator { group, broker } => {
                self.done(cluster.coordinator(MockCoordinator::Group(group.clone()), *broker))
            }
            Self::Leader { topic, partition, broker } => {
                self.done(cluster.partition_leader(topic, *partition, Some(*broker)))
            }
            Self::MaxVersion { api, version } => {
                let least = if *version < 0 { -1 } else { 0 };
                self.done(cluster.apiversion(api.key(), Some(least), Some(*version)))
            }
        }
    }

    fn done(&self, result: KafkaResult<()>) -> Result<()> {
        result.map_err(|error| Error::from_kafka(&error, format!("the embedded broker refuses {self:?}")))
    }
}

fn error(name: &str) -> Result<RDKafkaRespErr> {
    code_named(name).ok_or_else(|| {
        let message = format!("{name:?} is no error of librdkafka: write one of its names, such as NOT_COORDINATOR");
        Error::new(ErrorKind::Config, message)
    })
}
