//! Where host threads take jobs and events from.
//!
//! Owns the two mailboxes between fetchers and the host, and the bound on events. Any thread. Must
//! not be touched in a forked child.

use super::batch::Batch;
use crate::event::Event;
use crate::librdkafka::ForkStamp;
use crate::mailbox::{Mailbox, Popped};
use crate::observe::Watch;
use crate::wait::Cancel;
use std::sync::Arc;
use std::time::Duration;

/// Where host threads take jobs and events from: one for all consumers of a server.
#[derive(Debug)]
pub struct Inbox {
    pub(super) jobs: Mailbox<Batch>,
    events: Mailbox<Event>,
    /// What the groups count, and how to ask them.
    watch: Arc<Watch>,
    stamp: ForkStamp,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { jobs: Mailbox::default(), events: Mailbox::default(), watch: Arc::default(), stamp: ForkStamp::now() }
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

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.watch
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

    /// A host thread that was given a job had to wait so long for the host's lock.
    pub fn waited_for_lock(&self, time: Duration) {
        self.watch.process.waited_for_lock(time);
    }

    /// The host's garbage collector has run so often, and so many milliseconds, since the process began.
    pub fn collected(&self, runs: u64, millis: u64) {
        self.watch.process.collected(runs, millis);
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

    pub(super) fn tell(&self, mut event: Event) {
        // Assignments must not be lost (instances hang on them); they are bounded by nature.
        if self.events.len() >= EVENT_BOUND
            && self.events.take_first(is_message).is_some()
            && let Event::Log { message, .. } | Event::Error { message, .. } = &mut event
        {
            message.push_str(" (earlier events were not read in time and are not reported)");
        }
        // A closed inbox has no reader left: there is nobody to tell.
        drop(self.events.push(event));
    }
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Log { .. } | Event::Error { .. })
}

#[cfg(test)]
mod tests;
