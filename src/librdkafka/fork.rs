//! Knowing that this process is a forked child.
//!
//! Owns a counter that every fork raises in the child, so that asking costs one atomic read and
//! no system call. Any thread. Must do nothing in the child but count clients and forks: other threads' locks may
//! be held there for ever.
#![expect(unsafe_code, reason = "pthread_atfork is the only hook that also sees forks made by C code")]

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);
static REGISTER: Once = Once::new();

extern "C" fn count_in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    super::alive::leave_behind();
}

/// Remembers the process that made a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForkStamp(u32);

impl ForkStamp {
    /// The stamp of the current process.
    #[must_use]
    pub fn now() -> Self {
        REGISTER.call_once(|| {
            // SAFETY: `count_in_child` is a plain function that lives as long as the library is
            // loaded (extensions are never unloaded) and only touches atomics, which is
            // async-signal-safe. A failure (out of memory) leaves forks unnoticed, as without us.
            unsafe { libc::pthread_atfork(None, None, Some(count_in_child)) };
        });
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Whether this process was forked off the one that took the stamp.
    #[must_use]
    pub fn is_foreign(self) -> bool {
        self.0 != FORKS.load(Ordering::Relaxed)
    }
}
