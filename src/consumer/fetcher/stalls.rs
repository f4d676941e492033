//! Seeing that partitions get on.
//!
//! Owns looking at them now and then, and telling of one that has work and makes no progress. Runs on
//! the fetcher thread. Must change nothing of what is consumed.

use super::super::assignment::Held;
use super::super::partition::Phase;
use super::Fetcher;
use super::reach::Reach;
use crate::event::Event;
use std::time::{Duration, Instant};

/// Looks are a tenth of the limit apart, but never further than this, and never closer than the next.
const RAREST: Duration = Duration::from_secs(5);
const CLOSEST: Duration = Duration::from_millis(20);

impl Fetcher {
    /// When to look next. While no job is out, the looks that happen anyway will do.
    pub(super) fn next_stall_look(&self) -> Option<Instant> {
        let watched = self.settings.stall_after.is_some() && !self.stopped;
        (watched && self.running + self.queued > 0).then_some(self.stall_look)
    }

    pub(super) fn look_for_stalls(&mut self, now: Instant) {
        let Some(limit) = self.settings.stall_after.filter(|_| now >= self.stall_look && !self.stopped) else { return };
        self.stall_look = now + (limit / 10).clamp(CLOSEST, RAREST);
        let mut told = Vec::new();
        for held in self.assignment.iter_mut() {
            let lease = &held.lease;
            let (position, marked) = lease.offsets(|offsets| (offsets.handed_out(), offsets.marked()));
            let reach = Reach::of(held, &self.client);
            // Who pauses a partition means it.
            let wanted = !matches!(held.progress.phase(), Phase::Resting { .. } if !held.progress.has_failed(now));
            // What was handed out and not marked is user code's business: it may gather messages.
            let has_work = wanted && (held.out.is_some() || reach.behind);
            if let Some(time) = held.stall.look((position, marked), has_work, limit, now) {
                told.push(stalled(self.settings.group, held, time, reach.lag));
            }
        }
        told.into_iter().for_each(|event| self.inbox.tell(event));
    }
}

fn stalled(group: u32, held: &Held, time: Duration, lag: Option<i64>) -> Event {
    let lease = &held.lease;
    let marked = lease.offsets(|offsets| offsets.marked());
    Event::Stalled {
        group,
        topic: lease.topic.to_string(),
        partition: lease.partition,
        assignment: lease.assignment,
        running: held.progress.is_out() && held.taken.is_some(),
        offset: marked,
        seconds: time.as_secs_f64(),
        lag,
    }
}
