//! The librdkafka client of one group.
//!
//! Owns its creation and its end. Shared by the fetcher, split queues and records that outlive it.
//! Must not be destroyed on a host thread (that joins librdkafka's threads) nor in a forked child.

use super::Settings;
use super::command::Command;
use super::context::{Context, Report};
use crate::error::{Error, Result};
use crate::librdkafka::{Alive, ForkStamp};
use crate::thread;
use rdkafka::Message;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

pub(super) struct Client {
    // Taken in `drop` only.
    consumer: Option<Alive<BaseConsumer<Context>>>,
    stamp: ForkStamp,
}

impl Client {
    /// Makes the client and subscribes it.
    pub(super) fn subscribe(settings: &Settings, commands: &UnboundedSender<Command>) -> Result<Arc<Self>> {
        let config = settings.client_config()?;
        settings.commit_interval()?;
        let mut consumer = BaseConsumer::from_config_and_context(&config, Context::default())
            .map_err(|error| Error::from_kafka(&error, "making a consumer"))?;
        let wake = commands.clone();
        consumer.set_nonempty_callback(move || drop(wake.send(Command::ClientEvent)));
        let client = Self { consumer: Some(Alive::new(consumer)), stamp: ForkStamp::now() };
        client.join(settings)?;
        Ok(Arc::new(client))
    }

    /// Leaves the group and joins it again, once what is held was given back: everybody's assignment is worked out anew.
    /// Subscribing again to the same topics would change nothing.
    pub(super) fn rejoin(&self, settings: &Settings) -> Result<()> {
        self.unsubscribe();
        self.join(settings)
    }

    fn join(&self, settings: &Settings) -> Result<()> {
        let topics: Vec<&str> = settings.topics.iter().map(|topic| topic.name.as_str()).collect();
        (**self).subscribe(&topics).map_err(|error| Error::from_kafka(&error, format!("subscribing to {topics:?}")))
    }

    /// Serves librdkafka for up to `wait` and gives the next thing it had to report. `None`: its
    /// queue is empty. Whoever stops before that is not woken for what is left.
    pub(super) fn next_report(&self, mut wait: Duration) -> Option<Report> {
        loop {
            let served = self.context().served();
            if let Some(report) = self.next_event(wait) {
                return Some(report);
            }
            // A poll that served something without a report looks like one that found nothing.
            if self.context().served() == served {
                return None;
            }
            wait = Duration::ZERO;
        }
    }

    fn next_event(&self, wait: Duration) -> Option<Report> {
        if let Some(report) = self.context().take() {
            return Some(report);
        }
        match self.poll(wait) {
            // The context has it too, with its text.
            Some(Err(_)) => self.context().take(),
            // Every partition's queue is split off before it is assigned, so no record should come
            // this way. One that does is read again from its own queue rather than lost.
            Some(Ok(record)) => Some(Report::Stray(record.topic().to_owned(), record.partition(), record.offset())),
            // A poll that served a callback looks empty too: look at what it left.
            None => self.context().take(),
        }
    }
}

impl Deref for Client {
    type Target = BaseConsumer<Context>;

    fn deref(&self) -> &Self::Target {
        self.consumer.as_ref().expect("taken in drop only")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let consumer = self.consumer.take();
        if self.stamp.is_foreign() {
            std::mem::forget(consumer);
            return;
        }
        // The rdkafka crate's drop waits until the group is left, and nobody is left to answer.
        if let Some(consumer) = &consumer {
            consumer.context().refuse_partitions(consumer);
        }
        // Destroying joins librdkafka's threads, and the last owner may be a garbage collector.
        // Without a thread the client is destroyed here after all: slow, but not leaked.
        drop(thread::start("krs-reaper", move || drop(consumer)));
    }
}
