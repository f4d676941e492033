//! `Karafka::Native::ProducerRegistry`: which producers the process has, and what they counted.
//!
//! Any Ruby thread; nothing waits. A forked child makes one of its own.

use crate::errors::{guard, lift};
use magnus::{Error, Module, Object, RModule, Ruby, Value, function, method};

#[magnus::wrap(class = "Karafka::Native::ProducerRegistry", free_immediately)]
pub(crate) struct ProducerRegistry(pub(crate) karafka_rs::ProducerRegistry);

impl ProducerRegistry {
    fn new() -> Self {
        Self(karafka_rs::ProducerRegistry::default())
    }

    fn status(ruby: &Ruby, this: &Self) -> Result<Value, Error> {
        guard(ruby, || serde_magnus::serialize(ruby, &this.0.status()))
    }

    fn metrics(ruby: &Ruby, this: &Self) -> Result<String, Error> {
        guard(ruby, || lift(ruby, this.0.metrics()))
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("ProducerRegistry", ruby.class_object())?;
    class.define_singleton_method("new", function!(ProducerRegistry::new, 0))?;
    class.define_method("metrics", method!(ProducerRegistry::metrics, 0))?;
    class.define_method("status", method!(ProducerRegistry::status, 0))
}
