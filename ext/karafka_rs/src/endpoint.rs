//! `Karafka::Native::Endpoint`: the HTTP endpoint of a server.
//!
//! Any Ruby thread. Its close releases the GVL.

use crate::errors::{guard, lift};
use crate::inbox::Inbox;
use crate::producer_registry::ProducerRegistry;
use crate::{gvl, options};
use karafka_rs::EndpointSettings;
use magnus::{Error, Module, Object, RHash, RModule, Ruby, function, method};

#[magnus::wrap(class = "Karafka::Native::Endpoint", free_immediately)]
struct Endpoint(karafka_rs::Endpoint);

impl Endpoint {
    fn new(ruby: &Ruby, inbox: &Inbox, producers: &ProducerRegistry, settings: RHash) -> Result<Self, Error> {
        guard(ruby, || {
            let settings: EndpointSettings = serde_magnus::deserialize(ruby, settings)?;
            lift(ruby, karafka_rs::Endpoint::start(&settings, &inbox.0, &producers.0)).map(Self)
        })
    }

    fn address(&self) -> String {
        self.0.address().to_string()
    }

    fn close(ruby: &Ruby, this: &Self, seconds: Option<f64>) -> Result<bool, Error> {
        guard(ruby, || {
            let wait = |left, cancel: &_| this.0.close(left, cancel);
            Ok(gvl::wait(ruby, options::seconds(seconds), wait, || this.0.wake())?.is_some())
        })
    }
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Endpoint", ruby.class_object())?;
    class.define_singleton_method("new", function!(Endpoint::new, 3))?;
    class.define_method("address", method!(Endpoint::address, 0))?;
    class.define_method("close", method!(Endpoint::close, 1))
}
