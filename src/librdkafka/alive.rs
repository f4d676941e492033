//! The process does not end under a client's threads.
//!
//! Owns counting the clients that live, and waiting at process exit, for a while, until they are
//! destroyed: libc's exit then has OpenSSL free what their threads still use, which kills the
//! process. Any thread. Must not take a lock: a forked child counts on.
#![expect(unsafe_code, reason = "atexit is the only hook that runs after the host is done and before OpenSSL's")]

use super::ForkStamp;
use std::ops::Deref;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long the exit waits. As a rule clients are being destroyed by then, which takes milliseconds.
const LONGEST: Duration = Duration::from_secs(5);

static CLIENTS: AtomicUsize = AtomicUsize::new(0);
/// Clients from before a fork: their threads are not in this process.
static LEFT_BEHIND: AtomicUsize = AtomicUsize::new(0);
static REGISTER: Once = Once::new();

/// A client of librdkafka, counted until it is destroyed.
pub(crate) struct Alive<T> {
    // Dropped in this order.
    client: T,
    _counted: Counted,
}

struct Counted;

impl<T> Alive<T> {
    /// Counts `client`, which was made just now.
    pub(crate) fn new(client: T) -> Self {
        // A fork from now on is noticed.
        let _ = ForkStamp::now();
        CLIENTS.fetch_add(1, Ordering::AcqRel);
        REGISTER.call_once(|| {
            // Handlers run in the reverse order of their registration: OpenSSL's must stand before ours.
            #[cfg(feature = "ssl")]
            openssl_sys::init();
            // SAFETY: `wait_for_clients` is a plain function that lives as long as the library is
            // loaded (extensions are never unloaded) and does not unwind. A failure (out of memory)
            // leaves exits unguarded, as without us.
            unsafe { libc::atexit(wait_for_clients) };
        });
        Self { client, _counted: Counted }
    }
}

impl<T> Deref for Alive<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.client
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        CLIENTS.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Stops counting the clients of the process that forked this one. Only for the child's fork hook.
pub(super) fn leave_behind() {
    LEFT_BEHIND.store(CLIENTS.load(Ordering::Relaxed), Ordering::Relaxed);
}

#[expect(clippy::disallowed_methods, reason = "a condition has a lock, which a fork may leave locked for ever")]
extern "C" fn wait_for_clients() {
    let deadline = Instant::now() + LONGEST;
    while CLIENTS.load(Ordering::Acquire) > LEFT_BEHIND.load(Ordering::Acquire) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}
