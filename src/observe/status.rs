//! How one group stands, at one moment.
//!
//! Plain data, made by the group's fetcher, read by who asked. The names of its fields and words are
//! those of `/status`. Must hold no handle and nothing of a record but its offset.

use crate::offsets::Move;
use serde::Serialize;

/// One group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupStatus {
    /// Its id in the cluster.
    pub group: String,
    /// What its member does.
    pub state: GroupState,
    /// Whether a broker answers.
    pub brokers: Brokers,
    /// Jobs that wait for a worker.
    pub jobs_waiting: usize,
    /// Jobs that workers have.
    pub jobs_running: usize,
    /// The partitions that this member holds.
    pub partitions: Vec<PartitionStatus>,
    /// What moved offsets, of partitions that went away too: the last moves of each, by partition and time.
    pub moves: Vec<Move>,
}

/// What the member of a group does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    /// It was given nothing yet, not even an empty assignment.
    Joining,
    /// It has what the group gave it.
    Consuming,
    /// Partitions come or go.
    Rebalancing,
    /// It holds its partitions and hands out nothing.
    Quiet,
    /// It ends its last jobs, commits and leaves.
    Stopping,
}

/// Whether brokers can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Brokers {
    /// None said anything yet, and none was found down.
    Unknown,
    /// At least one answered.
    Reachable,
    /// All are down since the last answer.
    Unreachable,
}

/// One partition.
#[derive(Debug, Clone, Serialize)]
pub struct PartitionStatus {
    /// The topic's name in the cluster.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// What it does.
    pub state: PartitionState,
    /// The attempt that the next job is, or the one that runs.
    pub attempt: u32,
    /// Where it was begun in this assignment.
    pub start: Option<i64>,
    /// The offset behind the last record that was handed out.
    pub position: Option<i64>,
    /// The first offset user code is not done with.
    pub marked: Option<i64>,
    /// What the cluster confirmed in this assignment.
    pub committed: Option<i64>,
    /// The offset behind the last record there is, as far as the last answer of the broker tells.
    pub end: Option<i64>,
    /// Records user code is not done with: `end` less `marked`.
    pub lag: Option<i64>,
    /// The job that is out.
    pub job: Option<JobStatus>,
    /// The first record that was handed out and comes again: after a failure, or because user code did not get to it.
    pub kept_offset: Option<i64>,
    /// Seconds without progress, when they are more than a partition with work may take.
    pub stalled_seconds: Option<f64>,
    /// Why nothing goes out now, and until when.
    pub rest: Option<RestStatus>,
}

/// What a partition does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionState {
    /// There is nothing to consume.
    Idle,
    /// Records are there, and wait for room in the line of jobs.
    Ready,
    /// A job of it waits for a worker.
    Waiting,
    /// A worker has a job of it.
    Running,
    /// It rests after a failure.
    Failed,
    /// User code paused it.
    Paused,
    /// It is being moved to another position.
    Seeking,
    /// It hands out nothing more, and goes away.
    Ended,
}

/// A job that is out.
#[derive(Debug, Clone, Serialize)]
pub struct JobStatus {
    /// `consume`, or the name of the hook.
    pub kind: &'static str,
    /// The first record it is about.
    pub first_offset: Option<i64>,
    /// The last record it is about.
    pub last_offset: Option<i64>,
    /// Seconds since it went out, or since a worker has it.
    pub age_seconds: f64,
}

/// Why a partition rests.
#[derive(Debug, Clone, Serialize)]
pub struct RestStatus {
    /// `failure` or `pause`.
    pub reason: &'static str,
    /// Seconds that are left; none: until user code says so.
    pub seconds_left: Option<f64>,
}
