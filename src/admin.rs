//! Looking at topics, creating and deleting them.
//!
//! Owns the requests an operator makes, one client each. The cluster is asked on a thread of its
//! own (`krs-admin`), because librdkafka's look-ups cannot be interrupted; wait on the answer. Must
//! not create a topic by looking at it.

use crate::error::{Error, ErrorKind, Result, code_name};
use crate::librdkafka::{Alive, controller, log_level};
use crate::thread;
use crate::wait::Waitable;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic as Request, TopicReplication, TopicResult};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A topic as the cluster tells it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Topic {
    /// Its name in the cluster.
    pub name: String,
    /// librdkafka's name of what is wrong with it, `UNKNOWN_TOPIC_OR_PART` when there is none.
    pub error: Option<String>,
    /// By number.
    pub partitions: Vec<Partition>,
}

/// One partition of a [`Topic`].
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub id: i32,
    /// The number of the broker to read it from and to write it to, -1 while there is none.
    pub leader: i32,
    /// The brokers that keep it.
    pub replicas: Vec<i32>,
    /// Those of them that have everything.
    pub in_sync: Vec<i32>,
}

/// A topic to create.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTopic {
    /// Its name in the cluster.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many brokers keep each; -1: as many as the cluster says.
    pub replication_factor: i32,
    /// Its own settings.
    pub config: BTreeMap<String, String>,
}

/// How long a cluster that answers may take to name its controller.
const CONTROLLER: Duration = Duration::from_secs(1);

/// How a request ends.
pub type Answer<T> = Arc<Waitable<Option<Result<T>>>>;

/// Asks what topics there are, or about the one called `name`; wait on the answer.
///
/// # Errors
/// [`ErrorKind::Config`] when librdkafka refuses a property, [`ErrorKind::Internal`] when no thread
/// can be started.
pub fn topics(
    properties: &BTreeMap<String, String>,
    name: Option<String>,
    timeout: Duration,
) -> Result<Answer<Vec<Topic>>> {
    // A consumer, because a producer's question may create the topic.
    let consumer: BaseConsumer =
        config(properties).create().map_err(|error| Error::from_kafka(&error, "making a consumer"))?;
    let consumer = Alive::new(consumer);
    ask(move || {
        let what =
            name.as_ref().map_or_else(|| "asking for the topics".to_owned(), |name| format!("asking for {name}"));
        let metadata =
            consumer.fetch_metadata(name.as_deref(), timeout).map_err(|error| Error::from_kafka(&error, what))?;
        let mut topics: Vec<Topic> = metadata.topics().iter().map(topic).collect();
        topics.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(topics)
    })
}

/// Asks for `topic` to be created. Once the answer is there, not every broker need know it yet.
///
/// # Errors
/// As [`topics`]. The answer is [`ErrorKind::Broker`] when the cluster refuses, or cannot do it at all.
pub fn create_topic(properties: &BTreeMap<String, String>, topic: NewTopic, timeout: Duration) -> Result<Answer<()>> {
    let client = client(properties)?;
    ask(move || {
        let what = format!("creating topic {:?}", topic.name);
        check(&client, timeout, &what)?;
        let replication = TopicReplication::Fixed(topic.replication_factor);
        let mut request = Request::new(&topic.name, topic.partitions, replication);
        for (name, value) in &topic.config {
            request = request.set(name, value);
        }
        done(client.create_topics([&request], &patience(timeout)), &what)
    })
}

/// Asks for the topic called `name` to be deleted, with all its records.
///
/// # Errors
/// As [`create_topic`].
pub fn delete_topic(properties: &BTreeMap<String, String>, name: String, timeout: Duration) -> Result<Answer<()>> {
    let client = client(properties)?;
    ask(move || {
        let what = format!("deleting topic {name:?}");
        check(&client, timeout, &what)?;
        done(client.delete_topics(&[&name], &patience(timeout)), &what)
    })
}

fn config(properties: &BTreeMap<String, String>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.extend(properties.clone());
    config.set_log_level(log_level(properties));
    config
}

fn client(properties: &BTreeMap<String, String>) -> Result<Alive<AdminClient<DefaultClientContext>>> {
    let client = config(properties).create().map_err(|error| Error::from_kafka(&error, "making an admin client"))?;
    Ok(Alive::new(client))
}

/// A request that nobody could take would only time out.
fn check(client: &AdminClient<DefaultClientContext>, timeout: Duration, what: &str) -> Result<()> {
    let metadata = client.inner().fetch_metadata(None, timeout).map_err(|error| Error::from_kafka(&error, what))?;
    let controller = controller(client.inner(), CONTROLLER.min(timeout));
    if metadata.brokers().iter().any(|broker| Some(broker.id()) == controller) {
        return Ok(());
    }
    let message = format!("{what}: these brokers have no controller that would do it, as the embedded broker has none");
    Err(Error::new(ErrorKind::Broker, message))
}

fn patience(timeout: Duration) -> AdminOptions {
    AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout))
}

fn ask<T: Send + 'static>(question: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Answer<T>> {
    let answer = Answer::default();
    let given = Arc::clone(&answer);
    thread::start("krs-admin", move || {
        let found = question();
        given.update(|answer| *answer = Some(found));
    })?;
    Ok(answer)
}

/// Waits for what one topic's request comes to.
fn done(request: impl Future<Output = Result<Vec<TopicResult>, KafkaError>>, what: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Internal, format!("{what}: {error}")))?;
    let results = runtime.block_on(request).map_err(|error| from_admin(&error, what))?;
    match results.into_iter().next() {
        Some(Ok(_)) => Ok(()),
        Some(Err((_, code))) => Err(Error::from_code(code, what)),
        None => Err(Error::new(ErrorKind::Internal, format!("{what}: the answer does not name it"))),
    }
}

fn from_admin(error: &KafkaError, what: &str) -> Error {
    match error {
        KafkaError::AdminOp(code) => Error::from_code(*code, what),
        KafkaError::AdminOpCreation(reason) => Error::new(ErrorKind::Config, format!("{what}: {reason}")),
        error => Error::from_kafka(error, what),
    }
}

fn topic(found: &MetadataTopic) -> Topic {
    let error = found.error().map(|error| code_name(error.into()));
    Topic { name: found.name().to_owned(), error, partitions: found.partitions().iter().map(partition).collect() }
}

fn partition(found: &MetadataPartition) -> Partition {
    Partition {
        id: found.id(),
        leader: found.leader(),
        replicas: found.replicas().to_vec(),
        in_sync: found.isr().to_vec(),
    }
}
