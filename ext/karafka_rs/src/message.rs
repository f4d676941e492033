//! `Karafka::Native::Message`: one record in Ruby's hands, the parent of `Karafka::Params::Params`.
//!
//! Used by one Ruby thread at a time, with the GVL (which is what makes the cells sound). Knows where
//! its record is, and keeps what its payload was parsed to. Everything else is made when it is read.
//! The messages of a batch are parts of one list: each costs a slot of Ruby's and nothing more.

use crate::batch::Batch;
use crate::errors::guard;
use crate::raw;
use crate::raw::parts::{Part, PartType};
use magnus::gc::Marker;
use magnus::value::{Opaque, ReprValue};
use magnus::{
    Class, DataTypeFunctions, Error, Module, Object, RArray, RClass, RModule, Ruby, TypedData, Value, method,
};
use std::cell::{Cell, OnceCell};

/// Objects that are put into an Array at once.
const BULK: usize = 32;
static MESSAGE: PartType<Message> = PartType::new(c"Karafka::Native::Message");

/// The messages of one batch: what the objects of all of them hold on to.
#[derive(TypedData)]
#[magnus(class = "Karafka::Native::Messages", free_immediately, mark)]
struct Messages {
    from: From,
    /// Never moved after it is made: see [`Part`].
    all: OnceCell<Box<[Message]>>,
}

#[derive(Clone, Copy)]
struct From {
    /// The `ParamsBatch` they are shown in.
    batch: Opaque<Value>,
    /// A [`Batch`], or records that specs gave.
    source: Opaque<Value>,
    /// Whether the core may parse their payloads.
    json: bool,
}

struct Message {
    list: Opaque<Value>,
    from: From,
    index: usize,
    payload: Cell<Option<Opaque<Value>>>,
}

impl Part for Message {
    fn owner(&self) -> Opaque<Value> {
        self.list
    }
}

impl DataTypeFunctions for Messages {
    fn mark(&self, marker: &Marker) {
        marker.mark(self.from.batch);
        marker.mark(self.from.source);
        for message in self.all.get().into_iter().flatten() {
            if let Some(payload) = message.payload.get() {
                marker.mark(payload);
            }
        }
    }
}

impl Message {
    /// Messages of this class for the records `from` to before `to`.
    fn list(
        ruby: &Ruby,
        class: RClass,
        batch: Value,
        source: Value,
        json: bool,
        from: usize,
        to: usize,
    ) -> Result<RArray, Error> {
        guard(ruby, || {
            let common = From { batch: batch.into(), source: source.into(), json };
            let list = ruby.obj_wrap(Messages { from: common, all: OnceCell::new() });
            let owner = Opaque::from(list.as_value());
            let message = |index| Message { list: owner, from: common, index, payload: Cell::default() };
            let all = list.all.get_or_init(|| (from..to).map(message).collect());
            let array = ruby.ary_new_capa(all.len());
            let mut objects = [ruby.qnil().as_value(); BULK];
            for messages in all.chunks(BULK) {
                for (object, message) in objects.iter_mut().zip(messages) {
                    *object = MESSAGE.object(class, message);
                }
                array.cat(&objects[..messages.len()])?;
            }
            Ok(array)
        })
    }

    fn batch(ruby: &Ruby, this: Value) -> Result<Value, Error> {
        Ok(ruby.get_inner(of(ruby, &this)?.from.batch))
    }

    fn index(ruby: &Ruby, this: Value) -> Result<usize, Error> {
        Ok(of(ruby, &this)?.index)
    }

    fn raw_payload(ruby: &Ruby, this: Value) -> Result<Value, Error> {
        let message = of(ruby, &this)?;
        let source = ruby.get_inner(message.from.source);
        match raw::typed::<Batch>(&source) {
            Some(batch) => batch.payload_at(ruby, message.index),
            None => source.funcall("payload", (message.index,)),
        }
    }

    fn payload(ruby: &Ruby, this: Value) -> Result<Value, Error> {
        let message = of(ruby, &this)?;
        if let Some(payload) = message.payload.get() {
            return Ok(ruby.get_inner(payload));
        }
        let payload = message.parsed(ruby, this)?;
        message.payload.set(Some(payload.into()));
        Ok(payload)
    }

    /// By the core if it can, else by the parser of the route.
    fn parsed(&self, ruby: &Ruby, this: Value) -> Result<Value, Error> {
        let source = ruby.get_inner(self.from.source);
        if self.from.json
            && let Some(batch) = raw::typed::<Batch>(&source)
            && let Some(payload) = guard(ruby, || batch.json(ruby, self.index))?
        {
            return Ok(payload);
        }
        this.funcall("parse", ())
    }

    fn is_parsed(ruby: &Ruby, this: Value) -> Result<bool, Error> {
        Ok(of(ruby, &this)?.payload.get().is_some())
    }
}

fn of<'a>(ruby: &Ruby, this: &'a Value) -> Result<&'a Message, Error> {
    MESSAGE.part(this).ok_or_else(|| Error::new(ruby.exception_type_error(), "not a message"))
}

pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_class("Messages", ruby.class_object())?.undef_default_alloc_func();
    let class = native.define_class("Message", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_singleton_method("list", method!(Message::list, 5))?;
    class.define_method("batch", method!(Message::batch, 0))?;
    class.define_method("index", method!(Message::index, 0))?;
    class.define_method("raw_payload", method!(Message::raw_payload, 0))?;
    class.define_method("payload", method!(Message::payload, 0))?;
    class.define_method("parsed?", method!(Message::is_parsed, 0))
}
