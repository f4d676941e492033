//! `Karafka::Native::MockCluster`: a Kafka cluster inside this process.
//!
//! Any Ruby thread. The brokers run on a thread of librdkafka's.

use crate::errors::{guard, lift};
use magnus::{Error, Module, Object, RHash, RModule, RString, Ruby, function, method};
use std::cell::RefCell;
use std::time::Duration;

#[magnus::wrap(class = "Karafka::Native::MockCluster", free_immediately)]
pub(crate) struct MockCluster(RefCell<Option<karafka_rs::MockCluster>>);

impl MockCluster {
    fn new(ruby: &Ruby, brokers: u16, rebalance_delay_ms: u64) -> Result<Self, Error> {
        guard(ruby, || {
            let delay = Duration::from_millis(rebalance_delay_ms);
            let cluster = lift(ruby, karafka_rs::MockCluster::start(brokers, delay))?;
            Ok(Self(RefCell::new(Some(cluster))))
        })
    }

    fn bootstrap_servers(ruby: &Ruby, this: &Self) -> Result<String, Error> {
        this.with(ruby, karafka_rs::MockCluster::bootstrap_servers)
    }

    fn create_topic(ruby: &Ruby, this: &Self, name: RString, partitions: i32) -> Result<(), Error> {
        let name = name.to_string()?;
        this.with(ruby, |cluster| cluster.create_topic(&name, partitions))
    }

    /// `fault`: a Hash with `:kind`, see [`karafka_rs::mock::Fault`].
    fn inject(ruby: &Ruby, this: &Self, fault: RHash) -> Result<(), Error> {
        let fault: karafka_rs::mock::Fault = serde_magnus::deserialize(ruby, fault)?;
        this.with(ruby, |cluster| cluster.inject(&fault))
    }

    fn close(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || {
            if this.0.borrow().as_ref().is_some_and(karafka_rs::MockCluster::is_foreign) {
                return lift(ruby, Err(karafka_rs::Error::forked("embedded broker")));
            }
            // Returns at once: the end is handed to another thread.
            drop(this.0.borrow_mut().take());
            Ok(())
        })
    }

    fn with<R>(
        &self,
        ruby: &Ruby,
        call: impl FnOnce(&karafka_rs::MockCluster) -> karafka_rs::Result<R>,
    ) -> Result<R, Error> {
        guard(ruby, || match self.0.borrow().as_ref() {
            Some(cluster) => lift(ruby, call(cluster)),
            None => lift(ruby, Err(karafka_rs::Error::closed("embedded broker"))),
        })
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("MockCluster", ruby.class_object())?;
    class.define_singleton_method("new", function!(MockCluster::new, 2))?;
    class.define_method("bootstrap_servers", method!(MockCluster::bootstrap_servers, 0))?;
    class.define_method("create_topic", method!(MockCluster::create_topic, 2))?;
    class.define_method("inject", method!(MockCluster::inject, 1))?;
    class.define_method("close", method!(MockCluster::close, 0))
}
