//! One thing that moved an offset.
//!
//! Plain data, made by the audit, read by who asked or was told. The names of its fields and words are those of
//! `/status` and of the events. Must hold nothing of a record but its offset.

use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// What moved an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// The partition was taken, and is read from `to`.
    Started,
    /// The cluster confirmed that the group goes on at `to`.
    Committed,
    /// The cluster did not take `to`.
    CommitFailed,
    /// User code wanted to go on elsewhere.
    Sought,
    /// What was to be read next was not there.
    Reset,
    /// The partition went away: `from` is what was committed, `to` what user code was done with.
    Left,
}

/// One thing that moved an offset, or several commits in a row that went forward. Offsets are "next" offsets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The topic's name in the cluster.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
    /// What it was.
    pub kind: MoveKind,
    /// Why, in one word; of a failed commit librdkafka's name of the error.
    pub reason: Cow<'static, str>,
    /// Where it was before, where that is known.
    pub from: Option<i64>,
    /// Where it is then; `None` until the next record tells.
    pub to: Option<i64>,
    /// When it was, in milliseconds since 1970; the first of several.
    pub first_time: i64,
    /// The last of several.
    pub time: i64,
    /// How many commits it stands for.
    pub count: u64,
    /// Records come again or are left out, so it was told as a warning.
    pub warned: bool,
}
