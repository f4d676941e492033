//! Records that could not be delivered and that nobody waits for.
//!
//! Owns what is told about one, and the bound on how many wait to be read. Any thread. Plain data.

use crate::mailbox::Mailbox;
use serde::Serialize;

/// A record that was produced without a delivery handle and could not be delivered, or an error
/// of the client itself (`topic` is empty then).
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The topic's name in the cluster.
    pub topic: String,
    /// The partition, if one was chosen.
    pub partition: Option<i32>,
    /// The record's key.
    #[serde(skip)]
    pub key: Option<Vec<u8>>,
    /// The record's payload.
    #[serde(skip)]
    pub payload: Option<Vec<u8>>,
    /// librdkafka's name of the code.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// How many failures wait for the host; further ones push out the oldest, and say so in their message.
const FAILURE_BOUND: usize = 10_000;

/// Tells `failure` to who reads `failures`, at the cost of the oldest when too many wait.
pub(super) fn tell(failures: &Mailbox<Failure>, mut failure: Failure) {
    if failures.len() >= FAILURE_BOUND {
        drop(failures.take_first(|_| true));
        failure.message.push_str(" (earlier failures were not read in time and are not reported)");
    }
    // A closed mailbox has no reader left.
    drop(failures.push(failure));
}
