//! Messages of Ruby, read where they are.
//!
//! Owns telling which are plain: of nothing but a topic, a payload, a key and a partition, all as
//! they should be. Those go straight to the core; any other is for the rules in
//! `lib/waterdrop/message_options.rb`, which alone say what is wrong. Runs on Ruby threads with
//! the GVL. What it lends points into Ruby's strings: nothing of Ruby may run before its end.

use crate::raw;
use karafka_rs::producer::Outgoing;
use magnus::encoding::EncodingCapable;
use magnus::value::{Fixnum, ReprValue, StaticSymbol};
use magnus::{RArray, RHash, RString, Ruby, Value};
use std::ops::Range;

/// The longest name of a topic.
const LONGEST_NAME: usize = 249;

/// One message as its caller gave it.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) topic: Value,
    pub(crate) payload: Value,
    pub(crate) key: Value,
    pub(crate) partition: Value,
    // Not plain, unless nil.
    pub(crate) others: [Value; 3],
}

impl Message {
    /// Lends it to `send`, which must not call Ruby, unless it is not plain.
    pub(crate) fn with_plain<R>(&self, ruby: &Ruby, send: impl FnOnce(&Outgoing<'_>) -> R) -> Option<R> {
        let strings = [self.topic, self.payload, self.key].map(RString::from_value);
        raw::with_strings(strings, |[topic, payload, key]| {
            let topic = topic_name(topic.filter(|_| is_text(ruby, self.topic))?)?;
            Some(send(&self.plain(topic, payload, key)?))
        })
    }

    fn plain<'a>(&self, topic: &'a str, payload: Option<&'a [u8]>, key: Option<&'a [u8]>) -> Option<Outgoing<'a>> {
        let well = (payload.is_some() || self.payload.is_nil())
            && (key.is_some_and(|key| !key.is_empty()) || self.key.is_nil())
            && self.others.iter().all(|other| other.is_nil());
        let partition = if self.partition.is_nil() { None } else { Some(partition(self.partition)?) };
        well.then_some(())?;
        Some(Outgoing { topic, payload, key, partition, ..Outgoing::default() })
    }
}

/// Lends the messages of those numbers to `send`, which must not call Ruby, unless one is not plain or gone.
pub(crate) fn with_plain<R>(
    ruby: &Ruby,
    messages: RArray,
    numbers: Range<usize>,
    send: impl FnOnce(&[Outgoing<'_>]) -> R,
) -> Option<R> {
    let names = ["topic", "payload", "key", "partition", "timestamp", "partition_key", "headers"];
    let names = names.map(|name| ruby.sym_new(name));
    raw::with_elements(messages, |lent| {
        let values = lent.values().get(numbers)?;
        let mut plain = Vec::with_capacity(values.len());
        let mut last = None;
        for value in values {
            let message = message(ruby, *value, &names)?;
            let bytes = |value| RString::from_value(value).map(|string| lent.bytes(string));
            // As a rule the same object as before.
            let topic = match last {
                Some((value, name)) if raw::same(value, message.topic) => name,
                _ => topic_name(bytes(message.topic).filter(|_| is_text(ruby, message.topic))?)?,
            };
            last = Some((message.topic, topic));
            plain.push(message.plain(topic, bytes(message.payload), bytes(message.key))?);
        }
        Some(send(&plain))
    })
}

/// The topic of the message of that number, as its caller gave it; `None`: that is gone.
pub(crate) fn topic(messages: RArray, index: usize, name: StaticSymbol) -> Option<Value> {
    raw::with_elements(messages, |lent| raw::entry(RHash::from_value(*lent.values().get(index)?)?, name))
}

fn message(ruby: &Ruby, value: Value, names: &[StaticSymbol; 7]) -> Option<Message> {
    let hash = RHash::from_value(value)?;
    let mut fields = [ruby.qnil().as_value(); 7];
    let mut left = raw::entries(hash);
    // As a rule it has no more than the first two.
    for (field, name) in fields.iter_mut().zip(names) {
        if left == 0 {
            break;
        }
        if let Some(value) = raw::entry(hash, *name) {
            *field = value;
            left -= 1;
        }
    }
    let [topic, payload, key, partition, others @ ..] = fields;
    (left == 0).then_some(Message { topic, payload, key, partition, others })
}

/// In an encoding in which a name's bytes are its letters.
fn is_text(ruby: &Ruby, topic: Value) -> bool {
    let Some(topic) = RString::from_value(topic) else { return false };
    let index = topic.enc_get();
    [ruby.utf8_encindex(), ruby.usascii_encindex(), ruby.ascii8bit_encindex()].contains(&index)
}

fn topic_name(name: &[u8]) -> Option<&str> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let well = (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(allowed) && name != b"." && name != b"..";
    std::str::from_utf8(name).ok().filter(|_| well)
}

fn partition(value: Value) -> Option<i32> {
    i32::try_from(Fixnum::from_value(value)?.to_i64()).ok().filter(|partition| *partition >= 0)
}
