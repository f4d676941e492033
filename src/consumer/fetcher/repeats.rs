//! Saying the same thing once.
//!
//! Owns which errors of a client were told lately: librdkafka repeats itself with every reconnect,
//! many times a second. Pure: time is passed in. Used by the fetcher thread only.

use crate::error::Error;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The same error is told again after this.
const INTERVAL: Duration = Duration::from_secs(10);
/// So many different errors are remembered.
const BOUND: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Repeats {
    told: HashMap<String, Instant>,
}

impl Repeats {
    /// Whether `error` was not told within the last ten seconds. Errors that pass by themselves are
    /// the same when their code is: their texts count attempts and milliseconds.
    pub(super) fn is_news(&mut self, error: &Error, now: Instant) -> bool {
        let code = error.code_name().unwrap_or_default();
        let name = if error.is_retriable() { code } else { error.to_string() };
        if self.told.get(&name).is_some_and(|told| now.saturating_duration_since(*told) < INTERVAL) {
            return false;
        }
        if self.told.len() >= BOUND {
            self.told.clear();
        }
        self.told.insert(name, now);
        true
    }
}

#[cfg(test)]
mod tests;
