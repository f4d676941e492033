//! Which of the events that happen often somebody hears.
//!
//! Owns one flag for each, for the whole process, as the host's subscribers are. Set by the host when they change, read
//! by any thread before it makes such an event: of what nobody hears, nothing is made. Must not decide who hears.

use std::sync::atomic::{AtomicBool, Ordering};

/// One flag for each such event.
#[derive(Debug)]
pub struct Interest {
    fetched: AtomicBool,
    commits: AtomicBool,
    statistics: AtomicBool,
}

/// What the process hears.
pub static INTEREST: Interest =
    Interest { fetched: AtomicBool::new(false), commits: AtomicBool::new(false), statistics: AtomicBool::new(false) };

impl Interest {
    /// From now on these are heard, and no others.
    pub fn set(&self, fetched: bool, commits: bool, statistics: bool) {
        self.fetched.store(fetched, Ordering::Relaxed);
        self.commits.store(commits, Ordering::Relaxed);
        self.statistics.store(statistics, Ordering::Relaxed);
    }

    /// Is [`Event::Fetched`](crate::Event::Fetched) heard?
    #[must_use]
    pub fn fetched(&self) -> bool {
        self.fetched.load(Ordering::Relaxed)
    }

    /// Are commits heard that were confirmed?
    #[must_use]
    pub fn commits(&self) -> bool {
        self.commits.load(Ordering::Relaxed)
    }

    /// Are statistics of clients heard?
    #[must_use]
    pub fn statistics(&self) -> bool {
        self.statistics.load(Ordering::Relaxed)
    }
}
