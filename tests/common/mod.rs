//! A mock cluster, a producer and a consumer for the integration tests.
#![allow(dead_code, reason = "each test file uses its part")]

use karafka_rs::consumer::{Settings, Start, TopicSettings};
use karafka_rs::mailbox::Popped;
use karafka_rs::producer::{Enqueued, Outgoing};
use karafka_rs::wait::{Cancel, Waited};
use karafka_rs::{Batch, Consumer, Event, Inbox, MockCluster, Producer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

pub(crate) struct World {
    pub(crate) cluster: MockCluster,
    pub(crate) producer: Producer,
}

impl World {
    pub(crate) fn new(topics: &[(&str, i32)]) -> Self {
        let cluster = MockCluster::start(1, Duration::ZERO).expect("mock cluster");
        for (topic, partitions) in topics {
            cluster.create_topic(topic, *partitions).expect("topic");
        }
        let servers = cluster.bootstrap_servers().expect("address");
        let properties = [("bootstrap.servers", servers.as_str()), ("linger.ms", "100")];
        let producer = Producer::new(&own(&properties)).expect("producer");
        Self { cluster, producer }
    }

    /// Produces in one request, so that one fetch brings all.
    pub(crate) fn produce(&self, topic: &str, partition: i32, payloads: impl IntoIterator<Item = String>) {
        let mut deliveries = Vec::new();
        for payload in payloads {
            let record = Outgoing {
                topic,
                payload: Some(payload.as_bytes()),
                partition: Some(partition),
                ..Outgoing::default()
            };
            let delivery = self.producer.delivery();
            let enqueued = self.producer.enqueue(&record, Some(Arc::clone(&delivery))).expect("enqueued");
            assert!(matches!(enqueued, Enqueued::Yes));
            deliveries.push(delivery);
        }
        for delivery in deliveries {
            let Waited::Ready(report) = delivery.wait(PATIENCE, &Cancel::new()) else { unreachable!("delivered") };
            report.expect("delivered");
        }
    }

    pub(crate) fn settings(&self, group: &str, topics: &[&str]) -> Settings {
        let servers = self.cluster.bootstrap_servers().expect("address");
        let properties = [
            ("bootstrap.servers", servers.as_str()),
            ("group.id", group),
            ("fetch.wait.max.ms", "10"),
            ("session.timeout.ms", "6000"),
            ("auto.commit.interval.ms", "100"),
        ];
        let topic = |name: &&str| TopicSettings { name: (*name).to_owned(), start: Start::Earliest, hooks: false };
        Settings {
            group: 0,
            properties: own(&properties),
            topics: topics.iter().map(topic).collect(),
            max_messages: 100,
            max_bytes: 1_000_000,
            ready_limit: 4,
            concurrency: 1_000,
            commit_threshold: 0,
            last_jobs: Duration::from_secs(1),
            stall_after: None,
            first_look: Duration::from_secs(5),
        }
    }

    pub(crate) fn consume(&self, settings: Settings) -> Member {
        let inbox = Arc::new(Inbox::default());
        let consumer = Consumer::start(settings, Arc::clone(&inbox)).expect("consumer");
        Member { inbox, consumer }
    }
}

pub(crate) struct Member {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) consumer: Consumer,
}

impl Member {
    #[track_caller]
    pub(crate) fn next(&self) -> Batch {
        match self.inbox.next_job(PATIENCE, &Cancel::new()) {
            Popped::Item(batch) => {
                batch.start();
                batch
            }
            other => unreachable!("a batch was expected, not {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn nothing_within(&self, time: Duration) {
        let popped = self.inbox.next_job(Some(time), &Cancel::new());
        assert!(matches!(popped, Popped::TimedOut), "nothing was expected, not {popped:?}");
    }

    #[track_caller]
    pub(crate) fn event(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            match self.inbox.next_event(PATIENCE, &Cancel::new()) {
                Popped::Item(event) if wanted(&event) => return event,
                Popped::Item(_) => {}
                other => unreachable!("an event was expected, not {other:?}"),
            }
        }
    }

    #[track_caller]
    pub(crate) fn close(&self) {
        let closed = self.consumer.close(PATIENCE, &Cancel::new()).expect("not forked");
        assert_eq!(closed, Waited::Ready(()));
    }
}

pub(crate) fn payloads(batch: &Batch) -> Vec<String> {
    let records = batch.records();
    (batch.first()..records.len())
        .map(|index| String::from_utf8(records.payload(index).expect("payload").to_vec()).expect("UTF-8"))
        .collect()
}

pub(crate) fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

pub(crate) fn own(properties: &[(&str, &str)]) -> BTreeMap<String, String> {
    properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
