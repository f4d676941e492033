//! The bridge between Ruby and the karafka_rs core.
//!
//! Defines `Karafka::Native`; every class has a file of its own that ends in its `init`. Nothing
//! but `gvl` and `raw` is unsafe by hand (magnus' macros write some for the classes). See
//! `README.md` beside `Cargo.toml` for who calls whom on which thread.
#![allow(
    unsafe_code,
    reason = "magnus' derive macros expand to unsafe impls; by hand only the modules gvl and raw may"
)]
#![allow(missing_docs, reason = "the init function that magnus' macro exports cannot carry any")]

mod admin;
mod batch;
mod consumer;
mod delivery;
mod endpoint;
mod errors;
mod gvl;
mod held;
mod inbox;
mod lease;
mod message;
mod mock_cluster;
mod options;
mod outgoing;
mod positions;
mod produce_many;
mod produce_one;
mod producer;
mod producer_registry;
mod raw;
mod statistics;

use magnus::{Error, Module, Ruby, function};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    let native = ruby.define_module("Karafka")?.define_module("Native")?;
    native.define_module_function("librdkafka_version", function!(karafka_rs::librdkafka::version, 0))?;
    native.define_module_function("panic_for_test", function!(panic_for_test, 1))?;
    admin::init(native)?;
    batch::init(ruby, native)?;
    consumer::init(ruby, native)?;
    delivery::init(ruby, native)?;
    endpoint::init(ruby, native)?;
    held::init(ruby, native)?;
    inbox::init(ruby, native)?;
    lease::init(ruby, native)?;
    message::init(ruby, native)?;
    mock_cluster::init(ruby, native)?;
    positions::init(native)?;
    producer::init(ruby, native)?;
    producer_registry::init(ruby, native)?;
    statistics::init(ruby, native)
}

/// Panics on purpose, with the GVL or without: the specs prove that Ruby survives it.
#[expect(clippy::panic, reason = "this is what it is for")]
fn panic_for_test(ruby: &Ruby, with_gvl: bool) -> Result<(), Error> {
    errors::guard(ruby, || {
        if with_gvl {
            panic!("asked for, with the GVL");
        }
        // An interrupt may come before the work does.
        while gvl::without(|| panic!("asked for, without the GVL"), &|| ()).is_none() {
            gvl::check_interrupts()?;
        }
        Ok(())
    })
}
