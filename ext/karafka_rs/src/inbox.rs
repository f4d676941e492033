//! `Karafka::Native::Inbox`: where Ruby threads take jobs and events from.
//!
//! Any Ruby thread, any number of them at a time. A job that was taken is handed to Ruby or put
//! back: an interrupt between the two loses nothing.

use crate::batch::Batch;
use crate::errors::{guard, ruby_error};
use crate::{gvl, options};
use karafka_rs::mailbox::Popped;
use karafka_rs::wait::{Cancel, Waited};
use magnus::{Error, Module, Object, RModule, Ruby, Value, function, method};
use std::convert::identity;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[magnus::wrap(class = "Karafka::Native::Inbox", free_immediately)]
pub(crate) struct Inbox(pub(crate) Arc<karafka_rs::Inbox>);

impl Inbox {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn next_job(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<Option<Batch>, Error> {
        guard(ruby, || {
            let inbox = this.own(ruby)?;
            // A job that is there is taken without giving the GVL away.
            let found = match inbox.next_job(Some(Duration::ZERO), &Cancel::new()) {
                Popped::Item(batch) => Some(batch),
                Popped::Closed => return Ok(None),
                Popped::TimedOut | Popped::Cancelled => {
                    let wait =
                        |left, cancel: &Cancel| waited(inbox.next_job(left, cancel), |job| (job, Instant::now()));
                    let found = gvl::wait(ruby, options::seconds(seconds), wait, || inbox.wake())?.flatten();
                    found.map(|(batch, at)| {
                        inbox.waited_for_lock(at.elapsed());
                        batch
                    })
                }
            };
            let Some(batch) = found else { return Ok(None) };
            if let Err(interrupt) = gvl::check_interrupts() {
                inbox.put_back(batch);
                return Err(interrupt);
            }
            inbox.collected(ruby.gc_count() as u64, ruby.gc_stat("time").unwrap_or(0) as u64);
            batch.start();
            Ok(Some(Batch::new(batch)))
        })
    }

    fn next_event(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<Option<Value>, Error> {
        guard(ruby, || {
            let inbox = this.own(ruby)?;
            let wait = |left, cancel: &Cancel| waited(inbox.next_event(left, cancel), identity);
            let event = gvl::wait(ruby, options::seconds(seconds), wait, || inbox.wake())?.flatten();
            event.map(|event| serde_magnus::serialize(ruby, &event)).transpose()
        })
    }

    fn close(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        this.own(ruby)?.close();
        Ok(())
    }

    fn is_closed(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        Ok(this.own(ruby)?.is_closed())
    }

    fn own(&self, ruby: &Ruby) -> Result<&Arc<karafka_rs::Inbox>, Error> {
        if self.0.is_foreign() {
            return Err(ruby_error(ruby, &karafka_rs::Error::forked("inbox")));
        }
        Ok(&self.0)
    }
}

/// A pop as a wait: a closed mailbox is ready with nothing, an item with what `take` makes of it.
pub(crate) fn waited<T, R>(popped: Popped<T>, take: impl FnOnce(T) -> R) -> Waited<Option<R>> {
    match popped {
        Popped::Item(item) => Waited::Ready(Some(take(item))),
        Popped::Closed => Waited::Ready(None),
        Popped::TimedOut => Waited::TimedOut,
        Popped::Cancelled => Waited::Cancelled,
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Inbox", ruby.class_object())?;
    class.define_singleton_method("new", function!(Inbox::new, 0))?;
    class.define_method("next_job", method!(Inbox::next_job, 1))?;
    class.define_method("next_event", method!(Inbox::next_event, 1))?;
    class.define_method("close", method!(Inbox::close, 0))?;
    class.define_method("closed?", method!(Inbox::is_closed, 0))
}
