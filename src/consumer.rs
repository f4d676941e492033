//! One consumer group's member.
//!
//! Owns the public handle: starting, stopping and closing. Called from any thread; the work is
//! done on the fetcher thread it starts. Must not block but in `wait_idle` and `close`, which
//! can be cancelled.

mod arrival;
mod assignment;
mod batch;
mod client;
mod command;
mod commit;
mod context;
mod coverage;
mod fetcher;
mod inbox;
mod lease;
mod partition;
mod seek;
mod settings;
mod silence;
mod stall;

pub use batch::Batch;
pub(crate) use command::Command;
use command::Rehearsal;
pub use command::{CommitReply, Hook, Outcome, StatusReply, Target};
pub use inbox::Inbox;
pub use lease::Lease;
pub use settings::{Settings, Start, TopicSettings};

use crate::error::{Error, Result};
use crate::librdkafka::ForkStamp;
use crate::observe::Answer;
use crate::thread;
use crate::wait::{Cancel, Waitable, Waited};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

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
        let (watch, asked) = (Arc::clone(inbox.watch()), commands.clone());
        let fetcher = fetcher::Fetcher::new(settings, client, inbox, commands.clone(), Arc::clone(&status));
        thread::start(&name, move || fetcher.run(received))?;
        watch.enter(move |answer| asked.send(Command::Describe(answer)).is_ok());
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

    /// Hands out no more records and takes back what no worker has started, but stays in the group
    /// with all its partitions. Only [`Consumer::stop`] and [`Consumer::close`] follow. Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn quiet(&self) -> Result<()> {
        self.check()?;
        drop(self.commands.send(Command::Quiet));
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

    /// After [`Consumer::stop`]: waits until no more is handed out but last hooks.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn wait_stopped(&self, timeout: Option<Duration>, cancel: &Cancel) -> Result<Waited<()>> {
        self.check()?;
        Ok(self.status.wait(timeout, cancel, |status| (status.closed || status.stopped).then_some(())))
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

    /// Asks how the group stands; wait on the reply.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child, [`ErrorKind::Closed`] after the close.
    pub fn request_status(&self) -> Result<StatusReply> {
        self.check()?;
        let reply = StatusReply::default();
        let given = Arc::clone(&reply);
        let answer = Answer::new(move |status| given.update(|answer| *answer = Some(status)));
        self.commands.send(Command::Describe(answer)).map_err(|_| Error::closed("consumer"))?;
        Ok(reply)
    }

    /// For tests of what comes later: partitions rest, and timed commits wait, as if this much time
    /// had passed. Nothing else knows of it. Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn pass(&self, time: Duration) -> Result<()> {
        self.rehearse(Rehearsal::Pass(time))
    }

    /// For tests: gives partitions away as if the group wanted them back, though nobody gets them.
    /// Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn revoke(&self, partitions: Vec<(String, i32)>) -> Result<()> {
        self.rehearse(Rehearsal::Revoke(partitions))
    }

    /// For tests: takes back what [`Consumer::revoke`] gave away. Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn assign(&self, partitions: Vec<(String, i32)>) -> Result<()> {
        self.rehearse(Rehearsal::Assign(partitions))
    }

    /// For tests: the fetcher looks after nothing for so long. Returns at once.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in a forked child.
    pub fn hang(&self, time: Duration) -> Result<()> {
        self.rehearse(Rehearsal::Hang(time))
    }

    fn rehearse(&self, what: Rehearsal) -> Result<()> {
        self.check()?;
        drop(self.commands.send(Command::Rehearse(what)));
        Ok(())
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
