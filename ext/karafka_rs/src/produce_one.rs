//! `Karafka::Native::Producer#produce_plain` and `#produce_plain_sync`: sending one message that is plain.
//!
//! Any Ruby thread. Enqueuing copies the bytes under the GVL; waiting for room and for the delivery releases it. Called
//! for each record: must make no object but what it gives.

use crate::delivery;
use crate::errors::{guard, lift};
use crate::outgoing::Message;
use crate::producer::{Producer, handle};
use crate::raw;
use karafka_rs::Delivery;
use karafka_rs::producer::Enqueued;
use magnus::value::ReprValue;
use magnus::{Error, IntoValue, RClass, Ruby, TryConvert, Value};
use std::sync::Arc;

/// Gives the handle, or nil without one. `false`: the message is not plain, and nothing was done with it.
#[expect(clippy::too_many_arguments, reason = "positional is fast; lib/karafka/producer.rb owns the keywords")]
pub(crate) fn produce_async(
    ruby: &Ruby,
    this: Value,
    topic: Value,
    payload: Value,
    key: Value,
    partition: Value,
    partition_key: Value,
    timestamp: Value,
    headers: Value,
    with_handle: bool,
) -> Result<Value, Error> {
    guard(ruby, || {
        let this = of(ruby, &this)?;
        let message = Message { topic, payload, key, partition, others: [timestamp, partition_key, headers] };
        let delivery = with_handle.then(|| this.0.delivery());
        let put = put(ruby, this, &message, delivery.as_ref())?;
        Ok(if put { handle(ruby, delivery) } else { ruby.qfalse().as_value() })
    })
}

/// Waits for the delivery, and gives a struct of the class `report`. `false`: as above.
#[expect(clippy::too_many_arguments, reason = "positional is fast; lib/karafka/producer.rb owns the keywords")]
pub(crate) fn produce_sync(
    ruby: &Ruby,
    this: Value,
    topic: Value,
    payload: Value,
    key: Value,
    partition: Value,
    partition_key: Value,
    timestamp: Value,
    headers: Value,
    report: Value,
) -> Result<Value, Error> {
    guard(ruby, || {
        let this = of(ruby, &this)?;
        let class = RClass::try_convert(report)?;
        let message = Message { topic, payload, key, partition, others: [timestamp, partition_key, headers] };
        let delivery = this.0.delivery();
        if !put(ruby, this, &message, Some(&delivery))? {
            return Ok(ruby.qfalse().as_value());
        }
        let Some(report) = delivery::wait(ruby, &delivery, None)? else { return Ok(ruby.qnil().as_value()) };
        let place = [report.partition.into_value_with(ruby), report.offset.into_value_with(ruby)];
        raw::new_struct(class, [topic, place[0], place[1]])
    })
}

/// Gives whether it is on its way.
fn put(ruby: &Ruby, this: &Producer, message: &Message, delivery: Option<&Arc<Delivery>>) -> Result<bool, Error> {
    let mut deadline = None;
    loop {
        let enqueued = message.with_plain(ruby, |record| this.0.enqueue(record, delivery.cloned()));
        let Some(enqueued) = enqueued else { return Ok(false) };
        match lift(ruby, enqueued)? {
            Enqueued::Yes => return Ok(true),
            Enqueued::Full => this.wait_room_of(ruby, message.topic, &mut deadline)?,
        }
    }
}

fn of<'a>(ruby: &Ruby, this: &'a Value) -> Result<&'a Producer, Error> {
    raw::typed(this).ok_or_else(|| Error::new(ruby.exception_type_error(), "not a producer"))
}
