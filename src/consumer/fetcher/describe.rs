//! Telling how the group stands.
//!
//! Owns the answer to who asks, and finding out whether a broker answers again after all were down.
//! Runs on the fetcher thread, which waits for nothing here. Must change nothing but that.

use super::super::assignment::Held;
use super::super::command::{Command, Hook};
use super::super::partition::Phase;
use super::Fetcher;
use super::reach::Reach;
use crate::observe::{Brokers, GroupState, GroupStatus, JobStatus, PartitionState, PartitionStatus, RestStatus};
use crate::thread;
use rdkafka::consumer::Consumer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a broker may take to prove that it can be reached.
const PATIENCE: Duration = Duration::from_secs(5);

impl Fetcher {
    pub(super) fn describe(&mut self) -> GroupStatus {
        self.probe();
        let now = self.now();
        let mut partitions: Vec<_> = self.assignment.iter().map(|held| self.partition(held, now)).collect();
        partitions.sort_by(|one, other| (&one.topic, one.partition).cmp(&(&other.topic, other.partition)));
        GroupStatus {
            group: self.group.metrics.name().to_string(),
            state: self.state(),
            brokers: self.brokers,
            jobs_waiting: self.queued + self.late.len(),
            jobs_running: self.running,
            partitions,
            moves: self.audit.moves(),
        }
    }

    /// A broker answered.
    pub(super) fn reached(&mut self) {
        self.brokers = Brokers::Reachable;
        self.probing = false;
    }

    fn state(&self) -> GroupState {
        match self {
            _ if self.stopped => GroupState::Stopping,
            _ if self.quiet => GroupState::Quiet,
            _ if self.departure.is_some() || self.arrival.is_some() => GroupState::Rebalancing,
            _ if self.joined => GroupState::Consuming,
            _ => GroupState::Joining,
        }
    }

    fn partition(&self, held: &Held, now: Instant) -> PartitionStatus {
        let lease = &held.lease;
        let (position, marked, committed) =
            lease.offsets(|offsets| (offsets.handed_out(), offsets.marked(), offsets.confirmed()));
        let reach = Reach::of(held, &self.client);
        let (phase, failed) = (held.progress.phase(), held.progress.has_failed(now));
        let state = match phase {
            Phase::Idle => PartitionState::Idle,
            Phase::Readable => PartitionState::Ready,
            Phase::HandedOut if held.taken.is_some() => PartitionState::Running,
            Phase::HandedOut => PartitionState::Waiting,
            Phase::Resting { .. } if failed => PartitionState::Failed,
            Phase::Resting { .. } => PartitionState::Paused,
            Phase::Seeking => PartitionState::Seeking,
            Phase::Ended => PartitionState::Ended,
        };
        let rest = match phase {
            Phase::Resting { until } => Some(RestStatus {
                reason: if failed { "failure" } else { "pause" },
                seconds_left: until.map(|until| until.saturating_duration_since(now).as_secs_f64()),
            }),
            _ => None,
        };
        let job = held.out.as_ref().filter(|_| phase == Phase::HandedOut).map(|batch| {
            let (records, last) = (&batch.records, batch.records.len().checked_sub(1));
            JobStatus {
                kind: batch.hook().map_or("consume", |hook| match hook {
                    Hook::Assigned => "on_assigned",
                    Hook::Revoked => "on_revoked",
                    Hook::Shutdown => "on_shutdown",
                }),
                first_offset: last.map(|_| records.offset(batch.first)),
                last_offset: last.map(|last| records.offset(last)),
                age_seconds: held.taken.unwrap_or(held.went_out).elapsed().as_secs_f64(),
            }
        });
        let kept_offset = held
            .out
            .as_ref()
            .filter(|batch| phase != Phase::HandedOut && batch.hook().is_none())
            .map(|batch| batch.records.offset(batch.first));
        PartitionStatus {
            topic: lease.topic.to_string(),
            partition: lease.partition,
            state,
            attempt: held.progress.attempt(),
            start: held.start,
            position,
            marked,
            committed,
            end: reach.end,
            lag: reach.lag,
            job,
            kept_offset,
            stalled_seconds: held.stall.stalled(now).map(|time| time.as_secs_f64()),
            rest,
        }
    }

    /// librdkafka says when the last broker went, and not when one is back: it is asked, by somebody who may wait.
    fn probe(&mut self) {
        if self.brokers != Brokers::Unreachable || self.probing || self.stopped {
            return;
        }
        let Some(topic) = self.settings.topics.first().map(|topic| topic.name.clone()) else { return };
        let (client, group) = (Arc::clone(&self.client), Arc::clone(&self.group));
        let ask = move || {
            let answer = client.fetch_metadata(Some(&topic), PATIENCE);
            group.send(if answer.is_ok() { Command::Reached } else { Command::Unreached });
        };
        self.probing = thread::start("krs-lookup", ask).is_ok();
    }
}
