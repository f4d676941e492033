//! From readable partitions to batches in the inbox.
//!
//! Owns looking into queues and handing out, in the order partitions became readable, while the
//! inbox has room. Runs on the fetcher thread. Must hand out one batch of a partition at a time.

use super::super::batch::Batch;
use super::super::lease::Lease;
use super::super::partition::{Job, Next};
use super::Fetcher;
use super::auditing::place;
use crate::error::code_name;
use crate::event::Event;
use crate::interest::INTEREST;
use crate::librdkafka::end_offset;
use rdkafka::Offset;
use rdkafka::consumer::Consumer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a partition rests before records are asked for again whose checksum was wrong.
const DAMAGED_REST: Duration = Duration::from_secs(1);

impl Fetcher {
    pub(super) fn announced(&mut self, lease: &Arc<Lease>) {
        let Some(held) = self.assignment.by_lease(lease) else {
            return;
        };
        match held.progress.announce() {
            // Already in line, or out: it is looked at again anyway.
            Next::Wait => lease.looking(),
            next => self.follow(lease, next),
        }
    }

    /// Drains readable partitions into batches while the inbox has room for them.
    pub(super) fn fill(&mut self) {
        let limit = self.settings.concurrency;
        while self.queued < self.settings.ready_limit && self.queued + self.running < limit {
            if let Some(hook) = self.late.pop_front() {
                self.hand_over(hook);
            } else if let Some(lease) = self.readable.pop_front() {
                self.look(&lease);
            } else {
                return;
            }
        }
    }

    fn look(&mut self, lease: &Arc<Lease>) {
        let now = self.now();
        let Some(held) = self.assignment.by_lease(lease) else {
            return;
        };
        held.in_line = false;
        lease.looking();
        match held.progress.job() {
            None => return,
            Some(Job::Hook(hook)) => {
                let (attempt, delivery) = held.progress.hand_out();
                let batch = Batch::of_hook(hook, lease, attempt, delivery);
                // What failed before it comes after it.
                held.out = Some(batch.clone());
                return self.hand_over(batch);
            }
            // It would be looked at for ever: nothing ends this but the end.
            Some(Job::Records) if self.quiet => return held.progress.found_empty(),
            Some(Job::Records) => lease.whole(),
        }
        if let Some(mut batch) = held.out.take() {
            (batch.attempt, batch.delivery) = held.progress.hand_out();
            held.out = Some(batch.clone());
            return self.hand_over(batch);
        }
        let start = held.start;
        let mut again = held.reread.take().map(|damaged| {
            self.audit.reread(&place(lease));
            let from = lease.offsets(|offsets| offsets.handed_out()).unwrap_or(damaged);
            // What is queued goes, here and in librdkafka: its own next offset is as wrong as the records were.
            held.queue.forget();
            self.client.seek(&lease.topic, lease.partition, Offset::Offset(from), Duration::ZERO)
        });
        let drained = held.queue.drain(self.settings.max_messages, self.settings.max_bytes);
        held.reread = drained.damaged;
        if let Some(offset) = drained.miscounted {
            again = Some(self.client.seek(&lease.topic, lease.partition, Offset::Offset(offset), Duration::ZERO));
        }
        if drained.records.is_empty() && held.reread.is_some() {
            let next = held.progress.rest_for(DAMAGED_REST, now);
            self.follow(lease, next);
        } else if drained.records.is_empty() {
            held.progress.found_empty();
        } else {
            let (attempt, delivery) = held.progress.hand_out();
            let records = Arc::new(drained.records);
            let batch = Batch::new(records, None, lease, attempt, delivery);
            held.out = Some(batch.clone());
            let position = lease.offsets(|offsets| offsets.handed_out()).or(start);
            let (first, last) = (batch.records.offset(0), batch.records.offset(batch.records.len() - 1));
            let back = lease.offsets(|offsets| offsets.hand_out(first, last));
            self.note_records(lease, position, &batch.records, back);
            if back {
                let message = format!(
                    "{}/{} went on at offset {first}, before records that were consumed already: the topic was \
                     emptied or made anew, and its records are consumed from there",
                    lease.topic, lease.partition
                );
                self.tell_error("_AUTO_OFFSET_RESET", message, false);
            }
            self.hand_over(batch);
        }
        if let Some(again) = again {
            self.report_kafka(&again, &format!("reading {}/{} again", lease.topic, lease.partition));
        }
        for (code, text) in drained.errors {
            let cure = if drained.damaged.is_some() { "; it was not handed out and is fetched again" } else { "" };
            let message = format!("{}/{}: {text}{cure}", lease.topic, lease.partition);
            self.tell_error(&code_name(code), message, false);
        }
    }

    pub(super) fn hand_over(&mut self, mut batch: Batch) {
        self.queued += 1;
        batch.ready = Instant::now();
        if let Some(held) = self.assignment.by_lease(&batch.lease) {
            (held.went_out, held.taken) = (batch.ready, None);
        }
        if batch.hook.is_none() {
            if INTEREST.fetched() {
                self.inbox.tell(self.fetched(&batch));
            }
            batch.lease.metrics.handed_out(batch.records.len() - batch.first, batch.records.bytes(), batch.attempt);
        }
        // A closed inbox has no workers: the batch stays unmarked, so its records come again.
        drop(self.inbox.jobs.push(batch));
    }
    fn fetched(&self, batch: &Batch) -> Event {
        let (lease, records) = (&batch.lease, &batch.records);
        let (first, last) = (records.offset(batch.first), records.offset(records.len() - 1));
        let end = end_offset(self.client.client(), &lease.topic, lease.partition);
        let marked = lease.offsets(|offsets| offsets.marked());
        Event::Fetched {
            group: self.settings.group,
            topic: lease.topic.to_string(),
            partition: lease.partition,
            size: records.len() - batch.first,
            first_offset: first,
            last_offset: last,
            attempt: batch.attempt,
            lag: end.zip(marked).map(|(end, marked)| (end - marked).max(0)),
        }
    }
}
