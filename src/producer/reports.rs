//! Who takes delivery reports.
//!
//! Owns the turn to wait for them: one thread at a time asks librdkafka, on behalf of all. A thread
//! that waits for a delivery takes the turn itself, since the report then wakes nobody in between;
//! the producer's own thread takes it while nobody waits. Any thread. Must not hold its lock while
//! it asks.

use super::context::Context;
use crate::librdkafka::Producing;
use crate::thread;
use crate::wait::{Cancel, Waited};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

pub(super) type Client = Producing<Context>;

/// The longest that one asks without looking whether it is still wanted.
const SLICE: Duration = Duration::from_millis(100);
/// The producer's own thread keeps away for so long from a turn that others take.
const REST: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
struct Turn {
    taken: bool,
    // By the producer's own thread, which gives way.
    lent: bool,
    waiting: usize,
    // Grows with each turn of a waiting thread.
    turns: u64,
    ended: bool,
}

pub(super) struct Reports {
    client: Weak<Client>,
    turn: Mutex<Turn>,
    changed: Condvar,
    ended: Condvar,
}

impl Reports {
    /// Starts the thread that takes reports while nobody waits for one. It ends with `end`.
    pub(super) fn start(client: &Arc<Client>) -> crate::Result<Arc<Self>> {
        let reports = Arc::new(Self {
            client: Arc::downgrade(client),
            turn: Mutex::default(),
            changed: Condvar::new(),
            ended: Condvar::new(),
        });
        let own = Arc::clone(&reports);
        thread::start("krs-reports", move || own.serve())?;
        Ok(reports)
    }

    /// Waits until `ready` gives something, asking for reports meanwhile. `None`: the client has
    /// ended, and nothing will come any more.
    pub(super) fn wait<R>(
        &self,
        timeout: Option<Duration>,
        cancel: &Cancel,
        mut ready: impl FnMut() -> Option<R>,
    ) -> Option<Waited<R>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let client = self.client.upgrade();
        let mut turn = self.lock();
        loop {
            if let Some(result) = ready() {
                return Some(Waited::Ready(result));
            }
            if cancel.is_set() {
                return Some(Waited::Cancelled);
            }
            let client = client.as_ref()?;
            let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Some(Waited::TimedOut);
            }
            turn = if turn.taken {
                if turn.lent {
                    client.interrupt();
                }
                turn.waiting += 1;
                let mut turn =
                    self.changed.wait_timeout(turn, left.min(SLICE)).unwrap_or_else(PoisonError::into_inner).0;
                turn.waiting -= 1;
                turn
            } else {
                turn.turns += 1;
                self.take(turn, || {
                    client.poll(left.min(SLICE));
                })
            };
        }
    }

    /// Takes the reports that are there, without waiting, on a thread that has produced much: the memory
    /// of its records then goes back to where it came from, which spares two threads their fight for it.
    pub(super) fn help(&self, client: &Client) {
        let mut turn = self.lock();
        turn.turns += 1;
        if turn.lent {
            client.interrupt();
        }
        if turn.taken {
            return;
        }
        drop(self.take(turn, || while client.poll(Duration::ZERO) {}));
    }

    /// Makes every thread that waits look whether it is still wanted.
    pub(super) fn wake(&self) {
        if let Some(client) = self.client.upgrade() {
            client.interrupt();
        }
        let turn = self.lock();
        self.changed.notify_all();
        drop(turn);
    }

    /// Ends the producer's own thread, soon.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.ended.notify_all();
        self.wake();
    }

    fn serve(&self) {
        let mut seen = 0;
        let mut turn = self.lock();
        while !turn.ended {
            if turn.taken || turn.waiting > 0 || turn.turns != seen {
                seen = turn.turns;
                turn = self.ended.wait_timeout(turn, REST).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            // Not kept while nothing is asked: its last owner ends the client.
            let Some(client) = self.client.upgrade() else { return };
            turn.lent = true;
            turn = self.take(turn, || {
                client.poll(SLICE);
            });
            turn.lent = false;
            drop(turn);
            drop(client);
            turn = self.lock();
        }
    }

    fn take<'a>(&'a self, mut turn: MutexGuard<'a, Turn>, ask: impl FnOnce()) -> MutexGuard<'a, Turn> {
        turn.taken = true;
        drop(turn);
        ask();
        let mut turn = self.lock();
        turn.taken = false;
        if turn.waiting > 0 {
            // Those whose report came go, one of the others asks next.
            self.changed.notify_all();
        }
        turn
    }

    // A panic while the lock is held leaves flags that are still whole.
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}
