//! What the core tells its host besides jobs.
//!
//! Made by fetcher and delivery threads, read by one host thread. Plain data: must hold no handle.

use crate::offsets::Move;
use crate::statistics::Statistics;
use serde::Serialize;

/// One partition in an assignment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Assigned {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// Unique per assignment: the same partition assigned again has another.
    pub assignment: u64,
}

/// One partition that comes or goes.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Place {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
}

/// One partition in a commit.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Committed {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// Where the group goes on.
    pub offset: i64,
}

/// Something worth telling; `group` is the number its consumer was started with.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The group gives us partitions; where they begin is looked up.
    Assigning {
        /// Which consumer.
        group: u32,
        /// Which partitions.
        partitions: Vec<Place>,
    },
    /// Partitions are ours from now on.
    Assigned {
        /// Which consumer.
        group: u32,
        /// Which partitions.
        partitions: Vec<Assigned>,
        /// Milliseconds since the group gave them.
        time: f64,
    },
    /// The group wants partitions back; their last jobs may end.
    Revoking {
        /// Which consumer.
        group: u32,
        /// Which partitions.
        partitions: Vec<Place>,
        /// They are lost (we were thrown out): nothing can be committed any more.
        lost: bool,
    },
    /// Partitions are no longer ours.
    Revoked {
        /// Which consumer.
        group: u32,
        /// Which partitions.
        partitions: Vec<Assigned>,
        /// They were lost (we were thrown out), so nothing could be committed any more.
        lost: bool,
        /// Milliseconds since the group wanted them.
        time: f64,
    },
    /// Records of a partition were put together and wait for a worker. Told when
    /// [`Interest`](crate::interest::Interest) says so.
    Fetched {
        /// Which consumer.
        group: u32,
        /// The topic's name in the cluster.
        topic: String,
        /// The partition's number.
        partition: i32,
        /// How many records.
        size: usize,
        /// The first of them.
        first_offset: i64,
        /// The last of them.
        last_offset: i64,
        /// 1 on first delivery.
        attempt: u32,
        /// Records that are not done, these among them, where the end is known.
        lag: Option<i64>,
    },
    /// A fetcher has not looked after its group for longer than it may ever take.
    Silent {
        /// Which consumer.
        group: u32,
        /// For how long.
        seconds: f64,
    },
    /// What librdkafka counts. Told when [`Interest`](crate::interest::Interest) says so; the newest alone.
    Statistics {
        /// Which consumer.
        group: u32,
        /// The report.
        #[serde(skip)]
        statistics: Statistics,
    },
    /// A partition has work and has made no progress for [`crate::consumer::Settings::stall_after`].
    Stalled {
        /// Which consumer.
        group: u32,
        /// The topic's name in the cluster.
        topic: String,
        /// The partition's number.
        partition: i32,
        /// Unique per assignment.
        assignment: u64,
        /// Whether a job of it is in user code.
        running: bool,
        /// The first offset that is not done.
        offset: Option<i64>,
        /// For how long.
        seconds: f64,
        /// Records that are not done.
        lag: Option<i64>,
    },
    /// Offsets were committed, which is told when [`Interest`](crate::interest::Interest) says so, or could not be.
    Committed {
        /// Which consumer.
        group: u32,
        /// Which offsets.
        partitions: Vec<Committed>,
        /// Milliseconds until the answer.
        time: f64,
        /// librdkafka's name of the error, when they could not be.
        code: Option<String>,
    },
    /// An offset moved otherwise than by going on: user code wanted it, or something set the group back or forth.
    Moved {
        /// Which consumer.
        group: u32,
        /// What moved.
        moved: Move,
    },
    /// Something failed; consumption goes on unless `fatal`.
    Error {
        /// Which consumer; `None` for a producer.
        group: Option<u32>,
        /// librdkafka's name of the code.
        code: String,
        /// What happened.
        message: String,
        /// The client can never work again.
        fatal: bool,
    },
    /// A line librdkafka wants logged.
    Log {
        /// Which consumer; `None` for a producer.
        group: Option<u32>,
        /// Syslog level, 0 (emergency) to 7 (debug).
        level: i32,
        /// librdkafka's facility and text.
        message: String,
    },
}
