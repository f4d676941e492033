//! Whether the process is alive, and ready.
//!
//! Owns the rules; `docs/operations.md` tells them to who writes probes. Pure.

use super::status::{Brokers, GroupState, GroupStatus, PartitionState, PartitionStatus};
use super::watch::Known;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// A fetcher that has not answered for so long is stuck: it never waits longer than for the last
/// commit and for leaving its group.
pub(crate) const STUCK: Duration = Duration::from_secs(30);

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

    /// With one more thing that may be wrong.
    pub(super) fn and(mut self, problem: Option<String>) -> Self {
        self.problems.extend(problem);
        Self::of(self.problems)
    }
}

/// Alive: every fetcher answers, and no job is stuck in user code. A process that is not will not mend itself.
pub(super) fn live(groups: &[Known]) -> Health {
    let stuck = |known: &Known| {
        let name = known.status.as_ref().map_or("a group that never answered", |status| status.group.as_str());
        (known.age > STUCK).then(|| format!("{name}: its fetcher has not answered for {} s", known.age.as_secs()))
    };
    let mut problems: Vec<String> = groups.iter().filter_map(stuck).collect();
    problems.extend(stalls(groups, |state| state == PartitionState::Running));
    Health::of(problems)
}

/// Partitions without progress whose state is `meant`, a line each.
fn stalls(groups: &[Known], meant: impl Fn(PartitionState) -> bool) -> Vec<String> {
    let statuses = groups.iter().filter_map(|known| known.status.as_ref());
    let partitions = statuses.flat_map(|status| status.partitions.iter().map(move |partition| (status, partition)));
    let line = |(status, partition): (&Arc<GroupStatus>, &PartitionStatus)| {
        let seconds = partition.stalled_seconds.filter(|_| meant(partition.state))?;
        let (group, topic, number) = (&status.group, &partition.topic, partition.partition);
        let what = if partition.state == PartitionState::Running { "a job is stuck" } else { "no progress" };
        let offset = partition.marked.map_or_else(String::new, |marked| format!(" at offset {marked}"));
        Some(format!("{group}: {topic}/{number}: {what}{offset} for {seconds:.0} s"))
    };
    partitions.filter_map(line).collect()
}

/// Ready: alive, every group has been given its assignment, even an empty one, reaches a broker, and gets on.
pub(super) fn ready(groups: &[Known]) -> Health {
    let mut problems = live(groups).problems;
    problems.extend(stalls(groups, |state| state != PartitionState::Running));
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
