//! From serde's events to the list of nodes.
//!
//! Owns what is taken and what is left to the host. Any thread. Must not look at the text itself.

use super::{Node, Tape, Text};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Arrays and objects inside each other, as many as Ruby's parser takes by default.
const DEEPEST: usize = 100;
/// Whole numbers from here on come as floats, and which was written cannot be told any more.
const WHOLE: f64 = 9_223_372_036_854_775_808.0;

/// A batch is far from so large, and what does not fit is the host's.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// One value of the payload at `base`.
pub(super) struct Member<'a> {
    tape: &'a mut Tape,
    base: usize,
}

impl<'a> Member<'a> {
    pub(super) fn new(tape: &'a mut Tape, payload: &[u8]) -> Self {
        Self { tape, base: payload.as_ptr() as usize }
    }

    fn push<E>(self, node: Node) -> Result<(), E> {
        self.tape.nodes.push(node);
        Ok(())
    }

    /// Begins a container that is completed by [`Self::end`].
    fn begin<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        self.tape.depth += 1;
        if self.tape.depth > DEEPEST {
            return Err(E::custom("too deep"));
        }
        self.tape.nodes.push(Node::Null);
        Ok(self.tape.nodes.len() - 1)
    }

    fn end<E>(self, at: usize, node: Node) -> Result<(), E> {
        self.tape.depth -= 1;
        self.tape.nodes[at] = node;
        Ok(())
    }

    fn next(&mut self) -> Member<'_> {
        Member { tape: self.tape, base: self.base }
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.push(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.push(Node::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.push(i64::try_from(value).map_or(Node::Unsigned(value), Node::Int))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        // A whole number too large, or `-0`, which is one as well.
        if value.abs() >= WHOLE || value == 0.0 && value.is_sign_negative() {
            return Err(E::custom("perhaps not a float"));
        }
        self.push(Node::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        let start = value.as_ptr() as usize - self.base;
        self.push(Node::Plain(Text { start: index(start), length: index(value.len()) }))
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let start = self.tape.text.len();
        self.tape.text.extend_from_slice(value.as_bytes());
        self.push(Node::Unescaped(Text { start: index(start), length: index(value.len()) }))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let at = self.begin()?;
        let mut count = 0;
        while members.next_element_seed(self.next())?.is_some() {
            count += 1;
        }
        self.end(at, Node::Array(count))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let at = self.begin()?;
        let mut count = 0;
        while let Some(number) = members.next_key_seed(Key { tape: self.tape, place: count as usize })? {
            self.tape.nodes.push(Node::Key(number));
            members.next_value_seed(self.next())?;
            count += 1;
        }
        self.end(at, Node::Object(count))
    }
}

/// The key at this place of its object.
struct Key<'a> {
    tape: &'a mut Tape,
    place: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u32, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, value: &str) -> Result<u32, E> {
        Ok(self.tape.key_number(value, self.place))
    }
}
