//! `Karafka::Native::Statistics`, and which events of the core anybody hears.
//!
//! Any Ruby thread. A report is parsed when it is read, without the GVL, and not before.

use crate::errors::{guard, lift};
use crate::gvl;
use karafka_rs::interest::INTEREST;
use magnus::{Class, Error, Module, RModule, Ruby, Value, function, method};

#[magnus::wrap(class = "Karafka::Native::Statistics", free_immediately, size)]
pub(crate) struct Statistics(pub(crate) karafka_rs::Statistics);

impl Statistics {
    /// A Hash with the names that librdkafka's STATISTICS.md has.
    fn to_h(ruby: &Ruby, this: &Self) -> Result<Value, Error> {
        guard(ruby, || {
            let read = gvl::compute(true, || this.0.read())?;
            serde_magnus::serialize(ruby, &lift(ruby, read)?)
        })
    }
}

/// Of the events that happen often, these are made from now on, and no others.
fn hear(fetched: bool, commits: bool, statistics: bool) {
    INTEREST.set(fetched, commits, statistics);
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_module_function("hear", function!(hear, 3))?;
    let class = native.define_class("Statistics", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_method("to_h", method!(Statistics::to_h, 0))
}
