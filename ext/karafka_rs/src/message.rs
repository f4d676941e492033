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
use magnus::typed_data::Obj;
use magnus::value::{Opaque, ReprValue};
use magnus::{
    Class, DataTypeFunctions, Error, Module, Object, RArray, RClass, RModule, Ruby, TypedData, Value, method,
};
use std::cell::{Cell, OnceCell};
use std::ops::Range;

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
        for message in self.all() {
            if let Some(payload) = message.payload.get() {
                marker.mark(payload);
            }
        }
    }
}

impl Messages {
    fn of(ruby: &Ruby, from: From, indices: Range<usize>) -> Obj<Self> {
        let list = ruby.obj_wrap(Self { from, all: OnceCell::new() });
        let owner = Opaque::from(list.as_value());
        let message = |index| Message { list: owner, from, index, payload: Cell::default() };
        list.all.get_or_init(|| indices.map(message).collect());
        list
    }

    fn all(&self) -> &[Message] {
        self.all.get().map_or(&[], |all| all)
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
            let size =
                raw::typed::<Batch>(&source).map_or_else(|| source.funcall("size", ()), |batch| Ok(batch.size()))?;
            if from > to || to > size {
                let message = format!("no messages {from} to {to} of a batch of {size}");
                return Err(Error::new(ruby.exception_index_error(), message));
            }
            let common = From { batch: batch.into(), source: source.into(), json };
            let list = Messages::of(ruby, common, from..to);
            let all = list.all();
            let array = ruby.ary_new_capa(all.len());
            let mut objects = [ruby.qnil().as_value(); BULK];
            for messages in all.chunks(BULK) {
                for (object, message) in objects.iter_mut().zip(messages) {
                    *object = MESSAGE.object(class, message);
                }
                array.cat(&objects[..messages.len()])?;
            }
            // Before there is an object nothing but this variable has the collector see the list.
            std::hint::black_box(list);
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
        let parsed = message.parsed(ruby, this)?;
        // Another thread may have been quicker: all get the same object.
        let payload = message.payload.get().unwrap_or(parsed.into());
        message.payload.set(Some(payload));
        Ok(ruby.get_inner(payload))
    }

    /// Another message for the same record, with the payload if that was read.
    fn copy(ruby: &Ruby, this: Value) -> Result<Value, Error> {
        guard(ruby, || {
            let message = of(ruby, &this)?;
            // The one with its name: an object may have a class of its own beside.
            let class = this.funcall("class", ())?;
            let list = Messages::of(ruby, message.from, message.index..message.index + 1);
            let [copy] = list.all() else { return Ok(this) };
            copy.payload.set(message.payload.get());
            let object = MESSAGE.object(class, copy);
            std::hint::black_box(list);
            Ok(object)
        })
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
    class.define_private_method("copy", method!(Message::copy, 0))?;
    class.define_method("parsed?", method!(Message::is_parsed, 0))
}
