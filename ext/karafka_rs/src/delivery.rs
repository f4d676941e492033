//! `Karafka::Native::Delivery`: what becomes of one produced record.
//!
//! Any Ruby thread. The wait releases the GVL.

use crate::errors::{guard, lift};
use crate::{gvl, options};
use karafka_rs::producer::Report;
use karafka_rs::wait::Cancel;
use magnus::{Class, Error, Module, RModule, Ruby, method};
use std::sync::Arc;

#[magnus::wrap(class = "Karafka::Native::Delivery", free_immediately, size)]
pub(crate) struct Delivery(pub(crate) Arc<karafka_rs::Delivery>);

impl Delivery {
    fn is_done(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        lift(ruby, this.0.is_done())
    }

    fn wait(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<Option<(i32, i64)>, Error> {
        guard(ruby, || Ok(wait(ruby, &this.0, seconds)?.map(|report| (report.partition, report.offset))))
    }
}

/// Waits for the delivery; `None`: the time was not enough.
pub(crate) fn wait(
    ruby: &Ruby,
    delivery: &karafka_rs::Delivery,
    seconds: Option<f64>,
) -> Result<Option<Report>, Error> {
    // What is there is taken without giving the GVL away.
    let report = match delivery.outcome() {
        Some(report) => Some(report),
        None => {
            let wait = |left, cancel: &Cancel| delivery.wait(left, cancel);
            gvl::wait(ruby, options::seconds(seconds), wait, || delivery.wake())?
        }
    };
    report.map(|report| lift(ruby, report)).transpose()
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Delivery", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_method("wait", method!(Delivery::wait, 1))?;
    class.define_method("done?", method!(Delivery::is_done, 0))
}
