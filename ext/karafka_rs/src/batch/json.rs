//! The payloads of a batch as Ruby objects, when they are JSON.
//!
//! Any Ruby thread with the GVL, which is given up while many payloads are parsed. The objects of a
//! payload are made when it is read. What is not plain JSON is left to Ruby's own parser.

use super::Batch;
use crate::{gvl, raw};
use karafka_rs::json::{Node, Tape};
use karafka_rs::librdkafka::Records;
use magnus::value::{Opaque, ReprValue};
use magnus::{Error, IntoValue, RArray, RHash, Ruby, Value};

/// So many bytes are parsed at once: what is parsed and never read is work for nothing.
const AHEAD: usize = 256 * 1024;
/// From so many bytes on other threads may run meanwhile. Getting the GVL back may take long.
const WORTH_A_SWITCH: usize = 32 * 1024;
/// Keys and values that are put into a Hash, or values into an Array, at once.
const BULK: usize = 32;

/// Payloads that were parsed together.
#[derive(Debug)]
pub(super) struct Chunk {
    from: usize,
    /// Where each payload's value begins; `None`: it is not plain JSON.
    roots: Vec<Option<usize>>,
    tape: Tape,
}

impl Chunk {
    fn parse(records: &Records, from: usize, to: usize) -> Self {
        let mut tape = Tape::default();
        let roots = (from..to).map(|index| records.payload(index).and_then(|payload| tape.parse(payload))).collect();
        Self { from, roots, tape }
    }
}

impl Batch {
    /// The object that the payload stands for, as `JSON.parse` gives it; `None`: that has to be asked.
    pub(crate) fn json(&self, ruby: &Ruby, index: usize) -> Result<Option<Value>, Error> {
        if !self.is_parsed(index) {
            self.parse_around(ruby, index)?;
        }
        let chunk = self.json.borrow();
        let root = chunk.as_ref().and_then(|chunk| Some((&chunk.tape, chunk.roots[index - chunk.from]?)));
        let (Some((tape, at)), Some(keys)) = (root, self.keys.get()) else {
            return Ok(None);
        };
        let batch = self.batch.borrow();
        let payload = batch.records().payload(index).unwrap_or_default();
        Builder { ruby, tape, keys: ruby.get_inner(keys), payload, at }.value().map(Some)
    }

    fn is_parsed(&self, index: usize) -> bool {
        let chunk = self.json.borrow();
        chunk.as_ref().is_some_and(|chunk| index >= chunk.from && index - chunk.from < chunk.roots.len())
    }

    /// Parses the payload and those around it.
    fn parse_around(&self, ruby: &Ruby, index: usize) -> Result<(), Error> {
        let (from, to, bytes) = self.read(ruby, index, |records| Ok(extent(records, index)))?;
        let chunk = if bytes < WORTH_A_SWITCH {
            Chunk::parse(self.batch.borrow().records(), from, to)
        } else {
            // A clone: nobody holds this cell while other threads run.
            let batch = self.batch.borrow().clone();
            loop {
                if let Some(chunk) = gvl::without(|| Chunk::parse(batch.records(), from, to), &|| ()) {
                    break chunk;
                }
                gvl::check_interrupts()?;
            }
        };
        let keys = ruby.ary_new_capa(chunk.tape.keys().len());
        for key in chunk.tape.keys() {
            keys.push(ruby.str_new(key).to_interned_str())?;
        }
        self.keys.set(Some(Opaque::from(keys)));
        *self.json.borrow_mut() = Some(chunk);
        Ok(())
    }
}

/// From where to where payloads are parsed together with the one at `index`, and their bytes. The
/// borders are the batch's own: whoever reads backwards has each parsed once as well.
fn extent(records: &Records, index: usize) -> (usize, usize, usize) {
    let (mut from, mut to, mut bytes) = (0, 0, 0);
    while to < records.len() && (to <= index || bytes < AHEAD) {
        if bytes >= AHEAD {
            (from, bytes) = (to, 0);
        }
        bytes += records.payload(to).map_or(0, <[u8]>::len);
        to += 1;
    }
    (from, to, bytes)
}

/// Makes one payload's objects. They are on the stack, where the collector finds them, until they
/// are in their container.
struct Builder<'a> {
    ruby: &'a Ruby,
    tape: &'a Tape,
    keys: RArray,
    payload: &'a [u8],
    at: usize,
}

impl Builder<'_> {
    fn value(&mut self) -> Result<Value, Error> {
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
            Node::Key(number) => self.key(number)?,
        })
    }

    fn key(&self, number: u32) -> Result<Value, Error> {
        self.keys.entry(isize::try_from(number).unwrap_or(isize::MAX))
    }

    fn array(&mut self, count: usize) -> Result<RArray, Error> {
        let array = self.ruby.ary_new_capa(count);
        self.in_bulks(count, |bulk| array.cat(bulk))?;
        Ok(array)
    }

    fn object(&mut self, count: usize) -> Result<RHash, Error> {
        let hash = self.ruby.hash_new();
        // In the list, keys stand before their values.
        self.in_bulks(count * 2, |bulk| hash.bulk_insert(bulk))?;
        Ok(hash)
    }

    fn in_bulks(&mut self, count: usize, put: impl Fn(&[Value]) -> Result<(), Error>) -> Result<(), Error> {
        let mut left = count;
        while left > 0 {
            let mut bulk = [self.ruby.qnil().as_value(); BULK];
            let size = left.min(BULK);
            for place in &mut bulk[..size] {
                *place = self.value()?;
            }
            put(&bulk[..size])?;
            left -= size;
        }
        Ok(())
    }
}
