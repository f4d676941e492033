//! One consumer group's member.
//!
//! Owns the public handle: starting, stopping and closing. Called from any thread; the work is
//! done on the fetcher thread it starts. Must not block but in `wait_idle` and `close`, which
//! can be cancelled.

mod assignment;
mod client;
mod commit;
mod context;
mod fetcher;
mod lease;
mod partition;
mod settings;

pub use lease::Lease;
pub use settings::{Settings, Start, TopicSettings};

use crate::batch::{Batch, CommitReply, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::librdkafka::{ForkStamp, Records};
use crate::mailbox::{Mailbox, Popped};
use crate::wait::{Cancel, Waitable, Waited};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What reaches the fetcher thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// A partition's queue stopped being empty.
    Readable(Arc<Lease>),
    /// librdkafka has an event for the group.
    ClientEvent,
    /// User code is through with a batch.
    Finished { lease: Arc<Lease>, delivery: u64, outcome: Outcome },
    /// A host thread took a batch out of the mailbox.
    Taken,
    /// Commit what is marked and answer.
    Commit(CommitReply),
    /// Drop these records here.
    Free(Arc<Records>),
    /// Hand out nothing more.
    Stop,
    /// Commit, leave the group, end.
    Close,
}

/// Where host threads take jobs and events from: one for all consumers of a server.
#[derive(Debug)]
pub struct Inbox {
    jobs: Mailbox<Batch>,
    events: Mailbox<Event>,
    stamp: ForkStamp,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { jobs: Mailbox::default(), events: Mailbox::default(), stamp: ForkStamp::now() }
    }
}

/// How many events may wait for the host; beyond it the oldest that is only a message is dropped.
const EVENT_BOUND: usize = 10_000;

impl Inbox {
    /// Whether the process was forked since: nothing here may be touched then, for its locks may be
    /// held by threads that the child does not have.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.stamp.is_foreign()
    }

    /// Takes the next job, from whichever consumer. Follow it with [`Batch::start`], or with
    /// [`Inbox::put_back`] when it cannot be started.
    pub fn next_job(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<Batch> {
        self.jobs.pop(timeout, cancel)
    }

    /// Puts back a job that was taken and could not be started.
    pub fn put_back(&self, batch: Batch) {
        self.jobs.push_front(batch);
    }

    /// Takes the next event.
    pub fn next_event(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<Event> {
        self.events.pop(timeout, cancel)
    }

    /// Wakes every thread that waits for a job or an event.
    pub fn wake(&self) {
        self.jobs.wake();
        self.events.wake();
    }

    /// Ends the waits of threads that take jobs or events.
    pub fn close(&self) {
        self.jobs.close();
        self.events.close();
    }

    /// Whether [`Inbox::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.jobs.is_closed()
    }

    fn tell(&self, event: Event) {
        if self.events.len() >= EVENT_BOUND {
            // Assignments must not be lost (instances hang on them); they are bounded by nature.
            let messages = self.events.extract(|event| matches!(event, Event::Log { .. } | Event::Error { .. }));
            drop(messages);
        }
        // A closed inbox has no reader left: there is nobody to tell.
        drop(self.events.push(event));
    }
}

/// What the handle can see of the fetcher.
#[derive(Debug, Default)]
struct Status {
    /// Batches in user code or on the way there.
    running: usize,
    stopped: bool,
    closed: bool,
}

/// The handle of a running consumer.
#[derive(Debug)]
pub struct Consumer {
    commands: UnboundedSender<Command>,
    status: Arc<Waitable<Status>>,
    stamp: ForkStamp,
}

impl Consumer {
    /// Connects, subscribes and starts the fetcher thread. Returns before a broker has answered:
    /// connection errors arrive as events and are retried for ever.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when librdkafka refuses a setting, [`ErrorKind::Internal`] when no
    /// thread can be started.
    pub fn start(settings: Settings, inbox: Arc<Inbox>) -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "bounded by its senders: see Lease::commands")]
        let (commands, received) = unbounded_channel();
        let status = Arc::new(Waitable::new(Status::default()));
        let client = client::Client::subscribe(&settings, &commands)?;
        let name = format!("krs-fetch-{}", settings.group);
        let fetcher = fetcher::Fetcher::new(settings, client, inbox, commands.clone(), Arc::clone(&status));
        std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || fetcher.run(received))
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot start thread {name}: {error}")))?;
        Ok(Self { commands, status, stamp: ForkStamp::now() })
    }

    /// Hands out nothing more and takes back what no worker has started. Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn stop(&self) -> Result<()> {
        self.check()?;
        // A fetcher that is gone has stopped.
        drop(self.commands.send(Command::Stop));
        Ok(())
    }

    /// Batches in user code or waiting for it.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn running(&self) -> Result<usize> {
        self.check()?;
        Ok(self.status.with(|status| status.running))
    }

    /// After [`Consumer::stop`]: waits until no batch is in user code any more.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn wait_idle(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Waited<()>> {
        self.check()?;
        Ok(self
            .status
            .wait(timeout, cancel, |status| (status.closed || status.stopped && status.running == 0).then_some(())))
    }

    /// Stops, commits what is marked, leaves the group, and waits for that.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn close(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Waited<()>> {
        self.check()?;
        drop(self.commands.send(Command::Close));
        Ok(self.status.wait(timeout, cancel, |status| status.closed.then_some(())))
    }

    /// Asks for a commit of everything marked in the group; wait on the reply.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child, [`ErrorKind::Closed`] after the close.
    pub fn request_commit(&self) -> Result<CommitReply> {
        self.check()?;
        let reply = CommitReply::default();
        self.commands.send(Command::Commit(Arc::clone(&reply))).map_err(|_| Error::closed("consumer"))?;
        Ok(reply)
    }

    /// Wakes every thread that waits in [`Consumer::wait_idle`] or [`Consumer::close`].
    pub fn wake(&self) {
        self.status.wake();
    }

    fn check(&self) -> Result<()> {
        if self.stamp.is_foreign() { Err(Error::forked("consumer")) } else { Ok(()) }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if !self.stamp.is_foreign() {
            drop(self.commands.send(Command::Close));
        }
    }
}
