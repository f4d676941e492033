//! The words in which a partition and the fetcher talk.
//!
//! Plain data, used by the fetcher thread only. Must hold no decision.

use crate::consumer::command::{Hook, Target};
use std::time::Instant;

/// The phase of a partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its queue was empty; leaves when the queue says otherwise.
    #[default]
    Idle,
    /// It is in line; leaves when the fetcher looks.
    Readable,
    /// A job waits for a worker or is in user code; leaves with the outcome.
    HandedOut,
    /// User code failed or paused it; leaves when the time has come (`None`: when it is resumed).
    Resting {
        /// When it may go on.
        until: Option<Instant>,
    },
    /// Its position is being moved; leaves when librdkafka has answered.
    Seeking,
    /// It hands out nothing more; leaves with the assignment.
    Ended,
}

/// What the fetcher has to do about a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Put it in line.
    Look,
    /// Come back then.
    Rest(Instant),
    /// Move its position.
    Seek(Target),
    /// Nothing: something else will happen first.
    Wait,
}

/// What goes out next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Records, if there are any.
    Records,
    /// A hook, before any record or after the last.
    Hook(Hook),
}

/// What is left of a job that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// No record: all are marked, or the job was done, or it was a hook.
    Nothing,
    /// Records that begin with the one the job began with.
    Same,
    /// Records that begin with another one that was in user code.
    Other,
    /// Records that begin with one user code has not seen.
    Fresh,
}

impl Left {
    /// The attempt that comes when attempt `before` of the job has failed.
    pub(super) fn attempt_after(self, before: u32) -> u32 {
        match self {
            Self::Nothing | Self::Same => before.saturating_add(1),
            Self::Other => 2,
            Self::Fresh => 1,
        }
    }
}

/// The later of a backoff and a pause, which may have no end; `None`: neither.
pub(super) fn later(backoff: Option<Instant>, pause: Option<Option<Instant>>) -> Option<Option<Instant>> {
    match (backoff, pause) {
        (None, pause) => pause,
        (Some(until), None) => Some(Some(until)),
        (Some(backoff), Some(pause)) => Some(pause.map(|pause| pause.max(backoff))),
    }
}
