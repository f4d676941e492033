//! `Karafka::Native.topics`, `.create_topic`, `.delete_topic`: what an operator asks a cluster.
//!
//! Any Ruby thread; waits without the GVL. Each call is a client of its own that ends with it.

use crate::errors::{guard, lift, ruby_error};
use crate::{gvl, options};
use karafka_rs::admin::Answer;
use karafka_rs::wait::Cancel;
use magnus::{Error, RHash, RModule, Ruby, Value, function};
use serde::Serialize;
use std::time::Duration;

/// `name`: one topic, or nil for all; `seconds`: how long the cluster may take.
fn topics(ruby: &Ruby, properties: RHash, name: Option<String>, seconds: f64) -> Result<Value, Error> {
    guard(ruby, || {
        let properties = options::properties(properties)?;
        wait(ruby, &lift(ruby, karafka_rs::admin::topics(&properties, name, time(seconds)))?)
    })
}

/// `topic`: a Hash, see [`karafka_rs::admin::NewTopic`].
fn create_topic(ruby: &Ruby, properties: RHash, topic: RHash, seconds: f64) -> Result<Value, Error> {
    guard(ruby, || {
        let topic = serde_magnus::deserialize(ruby, topic)?;
        let properties = options::properties(properties)?;
        wait(ruby, &lift(ruby, karafka_rs::admin::create_topic(&properties, topic, time(seconds)))?)
    })
}

fn delete_topic(ruby: &Ruby, properties: RHash, name: String, seconds: f64) -> Result<Value, Error> {
    guard(ruby, || {
        let properties = options::properties(properties)?;
        wait(ruby, &lift(ruby, karafka_rs::admin::delete_topic(&properties, name, time(seconds)))?)
    })
}

fn time(seconds: f64) -> Duration {
    options::seconds(Some(seconds)).unwrap_or_default()
}

fn wait<T: Serialize + Send>(ruby: &Ruby, answer: &Answer<T>) -> Result<Value, Error> {
    let wait = |left: Option<Duration>, cancel: &Cancel| answer.wait(left, cancel, Option::take);
    match gvl::wait(ruby, None, wait, || answer.wake())? {
        Some(Ok(found)) => serde_magnus::serialize(ruby, &found),
        Some(Err(error)) => Err(ruby_error(ruby, &error)),
        None => serde_magnus::serialize(ruby, &()),
    }
}

pub(crate) fn init(native: RModule) -> Result<(), Error> {
    native.define_module_function("topics", function!(topics, 3))?;
    native.define_module_function("create_topic", function!(create_topic, 3))?;
    native.define_module_function("delete_topic", function!(delete_topic, 3))
}
