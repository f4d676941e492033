//! Hand-over from the core to host threads.
//!
//! Owns the queue that jobs and events wait in until a host thread takes them. Pushed to by core
//! threads, popped by host threads. Never blocks a pusher: who pushes is bounded elsewhere (jobs)
//! or gives up the oldest entry that may be lost (events) and says so in the new one.

use crate::wait::{Cancel, Waitable, Waited};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a pop gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T> {
    /// The oldest item.
    Item(T),
    /// Nothing came in time.
    TimedOut,
    /// The waiting thread was asked to look after something else.
    Cancelled,
    /// The mailbox is closed and empty.
    Closed,
}

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// A queue from many core threads to many host threads.
#[derive(Debug)]
pub struct Mailbox<T> {
    queue: Waitable<Queue<T>>,
    // How many items the queue has: written under its lock, read without, for every record that is produced.
    count: AtomicUsize,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self { queue: Waitable::new(Queue { items: VecDeque::new(), closed: false }), count: AtomicUsize::new(0) }
    }
}

impl<T> Mailbox<T> {
    /// Appends `item`; gives it back when the mailbox is closed.
    ///
    /// # Errors
    /// The item itself, when nobody will ever pop it.
    pub fn push(&self, item: T) -> Result<(), T> {
        self.queue.update_one(|queue| {
            if queue.closed {
                return Err(item);
            }
            queue.items.push_back(item);
            self.counted(queue);
            Ok(())
        })
    }

    /// Puts back at the front an item that was popped and could not be used, closed or not:
    /// an item out of the mailbox is never lost.
    pub fn push_front(&self, item: T) {
        self.queue.update_one(|queue| {
            queue.items.push_front(item);
            self.counted(queue);
        });
    }

    /// Takes the oldest item, waiting for one up to `timeout` (`None`: for ever).
    pub fn pop(&self, timeout: Option<Duration>, cancel: &Cancel) -> Popped<T> {
        let waited = self.queue.wait(timeout, cancel, |queue| match queue.items.pop_front() {
            Some(item) => {
                self.counted(queue);
                Some(Popped::Item(item))
            }
            None => queue.closed.then_some(Popped::Closed),
        });
        match waited {
            Waited::Ready(popped) => popped,
            Waited::TimedOut => Popped::TimedOut,
            Waited::Cancelled => Popped::Cancelled,
        }
    }

    /// Wakes every popper so that it looks at its [`Cancel`].
    pub fn wake(&self) {
        self.queue.wake();
    }

    /// Removes and returns every item that `unwanted` picks, in order.
    pub fn extract(&self, mut unwanted: impl FnMut(&T) -> bool) -> Vec<T> {
        self.queue.with(|queue| {
            let (out, kept): (VecDeque<T>, VecDeque<T>) = queue.items.drain(..).partition(&mut unwanted);
            queue.items = kept;
            self.counted(queue);
            out.into()
        })
    }

    /// Removes and returns the oldest item that is `wanted`.
    pub fn take_first(&self, wanted: impl FnMut(&T) -> bool) -> Option<T> {
        self.queue.with(|queue| {
            let position = queue.items.iter().position(wanted)?;
            let item = queue.items.remove(position);
            self.counted(queue);
            item
        })
    }

    /// Refuses further items and lets waiting poppers go. What is queued can still be popped.
    pub fn close(&self) {
        self.queue.update(|queue| queue.closed = true);
    }

    /// Whether [`Mailbox::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queue.with(|queue| queue.closed)
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Whether no item waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn counted(&self, queue: &Queue<T>) {
        self.count.store(queue.items.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
