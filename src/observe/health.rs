//! Whether the process is alive, and ready.
//!
//! Owns the rules; `docs/operations.md` tells them to who writes probes. Pure.

use super::status::{Brokers, GroupState};
use super::watch::Known;
use serde::Serialize;
use std::time::Duration;

/// A fetcher that has not answered for so long is stuck: it never waits longer than for the last
/// commit and for leaving its group.
const STUCK: Duration = Duration::from_secs(30);

/// The answer of a probe.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    pub(super) ok: bool,
    /// What is wrong, one line each.
    pub(super) problems: Vec<String>,
}

impl Health {
    fn of(problems: Vec<String>) -> Self {
        Self { ok: problems.is_empty(), problems }
    }
}

/// Alive: every fetcher answers. A process that is not will not mend itself.
pub(super) fn live(groups: &[Known]) -> Health {
    let stuck = |known: &Known| {
        let name = known.status.as_ref().map_or("a group that never answered", |status| status.group.as_str());
        (known.age > STUCK).then(|| format!("{name}: its fetcher has not answered for {} s", known.age.as_secs()))
    };
    Health::of(groups.iter().filter_map(stuck).collect())
}

/// Ready: alive, every group has been given its assignment, even an empty one, and reaches a broker.
pub(super) fn ready(groups: &[Known]) -> Health {
    let mut problems = live(groups).problems;
    if groups.is_empty() {
        problems.push("no group consumes".to_owned());
    }
    for known in groups {
        let Some(status) = &known.status else {
            problems.push("a group has just started".to_owned());
            continue;
        };
        if status.brokers == Brokers::Unreachable {
            problems.push(format!("{}: no broker can be reached", status.group));
        }
        match status.state {
            GroupState::Joining => problems.push(format!("{}: it has no assignment yet", status.group)),
            GroupState::Quiet | GroupState::Stopping => problems.push(format!("{}: it is stopping", status.group)),
            GroupState::Consuming | GroupState::Rebalancing => {}
        }
    }
    Health::of(problems)
}

#[cfg(test)]
mod tests;
