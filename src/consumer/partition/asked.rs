//! What may be asked about a partition's progress by who only wants to tell.
//!
//! Pure. Must change nothing.

use super::Progress;
use std::time::Instant;

impl Progress {
    /// The attempt that the job that is out is, or the next one.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether it rests because of a failure, whatever user code wants besides.
    pub(crate) fn has_failed(&self, now: Instant) -> bool {
        self.backoff.is_some_and(|until| until > now)
    }
}
