//! Single fields of many payloads.
//!
//! Owns reading what was asked for and passing over the rest. Any thread. What is passed over is
//! looked at only as far as it takes to find its end; a payload that is not an object has no fields.

use super::Tape;
use super::visitor::Member;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The most fields that are read at once: each has its bit in a [`Set`].
const MOST: usize = 64;
type Set = u64;

/// Which fields to read: the keys that lead to each, from the outside in.
#[derive(Debug, Clone)]
pub struct Fields(Vec<Vec<Box<str>>>);

impl Fields {
    /// `None`: there are more than 64, or one has no key.
    #[must_use]
    pub fn new(paths: Vec<Vec<Box<str>>>) -> Option<Self> {
        (paths.len() <= MOST && paths.iter().all(|path| !path.is_empty())).then_some(Self(paths))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of `set` whose key at `depth` this is, and which of them it leads right to.
    fn named(&self, set: Set, depth: usize, key: &str) -> (Set, Set) {
        let (mut named, mut ends) = (0, 0);
        for (number, path) in self.0.iter().enumerate() {
            let bit = 1 << number;
            if set & bit != 0 && path.get(depth).is_some_and(|wanted| **wanted == *key) {
                named |= bit;
                ends |= if path.len() == depth + 1 { bit } else { 0 };
            }
        }
        (named, ends)
    }
}

/// Fields that were read, payload by payload.
#[derive(Debug)]
pub struct Columns {
    fields: Fields,
    tape: Tape,
    /// Where each value begins, all of a payload side by side; `None`: it has no such field.
    found: Vec<Option<usize>>,
    /// Payloads that the host's parser has to look at.
    odd: Vec<usize>,
}

impl Columns {
    /// None yet.
    #[must_use]
    pub fn new(fields: Fields) -> Self {
        Self { fields, tape: Tape::default(), found: Vec::new(), odd: Vec::new() }
    }

    /// Reads the fields of the next payload; `None`: it has no payload.
    pub fn read(&mut self, payload: Option<&[u8]>) {
        let (row, width) = (self.found.len(), self.fields.len());
        self.found.resize(row + width, None);
        let Some(payload) = payload else { return };
        let (nodes, texts) = (self.tape.nodes.len(), self.tape.text.len());
        self.tape.depth = 0;
        let mut json = serde_json::Deserializer::from_slice(payload);
        let within = Set::MAX;
        let found = &mut self.found[row..];
        let pick = Pick { fields: &self.fields, within, depth: 0, found, tape: &mut self.tape, payload };
        if pick.deserialize(&mut json).and_then(|()| json.end()).is_err() {
            self.found[row..].fill(None);
            self.tape.nodes.truncate(nodes);
            self.tape.text.truncate(texts);
            self.odd.push(row / width.max(1));
        }
    }

    /// Where the value of a field begins, of the payload that was read as this one.
    #[must_use]
    pub fn found(&self, payload: usize, field: usize) -> Option<usize> {
        self.found[payload * self.fields.len() + field]
    }

    /// The values.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// The payloads that the host's parser has to look at, in the order they were read in.
    #[must_use]
    pub fn odd(&self) -> &[usize] {
        &self.odd
    }
}

/// Picks fields out of one value.
struct Pick<'a> {
    fields: &'a Fields,
    /// The fields this value may hold, `depth` keys down.
    within: Set,
    depth: usize,
    found: &'a mut [Option<usize>],
    tape: &'a mut Tape,
    payload: &'a [u8],
}

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let key = |within| Name { fields: self.fields, within, depth: self.depth };
        while let Some((named, ends)) = members.next_key_seed(key(self.within))? {
            if named == 0 {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            // Of a key that comes twice the last counts.
            bits(named).for_each(|field| self.found[field] = None);
            if named == ends {
                bits(ends).for_each(|field| self.found[field] = Some(self.tape.nodes.len()));
                members.next_value_seed(Member::new(self.tape, self.payload))?;
            } else if ends == 0 {
                let depth = self.depth + 1;
                let (fields, payload) = (self.fields, self.payload);
                members.next_value_seed(Pick {
                    fields,
                    within: named,
                    depth,
                    found: self.found,
                    tape: self.tape,
                    payload,
                })?;
            } else {
                return Err(serde::de::Error::custom("a value and a part of it, too"));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _value: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _value: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _value: &str) -> Result<(), E> {
        Ok(())
    }
}

/// A key, and which fields have it.
struct Name<'a> {
    fields: &'a Fields,
    within: Set,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = (Set, Set);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(Set, Set), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = (Set, Set);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<(Set, Set), E> {
        Ok(self.fields.named(self.within, self.depth, key))
    }
}

fn bits(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (number < MOST).then_some(number)
    })
}

#[cfg(test)]
mod tests;
