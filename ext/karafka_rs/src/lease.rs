//! `Karafka::Native::Lease`: one partition while it is ours.
//!
//! Any Ruby thread, inside a job or not. Nothing here waits: wishes reach the fetcher, and come true
//! when the job that is out has ended.

use crate::errors::{guard, lift};
use crate::options;
use karafka_rs::consumer::Target;
use magnus::{Class, Error, Module, RModule, RString, Ruby, Value, method};
use std::sync::Arc;

#[magnus::wrap(class = "Karafka::Native::Lease", free_immediately, size)]
pub(crate) struct Lease(pub(crate) Arc<karafka_rs::consumer::Lease>);

impl Lease {
    /// For so many seconds; `nil`: until `resume`.
    fn pause(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        Ok(this.own(ruby)?.pause(options::seconds(seconds)))
    }

    fn resume(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        Ok(this.own(ruby)?.resume())
    }

    /// `target`: `"earliest"`, `"latest"`, `{ offset: 7 }` or `{ time: milliseconds }`.
    fn seek(ruby: &Ruby, this: &Self, target: Value) -> Result<bool, Error> {
        guard(ruby, || {
            let target: Target = serde_magnus::deserialize(ruby, target)?;
            Ok(this.own(ruby)?.seek(target))
        })
    }

    fn is_revoked(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        Ok(this.own(ruby)?.is_revoked())
    }

    /// User code raised an error of `class`: for the numbers of errors.
    fn raised(ruby: &Ruby, this: &Self, class: RString) -> Result<(), Error> {
        this.own(ruby)?.raised(&class.to_string()?);
        Ok(())
    }

    fn partition(&self) -> i32 {
        self.0.partition()
    }

    fn own(&self, ruby: &Ruby) -> Result<&Arc<karafka_rs::consumer::Lease>, Error> {
        if self.0.is_foreign() {
            return lift(ruby, Err(karafka_rs::Error::forked("partition")));
        }
        Ok(&self.0)
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Lease", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_method("pause", method!(Lease::pause, 1))?;
    class.define_method("resume", method!(Lease::resume, 0))?;
    class.define_method("seek", method!(Lease::seek, 1))?;
    class.define_method("raised", method!(Lease::raised, 1))?;
    class.define_method("partition", method!(Lease::partition, 0))?;
    class.define_method("revoked?", method!(Lease::is_revoked, 0))
}
