//! From parsed JSON to Ruby objects.
//!
//! Any Ruby thread with the GVL. Objects are on the stack, where the collector finds them, until they
//! are in their container.

use crate::raw;
use karafka_rs::json::{Node, Tape};
use magnus::value::ReprValue;
use magnus::{Error, IntoValue, RArray, RHash, Ruby, Value};

/// Keys and values that are put into a Hash, or values into an Array, at once.
pub(super) const BULK: usize = 32;

/// The keys of a tape as Strings that every Hash shares.
pub(super) fn keys(ruby: &Ruby, tape: &Tape) -> Result<RArray, Error> {
    let keys = ruby.ary_new_capa(tape.keys().len());
    for key in tape.keys() {
        keys.push(ruby.str_new(key).to_interned_str())?;
    }
    Ok(keys)
}

/// Makes one value's objects.
pub(super) struct Builder<'a> {
    pub(super) ruby: &'a Ruby,
    pub(super) tape: &'a Tape,
    pub(super) keys: RArray,
    pub(super) payload: &'a [u8],
    /// Where it begins.
    pub(super) at: usize,
}

impl Builder<'_> {
    pub(super) fn value(&mut self) -> Result<Value, Error> {
        let ruby = self.ruby;
        let node = self.tape.node(self.at);
        self.at += 1;
        Ok(match node {
            Node::Null => ruby.qnil().as_value(),
            Node::Bool(value) => value.into_value_with(ruby),
            Node::Int(value) => ruby.integer_from_i64(value).as_value(),
            Node::Unsigned(value) => ruby.integer_from_u64(value).as_value(),
            Node::Float(value) => ruby.float_from_f64(value).as_value(),
            Node::Plain(text) => raw::utf8(self.tape.plain(text, self.payload)),
            Node::Unescaped(text) => raw::utf8(self.tape.unescaped(text)),
            Node::Array(count) => self.array(count as usize)?.as_value(),
            Node::Object(count) => self.object(count as usize)?.as_value(),
            Node::Key(number) => self.keys.entry(isize::try_from(number).unwrap_or(isize::MAX))?,
        })
    }

    fn array(&mut self, count: usize) -> Result<RArray, Error> {
        let array = self.ruby.ary_new_capa(count);
        self.in_bulks(count, |bulk| raw::append(array, bulk))?;
        Ok(array)
    }

    fn object(&mut self, count: usize) -> Result<RHash, Error> {
        let hash = self.ruby.hash_new();
        // In the list, keys stand before their values.
        self.in_bulks(count * 2, |bulk| raw::insert(hash, bulk))?;
        Ok(hash)
    }

    fn in_bulks(&mut self, count: usize, put: impl Fn(&[Value])) -> Result<(), Error> {
        let mut left = count;
        while left > 0 {
            let mut bulk = [self.ruby.qnil().as_value(); BULK];
            let size = left.min(BULK);
            for place in &mut bulk[..size] {
                *place = self.value()?;
            }
            put(&bulk[..size]);
            left -= size;
        }
        Ok(())
    }
}
