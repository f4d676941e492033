//! Seeing that the group leaves out no partition.
//!
//! Owns when [`Coverage`] is asked, and joining anew when it says so. Runs on the fetcher thread. Must
//! leave the group alone while a rebalance is under way.

use super::super::command::Neglected;
use super::super::coverage::{Coverage, Scene};
use super::Fetcher;
use std::time::Instant;

impl Fetcher {
    pub(super) fn membership_changed(&mut self) {
        let now = self.now();
        if let Some(coverage) = &mut self.coverage {
            coverage.changed(now);
        }
    }

    /// Whether a look would see the group at rest, and as one that we go on in.
    pub(super) fn is_settled(&self) -> bool {
        self.arrival.is_none() && self.departure.is_none() && !self.stopped && !self.quiet
    }

    pub(super) fn look_around(&mut self, now: Instant) {
        let due = self.coverage.as_ref().and_then(Coverage::due).is_some_and(|due| due <= now);
        if !due || !self.is_settled() {
            return;
        }
        let scene = Scene {
            group: self.settings.properties.get("group.id").cloned().unwrap_or_default(),
            topics: self.settings.topics.iter().map(|topic| topic.name.clone()).collect(),
            held: self.assignment.iter().map(|held| (held.lease.topic.to_string(), held.lease.partition)).collect(),
        };
        if let Some(coverage) = &mut self.coverage {
            coverage.look(scene, &self.client, &self.group, now);
        }
    }

    pub(super) fn looked(&mut self, number: u64, found: Option<Vec<Neglected>>) {
        let (settled, now) = (self.is_settled(), self.now());
        let Some(neglected) = self.coverage.as_mut().and_then(|it| it.looked(number, found, now)) else {
            return;
        };
        if !settled {
            return;
        }
        let names = neglected.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message =
            format!("nobody in the group seems to consume {names}: this member joins anew to have all assigned");
        self.tell_error("_UNASSIGNED", message, false);
        if let Err(error) = self.client.rejoin(&self.settings) {
            // It may have left without joining: a member that consumes nothing must not look healthy.
            self.tell_error(&error.code_name().unwrap_or_default(), error.to_string(), true);
        }
    }
}
