//! Giving partitions back.
//!
//! Owns what happens between the group's wish and the hand-over: the last jobs end, the last hooks
//! run, what is finished is committed. Runs on the fetcher thread. Must never keep the group
//! waiting beyond its bound, and must never have two jobs of one partition out.

use super::super::assignment::{describe, places};
use super::super::batch::Batch;
use super::super::command::Hook;
use super::super::lease::Lease;
use super::super::partition::{Next, Phase};
use super::Fetcher;
use crate::event::Event;
use crate::offsets::Offsets;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, RebalanceProtocol};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a rebalance may be in the way of the commit before a hand-over: the others wait for us
/// then, and what is not committed is only consumed again.
const HAND_OVER: Duration = Duration::from_millis(500);

/// Partitions on their way to somebody else.
pub(super) struct Departure {
    partitions: TopicPartitionList,
    leases: Vec<Arc<Lease>>,
    since: Instant,
    until: Instant,
}

impl Departure {
    pub(super) fn deadline(&self) -> Instant {
        self.until
    }

    /// Waits for nothing any more.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.until = now;
    }
}

/// A partition that is gone while its last job is still out.
pub(super) struct Lingering {
    lease: Arc<Lease>,
    /// User code is still to be told that it is gone.
    hook: Option<Hook>,
}

impl Fetcher {
    /// The group wants `partitions` back.
    pub(super) fn revoke(&mut self, partitions: TopicPartitionList) {
        let now = self.now();
        // librdkafka asks for no more before it was answered; if it did, what is asked for twice goes at once.
        if let Some(departure) = &mut self.departure {
            departure.hurry(now);
            self.depart(now);
        }
        // What was given and not taken is taken back with it.
        self.arrival = None;
        let (group, since, lost) = (self.settings.group, Instant::now(), self.client.assignment_lost());
        self.inbox.tell(Event::Revoking { group, partitions: places(&partitions), lost });
        let leases = self.assignment.among(&partitions);
        self.take_back(|batch| {
            leases.iter().any(|lease| lease.assignment == batch.assignment()) && !is_last(batch.hook())
        });
        let now = self.now();
        for lease in &leases {
            lease.cut_short();
            let hook = lease.hooks.then_some(Hook::Revoked);
            self.change(lease, |progress| progress.end(hook, now));
            self.claim(lease);
        }
        // Lost partitions may be somebody else's already, and at a close what was to end has ended or
        // was given up: there is nothing to wait for.
        let until = if lost || self.closing { now } else { now + self.settings.last_jobs };
        self.departure = Some(Departure { partitions, leases, since, until });
        self.depart(now);
    }

    /// Gives back what the group wants, once its last jobs have ended or may be waited for no more.
    pub(super) fn depart(&mut self, now: Instant) {
        let Some(departure) = &self.departure else { return };
        let lost = self.client.assignment_lost();
        let ended = |lease: &Arc<Lease>| {
            self.assignment.get(&lease.topic, lease.partition).is_none_or(|held| held.progress.phase() == Phase::Ended)
        };
        if !lost && now < departure.until && !departure.leases.iter().all(ended) {
            return;
        }
        if let Some(Departure { partitions, leases, since, .. }) = self.departure.take() {
            self.give(&partitions, &leases, lost);
            let (group, time) = (self.settings.group, since.elapsed().as_secs_f64() * 1000.0);
            self.inbox.tell(Event::Revoked { group, partitions: describe(&leases), lost, time });
        }
    }

    fn give(&mut self, partitions: &TopicPartitionList, leases: &[Arc<Lease>], lost: bool) {
        for lease in leases {
            lease.offsets(Offsets::revoke);
        }
        if !lost {
            self.commit_and_wait(HAND_OVER);
        }
        self.note_left(leases, lost);
        for lease in leases {
            let Some(held) = self.assignment.give(lease) else { continue };
            if let Some(until) = held.rests {
                self.resting.remove(&(until, lease.assignment));
            }
            let hook = held.progress.owed_hook();
            if held.progress.is_out() {
                let key = (Arc::clone(&lease.topic), lease.partition);
                self.lingering.insert(key, Lingering { lease: Arc::clone(lease), hook });
            } else if let Some(hook) = hook {
                self.linger_for(lease, hook);
            }
        }
        let given = match self.client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.client.incremental_unassign(partitions),
            RebalanceProtocol::None | RebalanceProtocol::Eager => self.client.unassign(),
        };
        self.report_kafka(&given, "giving partitions back");
        if lost {
            self.group.metrics.lost();
        }
        // Who keeps nothing waits for the next assignment.
        self.joined = !lost && matches!(self.client.rebalance_protocol(), RebalanceProtocol::Cooperative);
        self.membership_changed();
    }

    /// Has user code told that `lease` is gone; the partition waits for that if it comes back.
    fn linger_for(&mut self, lease: &Arc<Lease>, hook: Hook) {
        let key = (Arc::clone(&lease.topic), lease.partition);
        self.lingering.insert(key, Lingering { lease: Arc::clone(lease), hook: None });
        self.late.push_back(Batch::of_hook(hook, lease, 1, 0));
    }

    /// Whether another job of this partition is still out, of an assignment before.
    pub(super) fn lingers(&self, lease: &Lease) -> bool {
        self.lingering.contains_key(&(Arc::clone(&lease.topic), lease.partition))
    }

    /// The last job of a partition that was revoked meanwhile has ended. If the partition is ours
    /// again, its records may go out now.
    pub(super) fn linger_no_more(&mut self, lease: &Arc<Lease>) {
        let key = (Arc::clone(&lease.topic), lease.partition);
        let Some(lingering) = self.lingering.remove(&key) else { return };
        if lingering.lease.assignment != lease.assignment {
            self.lingering.insert(key, lingering);
            return;
        }
        if let Some(hook) = lingering.hook {
            return self.linger_for(lease, hook);
        }
        if let Some(held) = self.assignment.get(&lease.topic, lease.partition)
            && held.progress.phase() == Phase::Readable
        {
            let waiting = Arc::clone(&held.lease);
            self.follow(&waiting, Next::Look);
        }
    }
}

/// Whether the hook tells user code of an end: it is not taken back for another end.
pub(super) fn is_last(hook: Option<Hook>) -> bool {
    matches!(hook, Some(Hook::Revoked | Hook::Shutdown))
}
