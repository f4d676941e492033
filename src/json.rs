//! JSON, parsed without the host.
//!
//! Owns turning the payloads of a batch into one flat list of nodes, with each key kept once. Any
//! thread. Takes only what every parser understands in the same way: the host's own parser has the
//! last word on everything else, errors among it. Must not build host values.

mod columns;
mod visitor;

pub use columns::{Columns, Fields};

use serde::de::DeserializeSeed;
use std::collections::HashMap;
use visitor::{Member, index};

/// A piece of text: where it begins, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    start: u32,
    length: u32,
}

/// One value, or the beginning of one: the members of containers follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond the signed ones.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A string that stands in the payload as it is.
    Plain(Text),
    /// A string that was written with escapes.
    Unescaped(Text),
    /// So many values follow.
    Array(u32),
    /// So many times a key and a value follow.
    Object(u32),
    /// The key with this number.
    Key(u32),
}

/// Payloads that were parsed.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    /// The text of strings that were written with escapes.
    text: Vec<u8>,
    keys: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    /// The keys by their place in objects: records look alike, so most are found here.
    usual: Vec<u32>,
    depth: usize,
}

impl Tape {
    /// Parses `payload`. Gives where its value begins; `None`: the host's parser has to look at it.
    pub fn parse(&mut self, payload: &[u8]) -> Option<usize> {
        let (at, texts) = (self.nodes.len(), self.text.len());
        self.depth = 0;
        let mut json = serde_json::Deserializer::from_slice(payload);
        let seed = Member::new(self, payload);
        if seed.deserialize(&mut json).and_then(|()| json.end()).is_err() {
            self.nodes.truncate(at);
            self.text.truncate(texts);
            return None;
        }
        Some(at)
    }

    /// The node at this place.
    #[must_use]
    pub fn node(&self, at: usize) -> Node {
        self.nodes[at]
    }

    /// Every key there is, by its number.
    #[must_use]
    pub fn keys(&self) -> &[Box<str>] {
        &self.keys
    }

    /// The string of a [`Node::Plain`] of `payload`.
    #[must_use]
    pub fn plain<'a>(&self, text: Text, payload: &'a [u8]) -> &'a [u8] {
        &payload[text.start as usize..][..text.length as usize]
    }

    /// The string of a [`Node::Unescaped`].
    #[must_use]
    pub fn unescaped(&self, text: Text) -> &[u8] {
        &self.text[text.start as usize..][..text.length as usize]
    }

    fn key_number(&mut self, key: &str, place: usize) -> u32 {
        if let Some(number) = self.usual.get(place).copied()
            && *self.keys[number as usize] == *key
        {
            return number;
        }
        let number = match self.numbers.get(key) {
            Some(number) => *number,
            None => {
                let number = index(self.keys.len());
                self.keys.push(key.into());
                self.numbers.insert(key.into(), number);
                number
            }
        };
        if place < self.usual.len() {
            self.usual[place] = number;
        } else if place == self.usual.len() {
            self.usual.push(number);
        }
        number
    }
}

#[cfg(test)]
mod tests;
