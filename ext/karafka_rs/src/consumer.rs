//! `Karafka::Native::Consumer`: one consumer group's member.
//!
//! Any Ruby thread. Waits release the GVL; the rest returns at once.

use crate::errors::{guard, lift, ruby_error};
use crate::inbox::Inbox;
use crate::{gvl, options};
use karafka_rs::wait::{Cancel, Waited};
use magnus::{Error, Module, Object, RHash, RModule, Ruby, Value, function, method};
use std::sync::Arc;

#[magnus::wrap(class = "Karafka::Native::Consumer", free_immediately)]
pub(crate) struct Consumer(karafka_rs::Consumer);

impl Consumer {
    fn new(ruby: &Ruby, inbox: &Inbox, settings: RHash) -> Result<Self, Error> {
        guard(ruby, || {
            let settings = serde_magnus::deserialize(ruby, settings)?;
            lift(ruby, karafka_rs::Consumer::start(settings, Arc::clone(&inbox.0))).map(Self)
        })
    }

    fn quiet(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.quiet()))
    }

    fn stop(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.stop()))
    }

    fn running_jobs(ruby: &Ruby, this: &Self) -> Result<usize, Error> {
        guard(ruby, || lift(ruby, this.0.running()))
    }

    fn wait_stopped(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        this.wait(ruby, seconds, |left, cancel| this.0.wait_stopped(left, cancel))
    }

    fn wait_idle(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        this.wait(ruby, seconds, |left, cancel| this.0.wait_idle(left, cancel))
    }

    fn close(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        this.wait(ruby, seconds, |left, cancel| this.0.close(left, cancel))
    }

    fn commit(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        guard(ruby, || {
            let reply = lift(ruby, this.0.request_commit())?;
            let wait = |left, cancel: &Cancel| reply.wait(left, cancel, |answer| *answer);
            Ok(gvl::wait(ruby, options::seconds(seconds), wait, || reply.wake())?.unwrap_or(false))
        })
    }

    /// How each held partition is, as `/status` tells; `nil`: it did not say in time.
    fn partitions(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<Value, Error> {
        guard(ruby, || {
            let reply = lift(ruby, this.0.request_status())?;
            let wait = |left, cancel: &Cancel| reply.wait(left, cancel, Option::take);
            let status = gvl::wait(ruby, options::seconds(seconds), wait, || reply.wake())?;
            serde_magnus::serialize(ruby, &status.map(|status| status.partitions))
        })
    }

    /// For tests: rests, pauses and timed commits go on as if these seconds had passed.
    fn pass(ruby: &Ruby, this: &Self, seconds: f64) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.pass(options::seconds(Some(seconds)).unwrap_or_default())))
    }

    /// For tests: the fetcher looks after nothing for these seconds.
    fn hang(ruby: &Ruby, this: &Self, seconds: f64) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.hang(options::seconds(Some(seconds)).unwrap_or_default())))
    }

    /// For tests: `[[topic, partition], ...]` go, as in a rebalance.
    fn revoke(ruby: &Ruby, this: &Self, partitions: Value) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.revoke(serde_magnus::deserialize(ruby, partitions)?)))
    }

    /// For tests: they come back.
    fn assign(ruby: &Ruby, this: &Self, partitions: Value) -> Result<(), Error> {
        guard(ruby, || lift(ruby, this.0.assign(serde_magnus::deserialize(ruby, partitions)?)))
    }

    fn wait(
        &self,
        ruby: &Ruby,
        seconds: Option<f64>,
        poll: impl Fn(Option<std::time::Duration>, &Cancel) -> karafka_rs::Result<Waited<()>> + Sync,
    ) -> Result<bool, Error> {
        guard(ruby, || {
            // An error is an answer too: it ends the wait.
            let wait = |left, cancel: &Cancel| match poll(left, cancel) {
                Ok(Waited::Ready(())) => Waited::Ready(Ok(())),
                Ok(Waited::TimedOut) => Waited::TimedOut,
                Ok(Waited::Cancelled) => Waited::Cancelled,
                Err(error) => Waited::Ready(Err(error)),
            };
            match gvl::wait(ruby, options::seconds(seconds), wait, || self.0.wake())? {
                Some(Ok(())) => Ok(true),
                Some(Err(error)) => Err(ruby_error(ruby, &error)),
                None => Ok(false),
            }
        })
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Consumer", ruby.class_object())?;
    class.define_singleton_method("new", function!(Consumer::new, 2))?;
    class.define_method("quiet", method!(Consumer::quiet, 0))?;
    class.define_method("stop", method!(Consumer::stop, 0))?;
    class.define_method("running_jobs", method!(Consumer::running_jobs, 0))?;
    class.define_method("wait_stopped", method!(Consumer::wait_stopped, 1))?;
    class.define_method("wait_idle", method!(Consumer::wait_idle, 1))?;
    class.define_method("close", method!(Consumer::close, 1))?;
    class.define_method("commit", method!(Consumer::commit, 1))?;
    class.define_method("partitions", method!(Consumer::partitions, 1))?;
    class.define_method("pass", method!(Consumer::pass, 1))?;
    class.define_method("hang", method!(Consumer::hang, 1))?;
    class.define_method("revoke", method!(Consumer::revoke, 1))?;
    class.define_method("assign", method!(Consumer::assign, 1))
}
