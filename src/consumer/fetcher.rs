//! The thread of one consumer group.
//!
//! Owns the group's state (what is held, is out, rests, is to commit) and the loop that hears of changes. Runs on its own
//! thread, on a small tokio runtime for timers. Must never wait for a host thread.

mod arriving;
mod auditing;
mod covering;
mod describe;
mod group;
mod hand_out;
mod outcome;
mod reach;
mod rehearsal;
mod repeats;
mod revocation;
mod stalls;

use super::arrival::Arrival;
use super::assignment::Assignment;
use super::batch::Batch;
use super::client::Client;
use super::command::Command;
use super::commit::Committer;
use super::coverage::Coverage;
use super::inbox::Inbox;
use super::lease::{Group, Lease};
use super::silence::Beat;
use super::{Settings, Status};
use crate::event::Event;
use crate::observe::Brokers;
use crate::offsets::audit::Audit;
use crate::wait::Waitable;
use repeats::Repeats;
use revocation::{Departure, Lingering};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Serve librdkafka at least so often while commands keep the thread busy.
const SERVE_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Fetcher {
    settings: Settings,
    client: Arc<Client>,
    inbox: Arc<Inbox>,
    group: Arc<Group>,
    status: Arc<Waitable<Status>>,
    beat: Arc<Beat>,
    assignment: Assignment,
    committer: Committer,
    repeats: Repeats,
    audit: Audit,
    /// Readable partitions, longest waiting first: nobody starves.
    readable: VecDeque<Arc<Lease>>,
    /// Resting partitions by the time their rest ends and their assignment.
    resting: BTreeMap<(Instant, u64), Arc<Lease>>,
    /// Partitions that the group gives us, while it is looked up where they begin.
    arrival: Option<Arrival>,
    /// How many look-ups there were.
    arrivals: u64,
    coverage: Option<Coverage>,
    /// Partitions that the group wants back, while their last jobs end.
    departure: Option<Departure>,
    /// Revoked partitions whose last job is still out: if they come back, they wait for it.
    lingering: HashMap<(Arc<str>, i32), Lingering>,
    /// Last hooks of partitions that are gone: they go out before anything else.
    late: VecDeque<Batch>,
    /// Librdkafka is served at least so often, whatever happens.
    longest_sleep: Duration,
    /// When it is to be looked next whether partitions get on.
    stall_look: Instant,
    /// When librdkafka was served last.
    served: Instant,
    /// How far the clock of rests, pauses and timed commits is ahead of the real one: see
    /// [`Rehearsal::Pass`](super::command::Rehearsal).
    passed: Duration,
    /// Of our batches, how many wait in the inbox and how many are with workers.
    queued: usize,
    running: usize,
    /// The group gave us an assignment, be it an empty one.
    joined: bool,
    brokers: Brokers,
    /// It is being tried whether a broker answers again.
    probing: bool,
    /// No records go out any more, but the group is not left.
    quiet: bool,
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
        let id = settings.properties.get("group.id").map_or("", String::as_str);
        let metrics = inbox.watch().metrics.group(id);
        let group = Group::new(settings.group, settings.commit_threshold, metrics, commands);
        let committer = Committer::new(interval, Arc::clone(&group), Instant::now());
        Self {
            coverage: settings.first_look().map(Coverage::new),
            longest_sleep: settings.longest_sleep(),
            beat: inbox.enter(settings.group),
            settings,
            client,
            inbox,
            group,
            status,
            assignment: Assignment::default(),
            committer,
            repeats: Repeats::default(),
            audit: Audit::default(),
            readable: VecDeque::new(),
            resting: BTreeMap::new(),
            arrival: None,
            arrivals: 0,
            departure: None,
            lingering: HashMap::new(),
            late: VecDeque::new(),
            stall_look: Instant::now(),
            served: Instant::now(),
            passed: Duration::ZERO,
            queued: 0,
            running: 0,
            joined: false,
            brokers: Brokers::Unknown,
            probing: false,
            quiet: false,
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
            self.beat.beat(Instant::now());
            let sleep = self.next_deadline().saturating_duration_since(self.now());
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
            self.wake_rested(self.now());
            self.arrive_again(self.now());
            self.depart(self.now());
            self.look_around(self.now());
            self.look_for_stalls(self.now());
            let committed = self.committer.tick(self.now(), &self.client, &self.assignment);
            self.report(committed);
            self.fill();
            self.publish();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Arrived { number, found } => self.arrived(number, found),
            Command::Looked { number, found } => self.looked(number, found),
            Command::Readable(lease) => self.announced(&lease),
            Command::ClientEvent => self.serve_client(),
            Command::Finished { lease, delivery, outcome } => self.finished(&lease, delivery, outcome),
            Command::Wishes(lease) => self.heed_wishes(&lease),
            Command::Sought { lease, target, moved } => self.sought(&lease, target, moved),
            Command::Taken(lease) => self.taken(&lease),
            Command::Describe(answer) => answer.give(self.describe()),
            Command::Reached => self.reached(),
            Command::Unreached => self.probing = false,
            Command::CommitDue => {
                let started = self.committer.hasten(&self.client, &self.assignment);
                self.report(started);
            }
            Command::Commit(reply) => {
                let started = self.committer.request(reply, &self.client, &self.assignment);
                self.report(started);
            }
            Command::Free(records) => drop(records),
            Command::Rehearse(what) => self.rehearse(what),
            Command::Quiet => self.be_quiet(),
            Command::Stop => self.stop(),
            Command::Close => {
                self.stop();
                self.closing = true;
            }
        }
    }

    /// The time by which partitions rest and commits are due.
    fn now(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.passed).unwrap_or(now)
    }

    fn next_deadline(&self) -> Instant {
        let latest = self.now() + self.longest_sleep;
        let rested = self.resting.first_key_value().map(|((until, _), _)| *until);
        let commit = self.committer.due().filter(|_| !self.stopped);
        let departure = self.departure.as_ref().map(Departure::deadline);
        let arrival = self.arrival.as_ref().and_then(Arrival::due);
        let look = self.coverage.as_ref().and_then(Coverage::due).filter(|_| self.is_settled());
        rested
            .into_iter()
            .chain(commit)
            .chain(departure)
            .chain(arrival)
            .chain(look)
            .chain(self.next_stall_look())
            .fold(latest, Instant::min)
    }
}
