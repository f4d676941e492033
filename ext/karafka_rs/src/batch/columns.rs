//! Single fields of a batch's payloads, when they are JSON.
//!
//! Any Ruby thread with the GVL, which is given up while many payloads are read. Makes no objects but
//! the values that were asked for, and the lists they stand in.

use super::Batch;
use super::build::{BULK, Builder, keys};
use super::json::{WORTH_A_SWITCH, extent};
use crate::errors::guard;
use crate::{gvl, raw};
use karafka_rs::json::{Columns, Fields};
use karafka_rs::librdkafka::Records;
use magnus::value::ReprValue;
use magnus::{Error, Module, RArray, RClass, Ruby, Value, method};

impl Batch {
    /// Of the records `from` to before `to`: a list of values for each field, and the positions of
    /// those whose values are nil because Ruby's parser has to look at them. `nil`: too many fields.
    fn columns(
        ruby: &Ruby,
        this: Value,
        from: usize,
        to: usize,
        fields: Vec<Vec<String>>,
    ) -> Result<Option<(RArray, RArray)>, Error> {
        guard(ruby, || {
            let this = Self::of(ruby, &this)?;
            let paths = fields.into_iter().map(|path| path.into_iter().map(String::into_boxed_str).collect());
            let Some(fields) = Fields::new(paths.collect()) else { return Ok(None) };
            let lists = ruby.ary_new_capa(fields.len());
            for _ in 0..fields.len() {
                lists.push(ruby.ary_new_capa(to.saturating_sub(from)))?;
            }
            let odd = ruby.ary_new();
            // A clone: nobody holds this cell while other threads run.
            let batch = this.batch.borrow().clone();
            let mut begin = from;
            while begin < to {
                let (_, end, bytes) = this.read(ruby, begin, |records| Ok(extent(records, begin)))?;
                let end = end.min(to);
                let records = batch.records();
                let columns = gvl::compute(bytes >= WORTH_A_SWITCH, || read(records, &fields, begin, end))?;
                append(ruby, records, &columns, begin, end, lists)?;
                for position in columns.odd() {
                    odd.push(position + begin - from)?;
                }
                begin = end;
            }
            Ok(Some((lists, odd)))
        })
    }
}

fn read(records: &Records, fields: &Fields, from: usize, to: usize) -> Columns {
    let mut columns = Columns::new(fields.clone());
    (from..to).for_each(|index| columns.read(records.payload(index)));
    columns
}

fn append(
    ruby: &Ruby,
    records: &Records,
    columns: &Columns,
    from: usize,
    to: usize,
    lists: RArray,
) -> Result<(), Error> {
    let (tape, keys) = (columns.tape(), keys(ruby, columns.tape())?);
    for field in 0..lists.len() {
        let list: RArray = lists.entry(isize::try_from(field).unwrap_or(isize::MAX))?;
        let mut bulk = [ruby.qnil().as_value(); BULK];
        let mut index = from;
        while index < to {
            let size = BULK.min(to - index);
            for place in &mut bulk[..size] {
                *place = match columns.found(index - from, field) {
                    Some(at) => {
                        let payload = records.payload(index).unwrap_or_default();
                        Builder { ruby, tape, keys, payload, at }.value()?
                    }
                    None => ruby.qnil().as_value(),
                };
                index += 1;
            }
            raw::append(list, &bulk[..size]);
        }
    }
    Ok(())
}

pub(super) fn init(class: RClass) -> Result<(), Error> {
    class.define_method("columns", method!(Batch::columns, 3))
}
