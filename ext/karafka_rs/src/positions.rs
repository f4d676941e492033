//! `Karafka::Native.positions`: where a group stands.
//!
//! Any Ruby thread; waits without the GVL. Must not join the group.

use crate::errors::{guard, lift, ruby_error};
use crate::{gvl, options};
use karafka_rs::wait::Cancel;
use magnus::{Error, RHash, RModule, Ruby, Value, function};
use std::time::Duration;

/// `properties` of a consumer, `[[topic, partition], ...]`, and how many seconds each request may take.
fn positions(ruby: &Ruby, properties: RHash, partitions: Value, seconds: f64) -> Result<Value, Error> {
    guard(ruby, || {
        let partitions = serde_magnus::deserialize(ruby, partitions)?;
        let timeout = options::seconds(Some(seconds)).unwrap_or_default();
        let properties = options::properties(properties)?;
        let answer = lift(ruby, karafka_rs::positions::look_up(&properties, partitions, timeout))?;
        let wait = |left: Option<Duration>, cancel: &Cancel| answer.wait(left, cancel, Option::take);
        match gvl::wait(ruby, None, wait, || answer.wake())? {
            Some(Ok(found)) => serde_magnus::serialize(ruby, &found),
            Some(Err(error)) => Err(ruby_error(ruby, &error)),
            None => serde_magnus::serialize(ruby, &()),
        }
    })
}

pub(crate) fn init(native: RModule) -> Result<(), Error> {
    native.define_module_function("positions", function!(positions, 3))
}
