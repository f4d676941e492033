//! Waiting that another thread can cut short.
//!
//! Owns the one way a host thread blocks on the core: a mutex-guarded value, a condition
//! variable and a [`Cancel`] flag. Runs on any thread. Must not call back into the host and
//! must never hold the lock while doing anything but touch the value.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A request to give up a wait, set from another thread.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// A flag nobody has set.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Asks for the wait to end. Follow it with [`Waitable::wake`].
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked for the wait to end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited<R> {
    /// The condition held and gave this.
    Ready(R),
    /// The time ran out first.
    TimedOut,
    /// [`Cancel::set`] came first.
    Cancelled,
}

/// A value that threads change and wait for.
#[derive(Debug, Default)]
pub struct Waitable<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State<T> {
    value: T,
    // Notifying costs a system call even when nobody listens, and most changes have no listener.
    waiting: usize,
}

impl<T> Waitable<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self { state: Mutex::new(State { value, waiting: 0 }), changed: Condvar::new() }
    }

    /// Reads or changes the value without telling anybody.
    pub fn with<R>(&self, touch: impl FnOnce(&mut T) -> R) -> R {
        touch(&mut self.lock().value)
    }

    /// Whether anybody waits right now.
    pub fn is_waited_for(&self) -> bool {
        self.lock().waiting > 0
    }

    /// Changes the value and wakes every waiter.
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state.value);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
        result
    }

    /// Changes the value and wakes one waiter: for values that serve one waiter per change.
    pub fn update_one<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state.value);
        if state.waiting > 0 {
            self.changed.notify_one();
        }
        result
    }

    /// Wakes every waiter so that it looks at its [`Cancel`].
    ///
    /// Takes the lock first: a waiter that has just looked, and is about to sleep, is not missed.
    pub fn wake(&self) {
        let state = self.lock();
        self.changed.notify_all();
        drop(state);
    }

    /// Waits until `ready` gives something, `timeout` passes (`None`: for ever) or `cancel` is set.
    pub fn wait<R>(
        &self,
        timeout: Option<Duration>,
        cancel: &Cancel,
        mut ready: impl FnMut(&mut T) -> Option<R>,
    ) -> Waited<R> {
        // A timeout beyond what the clock can express is no timeout.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            if let Some(result) = ready(&mut state.value) {
                return Waited::Ready(result);
            }
            if cancel.is_set() {
                return Waited::Cancelled;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Waited::TimedOut;
            }
            state.waiting += 1;
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            state.waiting -= 1;
        }
    }

    // A panic while the lock is held leaves a value that is still whole (every change above is a
    // few assignments), and refusing it for ever would turn one bug into a hang.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
