//! `Karafka::Native::Held`: what an object that stays holds for a while.
//!
//! Any Ruby thread with the GVL. A Ruby object that survives collections ("old") makes whatever it
//! points at old as well, and only a full collection frees that: a controller would age every batch
//! it is given. An object of ours is never old, and neither is what it holds.

use crate::raw;
use magnus::gc::Marker;
use magnus::value::Opaque;
use magnus::{DataTypeFunctions, Error, Module, Object, RModule, Ruby, TypedData, Value, function, method};
use std::cell::Cell;

#[derive(TypedData, Default)]
#[magnus(class = "Karafka::Native::Held", free_immediately, mark, size)]
struct Held(Cell<Option<Opaque<Value>>>);

impl DataTypeFunctions for Held {
    fn mark(&self, marker: &Marker) {
        if let Some(value) = self.0.get() {
            marker.mark(value);
        }
    }
}

impl Held {
    fn value(ruby: &Ruby, this: Value) -> Result<Option<Value>, Error> {
        Ok(of(ruby, &this)?.0.get().map(|value| ruby.get_inner(value)))
    }

    fn set(ruby: &Ruby, this: Value, value: Option<Value>) -> Result<(), Error> {
        of(ruby, &this)?.0.set(value.map(Opaque::from));
        Ok(())
    }
}

fn of<'a>(ruby: &Ruby, this: &'a Value) -> Result<&'a Held, Error> {
    raw::typed(this).ok_or_else(|| Error::new(ruby.exception_type_error(), "holds nothing"))
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Held", ruby.class_object())?;
    class.define_singleton_method("new", function!(Held::default, 0))?;
    class.define_method("value", method!(Held::value, 0))?;
    class.define_method("value=", method!(Held::set, 1))
}
