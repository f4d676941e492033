//! What is done with each record.
//!
//! Owns the four kinds of work, and what they found: numbers that `rake bench` compares with what was sent. Pure.

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;

/// The one field that selective reading is about; each kind of record has one of these.
#[derive(Deserialize)]
struct OneField {
    #[serde(alias = "delay")]
    id: i64,
}

/// What to do with a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Count,
    /// Look at every byte of the payload.
    Touch,
    /// Read one field of the JSON, past the others.
    Field,
    /// Read all of the JSON into values.
    Value,
}

/// The work, and what came of it.
pub(crate) struct Work {
    kind: Kind,
    bytes: u64,
    byte_sum: u64,
    sum: i64,
}

impl Work {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let kind = match name {
            "count" => Kind::Count,
            "touch" => Kind::Touch,
            "field" => Kind::Field,
            "value" => Kind::Value,
            _ => return None,
        };
        Some(Self { kind, bytes: 0, byte_sum: 0, sum: 0 })
    }

    pub(crate) fn counts_only(&self) -> bool {
        self.kind == Kind::Count
    }

    pub(crate) fn add(&mut self, payload: &[u8]) -> Result<(), Failure> {
        match self.kind {
            Kind::Count => {}
            Kind::Touch => {
                self.bytes += payload.len() as u64;
                self.byte_sum += payload.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            }
            Kind::Field => self.sum += serde_json::from_slice::<OneField>(payload)?.id,
            Kind::Value => {
                let value: Value = serde_json::from_slice(payload)?;
                let field = value.get("id").or_else(|| value.get("delay"));
                self.sum += field.and_then(Value::as_i64).ok_or("a record without the field that is summed")?;
            }
        }
        Ok(())
    }

    /// The members of the result that are this work's.
    pub(crate) fn found(&self) -> String {
        match self.kind {
            Kind::Count => String::new(),
            Kind::Touch => format!(",\"bytes\":{},\"byte_sum\":{}", self.bytes, self.byte_sum),
            Kind::Field | Kind::Value => format!(",\"sum\":{}", self.sum),
        }
    }
}
