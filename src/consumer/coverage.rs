//! Partitions that nobody in the group consumes.
//!
//! Owns when the group's assignment is looked at, and what two looks in a row have to find so that
//! this member joins anew. A group's assignment is worked out by one of its members, once: what the
//! cluster did not know at that moment, or what a static member that came back should have given on,
//! is nobody's until the next rebalance, which may never come. Pure but for the thread of a look;
//! used by the fetcher thread only. Must not touch the assignment: the fetcher does.

mod look;

pub(super) use look::Scene;

use super::client::Client;
use super::command::{Command, Neglected};
use super::lease::Group;
use crate::thread;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A group that nobody is missing in is looked at so often.
const RARELY: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(super) struct Coverage {
    /// How long after a membership change it is looked for the first time.
    first: Duration,
    /// The same now: it grows while joining anew does not help.
    patience: Duration,
    due: Option<Instant>,
    /// Tells the answer of this look from those of others.
    number: u64,
    /// What the look before found.
    seen: Vec<Neglected>,
}

impl Coverage {
    pub(super) fn new(first: Duration) -> Self {
        Self { first, patience: first, due: None, number: 0, seen: Vec::new() }
    }

    /// The group has given or taken; what was seen before does not count any more.
    pub(super) fn changed(&mut self, now: Instant) {
        self.number += 1;
        self.seen.clear();
        self.due = Some(now + self.patience);
    }

    /// When to look.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Begins a look; [`Command::Looked`] brings what it found.
    pub(super) fn look(&mut self, scene: Scene, client: &Arc<Client>, group: &Arc<Group>, now: Instant) {
        let (client, group, number) = (Arc::clone(client), Arc::clone(group), self.begin());
        let look = move || {
            group.send(Command::Looked { number, found: look::look(&client, &scene).ok() });
        };
        if thread::start("krs-lookup", look).is_err() {
            self.looked(number, None, now);
        }
    }

    fn begin(&mut self) -> u64 {
        self.due = None;
        self.number += 1;
        self.number
    }

    /// What look `number` found; `None`: it could not see. Gives what was found twice: it is time to join anew.
    pub(super) fn looked(
        &mut self,
        number: u64,
        found: Option<Vec<Neglected>>,
        now: Instant,
    ) -> Option<Vec<Neglected>> {
        if number != self.number {
            return None;
        }
        let mut wait = self.patience;
        let mut again = None;
        match found {
            // A rebalance, or a cluster in trouble.
            None => {}
            Some(found) if found.is_empty() => {
                self.patience = self.first;
                wait = RARELY;
            }
            Some(found) => {
                let twice: Vec<Neglected> = found.iter().filter(|one| self.seen.contains(one)).cloned().collect();
                self.seen = found;
                if !twice.is_empty() {
                    self.seen.clear();
                    self.patience = (self.patience * 2).min(RARELY);
                    wait = self.patience;
                    again = Some(twice);
                }
            }
        }
        self.due = Some(now + wait);
        again
    }
}

#[cfg(test)]
mod tests;
