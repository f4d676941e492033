//! Where host threads take jobs and events from.
//!
//! Owns the two mailboxes between fetchers and the host, and the bound on events. Any thread. Whoever
//! waits for events looks after the fetchers meanwhile. Must not be touched in a forked child.

use super::batch::Batch;
use super::silence::{Beat, Silence};
use crate::event::Event;
use crate::librdkafka::ForkStamp;
use crate::mailbox::{Mailbox, Popped};
use crate::observe::{STUCK, Watch};
use crate::wait::Cancel;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where host threads take jobs and events from: one for all consumers of a server.
#[derive(Debug)]
pub struct Inbox {
    pub(super) jobs: Mailbox<Batch>,
    events: Mailbox<Event>,
    /// What the groups count, and how to ask them.
    watch: Arc<Watch>,
    silence: Silence,
    stamp: ForkStamp,
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new(STUCK)
    }
}

/// How many events may wait for the host; beyond it the oldest that is only a message is dropped.
const EVENT_BOUND: usize = 10_000;

impl Inbox {
    /// One that tells of fetchers that say nothing for longer than `silent_after`.
    #[must_use]
    pub fn new(silent_after: Duration) -> Self {
        Self {
            jobs: Mailbox::default(),
            events: Mailbox::default(),
            watch: Arc::default(),
            silence: Silence::new(silent_after, Instant::now()),
            stamp: ForkStamp::now(),
        }
    }

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

    /// Takes the next event, and looks after the fetchers while none comes.
    pub fn next_event(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<Event> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            self.silence.look(Instant::now()).into_iter().for_each(|event| self.tell(event));
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let round = self.silence.round();
            let popped = self.events.pop(Some(left.map_or(round, |left| left.min(round))), cancel);
            if !matches!(popped, Popped::TimedOut) || left.is_some_and(|left| left <= round) {
                return popped;
            }
        }
    }

    /// A worker thread of the host has died, and was replaced or not.
    pub fn worker_died(&self, replaced: bool) {
        self.watch.workers.died(replaced);
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

    /// A fetcher starts.
    pub(super) fn enter(&self, group: u32) -> Arc<Beat> {
        self.silence.enter(group, Instant::now())
    }

    pub(super) fn tell(&self, mut event: Event) {
        if let Event::Statistics { group, .. } = event {
            // What was not read yet is out of date.
            let old = |it: &Event| matches!(it, Event::Statistics { group: of, .. } if *of == group);
            drop(self.events.take_first(old));
        }
        // Assignments must not be lost (instances hang on them); they are bounded by nature. So are statistics.
        if self.events.len() >= EVENT_BOUND
            && self
                .events
                .take_first(|it| matches!(it, Event::Fetched { .. } | Event::Committed { code: None, .. }))
                .is_none()
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
    matches!(event, Event::Log { .. } | Event::Error { .. } | Event::Committed { .. } | Event::Moved { .. })
}

#[cfg(test)]
mod tests;
