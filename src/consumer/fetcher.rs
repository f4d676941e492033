//! The thread of one consumer group.
//!
//! Owns the group's state: what is held, what is out, what rests, what is to commit. Runs on its
//! own thread, on a small tokio runtime for timers. The one place that turns an outcome into a
//! retry, a fetch or a stop. Must never wait for a host thread.

mod group;
mod hand_out;
mod repeats;

use super::assignment::Assignment;
use super::client::Client;
use super::command::{Command, Outcome};
use super::commit::Committer;
use super::inbox::Inbox;
use super::lease::Lease;
use super::partition::Phase;
use super::{Settings, Status};
use crate::event::Event;
use crate::wait::Waitable;
use repeats::Repeats;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Serve librdkafka at least so often: it counts as the poll that `max.poll.interval.ms` asks for.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);
/// Serve librdkafka at least so often while commands keep the thread busy.
const SERVE_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Fetcher {
    settings: Settings,
    client: Arc<Client>,
    inbox: Arc<Inbox>,
    commands: UnboundedSender<Command>,
    status: Arc<Waitable<Status>>,
    assignment: Assignment,
    committer: Committer,
    repeats: Repeats,
    /// Readable partitions, longest waiting first: nobody starves.
    readable: VecDeque<Arc<Lease>>,
    /// Resting partitions by the time their rest ends and their assignment.
    resting: BTreeMap<(Instant, u64), Arc<Lease>>,
    /// Revoked partitions whose last batch is still in user code: if they come back, they wait for it.
    lingering: HashSet<(Arc<str>, i32)>,
    /// When librdkafka was served last.
    served: Instant,
    /// Of our batches, how many wait in the inbox and how many are with workers.
    queued: usize,
    running: usize,
    stopped: bool,
    closing: bool,
}

impl Fetcher {
    pub(super) fn new(
        settings: Settings,
        client: Arc<Client>,
        inbox: Arc<Inbox>,
        commands: UnboundedSender<Command>,
        status: Arc<Waitable<Status>>,
    ) -> Self {
        let interval = settings.commit_interval().unwrap_or_default();
        Self {
            settings,
            client,
            inbox,
            commands,
            status,
            assignment: Assignment::default(),
            committer: Committer::new(interval, Instant::now()),
            repeats: Repeats::default(),
            readable: VecDeque::new(),
            resting: BTreeMap::new(),
            lingering: HashSet::new(),
            served: Instant::now(),
            queued: 0,
            running: 0,
            stopped: false,
            closing: false,
        }
    }

    /// The thread's body.
    pub(super) fn run(mut self, mut received: UnboundedReceiver<Command>) {
        let status = Arc::clone(&self.status);
        let (inbox, group) = (Arc::clone(&self.inbox), self.settings.group);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            match tokio::runtime::Builder::new_current_thread().enable_time().build() {
                Ok(runtime) => runtime.block_on(self.serve(&mut received)),
                Err(error) => self.tell_error("_CRIT_SYS_RESOURCE", format!("cannot start timers: {error}"), true),
            }
            self.leave();
        }));
        if ended.is_err() {
            // Whatever state it is in, nobody may be left waiting and nothing may be marked any more.
            self.abandon();
            let message =
                "the fetcher thread panicked; the consumer is closed and its partitions go to other members".to_owned();
            inbox.tell(Event::Error { group: Some(group), code: "_FATAL".into(), message, fatal: true });
        }
        received.close();
        while let Ok(command) = received.try_recv() {
            if let Command::Commit(reply) = command {
                reply.update(|answer| *answer = Some(false));
            }
        }
        status.update(|status| *status = Status { running: 0, stopped: true, closed: true });
    }

    async fn serve(&mut self, received: &mut UnboundedReceiver<Command>) {
        while !self.closing {
            let sleep = self.next_deadline().saturating_duration_since(Instant::now()).min(LONGEST_SLEEP);
            tokio::select! {
                biased;
                command = received.recv() => if let Some(command) = command { self.obey(command) },
                () = tokio::time::sleep(sleep) => self.serve_client(),
            }
            // What else has come in the meantime, before records are looked for.
            while let Ok(command) = received.try_recv() {
                self.obey(command);
            }
            // Commands may come without a pause; librdkafka must be heard all the same.
            if self.served.elapsed() > SERVE_EVERY {
                self.serve_client();
            }
            self.wake_rested(Instant::now());
            let committed = self.committer.tick(Instant::now(), &self.client, &self.assignment);
            self.report(committed);
            self.fill();
            self.publish();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Readable(lease) => self.announced(&lease),
            Command::ClientEvent => self.serve_client(),
            Command::Finished { lease, delivery, outcome } => self.finished(&lease, delivery, outcome),
            Command::Taken => {
                self.queued = self.queued.saturating_sub(1);
                self.running += 1;
            }
            Command::Commit(reply) => {
                let started = self.committer.request(reply, &self.client, &self.assignment);
                self.report(started);
            }
            Command::Free(records) => drop(records),
            Command::Stop => self.stop(),
            Command::Close => {
                self.stop();
                self.closing = true;
            }
        }
    }

    // === what becomes of a batch ===

    fn finished(&mut self, lease: &Arc<Lease>, delivery: u64, outcome: Outcome) {
        // Counted for batches of revoked partitions too: their workers were just as busy.
        self.running = self.running.saturating_sub(1);
        let Some(held) = self.assignment.by_lease(lease) else {
            return self.linger_no_more(lease);
        };
        if !held.progress.is_current(delivery) {
            return;
        }
        let Some(mut batch) = held.out.take() else { return };
        let first = batch.first_unmarked();
        let (left, moved) = (first < batch.records.len(), first > batch.first);
        batch.first = first;
        match held.progress.finish(outcome, left, moved, Instant::now()) {
            Phase::BackingOff { until } => {
                held.out = Some(batch);
                self.resting.insert((until, lease.assignment), Arc::clone(lease));
            }
            _ => self.readable.push_back(Arc::clone(lease)),
        }
    }

    /// User code is through with the last batch of a partition that was revoked meanwhile. If the
    /// partition is ours again, its records may go out now: never two batches of it at once.
    fn linger_no_more(&mut self, lease: &Lease) {
        if !self.lingering.remove(&(Arc::clone(&lease.topic), lease.partition)) {
            return;
        }
        if let Some(held) = self.assignment.get(&lease.topic, lease.partition) {
            self.readable.push_back(Arc::clone(&held.lease));
        }
    }

    /// Puts back in line what has rested long enough.
    fn wake_rested(&mut self, now: Instant) {
        while let Some(entry) = self.resting.first_entry() {
            if entry.key().0 > now || self.stopped {
                return;
            }
            let lease = entry.remove();
            let Some(held) = self.assignment.by_lease(&lease) else {
                continue;
            };
            if held.progress.rested() {
                self.readable.push_back(lease);
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let latest = Instant::now() + LONGEST_SLEEP;
        if self.stopped {
            return latest;
        }
        let rested = self.resting.first_key_value().map_or(latest, |((until, _), _)| *until);
        rested.min(self.committer.due().unwrap_or(latest))
    }
}
