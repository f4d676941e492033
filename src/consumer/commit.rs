//! Telling Kafka what user code finished.
//!
//! Owns the one commit that may be under way and everybody who waits for one. Runs on the fetcher
//! thread. Must be the only place that commits.

use super::assignment::Assignment;
use super::client::Client;
use super::command::CommitReply;
use super::lease::Group;
use crate::error::{Error, Result};
use crate::librdkafka::commit_with_answer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait before a commit that met a rebalance is tried again.
const AGAIN: Duration = Duration::from_millis(100);

/// Commits, one at a time, on a timer and on request.
pub(super) struct Committer {
    group: Arc<Group>,
    interval: Option<Duration>,
    next: Option<Instant>,
    /// When to ask again after a rebalance was in the way.
    again: Option<Instant>,
    in_flight: bool,
    /// When it was sent.
    sent: Instant,
    /// Answers still to come to commits that were given up: they are nobody's.
    stale: usize,
    /// Wait for the commit under way.
    served: Vec<CommitReply>,
    /// Came while one was under way: their marks may not be in it.
    waiting: Vec<CommitReply>,
}

impl Committer {
    pub(super) fn new(interval: Option<Duration>, group: Arc<Group>, now: Instant) -> Self {
        let next = interval.map(|interval| now + interval);
        let (served, waiting) = (Vec::new(), Vec::new());
        Self { group, interval, next, again: None, in_flight: false, sent: now, stale: 0, served, waiting }
    }

    /// When the next commit is due by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.into_iter().chain(self.again).min()
    }

    /// Starts the timed commit when its time has come.
    pub(super) fn tick(&mut self, now: Instant, client: &Client, assignment: &Assignment) -> Result<()> {
        if self.due().is_none_or(|due| due > now) {
            return Ok(());
        }
        if self.next.is_some_and(|next| next <= now) {
            self.next = self.interval.map(|interval| now + interval);
        }
        if self.in_flight { Ok(()) } else { self.start(client, assignment) }
    }

    /// So much was marked that it is to be committed before its time. While a commit is under way
    /// the next mark that is one too many asks again.
    pub(super) fn hasten(&mut self, client: &Client, assignment: &Assignment) -> Result<()> {
        if self.in_flight {
            self.group.commits();
            return Ok(());
        }
        self.start(client, assignment)
    }

    /// Somebody waits for a commit of everything marked up to now.
    pub(super) fn request(&mut self, reply: CommitReply, client: &Client, assignment: &Assignment) -> Result<()> {
        self.waiting.push(reply);
        if self.in_flight { Ok(()) } else { self.start(client, assignment) }
    }

    /// Commits what is marked and not committed, and answers who waits when there is nothing.
    pub(super) fn start(&mut self, client: &Client, assignment: &Assignment) -> Result<()> {
        self.again = None;
        self.group.commits();
        self.served.append(&mut self.waiting);
        let offsets = marked(assignment);
        if offsets.count() == 0 {
            self.answer(true);
            return Ok(());
        }
        match commit_with_answer(client, &offsets) {
            Ok(()) => {
                self.in_flight = true;
                self.sent = Instant::now();
                Ok(())
            }
            Err(error) => {
                self.answer(false);
                Err(Error::from_kafka(&error, "committing offsets"))
            }
        }
    }

    /// A commit came back. Starts the next one when somebody waits for it.
    pub(super) fn finished(
        &mut self,
        result: &KafkaResult<()>,
        offsets: &TopicPartitionList,
        now: Instant,
        client: &Client,
        assignment: &Assignment,
    ) -> Result<()> {
        let mut refused = None;
        for element in offsets.elements() {
            match (element.error(), element.offset()) {
                (Ok(()), Offset::Offset(next)) if result.is_ok() => {
                    if let Some(held) = assignment.get(element.topic(), element.partition()) {
                        held.lease.offsets(|offsets| offsets.committed(next));
                    }
                }
                (Err(error), _) => refused = Some((error, format!("{}/{}", element.topic(), element.partition()))),
                _ => {}
            }
        }
        // Answers come in the order of the commits.
        if self.stale > 0 {
            self.stale -= 1;
            return Ok(());
        }
        self.in_flight = false;
        if in_rebalance(result.as_ref().err().or(refused.as_ref().map(|(error, _)| error))) {
            // The group is between two generations: nothing is lost, only early.
            self.waiting.splice(0..0, self.served.drain(..));
            self.again = Some(now + AGAIN);
            return Ok(());
        }
        let error = match (result, refused) {
            // librdkafka had nothing to send.
            (Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)), _) => None,
            (Err(error), _) => {
                Some(Error::from_kafka(error, "committing offsets; what was not committed may be consumed again"))
            }
            (Ok(()), Some((error, partition))) => Some(Error::from_kafka(
                &error,
                format!("committing the offset of {partition}; it may be consumed again"),
            )),
            (Ok(()), None) => None,
        };
        self.group.metrics.committed(error.is_none(), self.took());
        self.answer(error.is_none());
        let started = if self.waiting.is_empty() { Ok(()) } else { self.start(client, assignment) };
        error.map_or(started, Err)
    }

    /// Whether a rebalance was in the way of the last commit, and it is to be asked for again.
    pub(super) fn wants_again(&self) -> bool {
        self.again.is_some()
    }

    /// How long the last commit has been under way.
    pub(super) fn took(&self) -> Duration {
        self.sent.elapsed()
    }

    /// Whether a commit is under way.
    pub(super) fn in_flight(&self) -> bool {
        self.in_flight
    }

    /// Nothing will be committed any more: lets everybody go.
    pub(super) fn give_up(&mut self) {
        self.stale += usize::from(std::mem::take(&mut self.in_flight));
        self.served.append(&mut self.waiting);
        self.answer(false);
    }

    fn answer(&mut self, confirmed: bool) {
        for reply in self.served.drain(..) {
            reply.update(|answer| *answer = Some(confirmed));
        }
    }
}

/// Whether the commit came between two generations of the group. What of it is still ours when the
/// rebalance is through may be committed then, in the new generation.
pub(super) fn in_rebalance(error: Option<&KafkaError>) -> bool {
    let code = error.and_then(KafkaError::rdkafka_error_code);
    matches!(code, Some(RDKafkaErrorCode::RebalanceInProgress | RDKafkaErrorCode::IllegalGeneration))
}

fn marked(assignment: &Assignment) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for held in assignment.iter() {
        if let Some(next) = held.lease.offsets(|offsets| offsets.to_commit()) {
            // Set on the element: by name it would be searched for, each among all. Only an offset below zero is refused,
            // and a next offset never is.
            drop(list.add_partition(&held.lease.topic, held.lease.partition).set_offset(Offset::Offset(next)));
        }
    }
    list
}
