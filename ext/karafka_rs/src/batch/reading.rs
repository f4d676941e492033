//! What Ruby reads of a batch's records.
//!
//! Any Ruby thread with the GVL. Each call makes the objects it gives, and no others.

use super::Batch;
use crate::raw;
use magnus::value::ReprValue;
use magnus::{Error, Module, RArray, RClass, RHash, Ruby, Value, method};

impl Batch {
    fn offset(ruby: &Ruby, this: &Self, index: usize) -> Result<i64, Error> {
        this.read(ruby, index, |records| Ok(records.offset(index)))
    }

    fn timestamp(ruby: &Ruby, this: &Self, index: usize) -> Result<Option<i64>, Error> {
        this.read(ruby, index, |records| Ok(records.timestamp(index)))
    }

    fn payload(ruby: &Ruby, this: &Self, index: usize) -> Result<Value, Error> {
        this.payload_at(ruby, index)
    }

    pub(crate) fn payload_at(&self, ruby: &Ruby, index: usize) -> Result<Value, Error> {
        self.read(ruby, index, |records| Ok(records.payload(index).map_or(ruby.qnil().as_value(), frozen)))
    }

    /// The payloads of records `from` to before `to`: one call for what reads all of them.
    fn payloads(ruby: &Ruby, this: &Self, from: usize, to: usize) -> Result<RArray, Error> {
        let batch = this.batch.borrow();
        let records = batch.records();
        if from > to || to > records.len() {
            let message = format!("no records {from} to {to} in a batch that holds {}", records.len());
            return Err(Error::new(ruby.exception_index_error(), message));
        }
        let payloads = ruby.ary_new_capa(to - from);
        for index in from..to {
            payloads.push(records.payload(index).map(frozen))?;
        }
        Ok(payloads)
    }

    fn key(ruby: &Ruby, this: &Self, index: usize) -> Result<Option<Value>, Error> {
        this.read(ruby, index, |records| Ok(records.key(index).map(frozen)))
    }

    fn headers(ruby: &Ruby, this: &Self, index: usize) -> Result<RHash, Error> {
        this.read(ruby, index, |records| {
            let hash = ruby.hash_new();
            let mut failed = None;
            records.headers(index, |name, value| {
                let added = hash.aset(frozen(name), value.map(frozen));
                failed = failed.take().or(added.err());
            });
            hash.freeze();
            failed.map_or(Ok(hash), Err)
        })
    }

    pub(super) fn read<R>(
        &self,
        ruby: &Ruby,
        index: usize,
        read: impl FnOnce(&karafka_rs::librdkafka::Records) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let batch = self.batch.borrow();
        let records = batch.records();
        if index >= records.len() {
            let message = format!("no record {index} in a batch of {} that holds {}", self.size, records.len());
            return Err(Error::new(ruby.exception_index_error(), message));
        }
        read(records)
    }
}

/// A frozen String, tagged UTF-8 whatever the bytes are: they are the producer's, untouched.
fn frozen(bytes: &[u8]) -> Value {
    let string = raw::utf8(bytes);
    string.freeze();
    string
}

pub(super) fn init(class: RClass) -> Result<(), Error> {
    class.define_method("offset", method!(Batch::offset, 1))?;
    class.define_method("timestamp", method!(Batch::timestamp, 1))?;
    class.define_method("payload", method!(Batch::payload, 1))?;
    class.define_method("payloads", method!(Batch::payloads, 2))?;
    class.define_method("key", method!(Batch::key, 1))?;
    class.define_method("headers", method!(Batch::headers, 1))
}
