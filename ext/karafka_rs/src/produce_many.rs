//! `Karafka::Native::Producer#produce_many_plain`: sending records together.
//!
//! Any Ruby thread. All that fits into the queue is enqueued in one go under the GVL; waiting for
//! room and for the delivery of all releases it. Must send nothing unless every message is plain.

use crate::delivery::Delivery;
use crate::errors::{guard, lift, ruby_error};
use crate::producer::{Producer, WAIT_FOR_ROOM};
use crate::{gvl, outgoing, raw};
use karafka_rs::ErrorKind;
use karafka_rs::producer::{BatchDelivery, Outgoing, Told};
use karafka_rs::wait::{Cancel, Waited};
use magnus::value::ReprValue;
use magnus::{Error, IntoValue, RArray, RClass, Ruby, Value};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// Records given to librdkafka at once: more would keep its topic's lock for long.
const AT_ONCE: usize = 1_000;

/// Who is told, and how.
enum Telling {
    /// Failures go to who reads undelivered records.
    Nobody,
    /// One handle for each record.
    Each(Vec<Arc<karafka_rs::Delivery>>),
    /// The caller, who waits.
    Caller(Arc<BatchDelivery>, RClass),
}

/// What became of a try: so many records were dealt with, those refused, and what ended it.
type Tried = (usize, Vec<(usize, karafka_rs::Error)>, Option<karafka_rs::Error>);

/// `telling`: nil, true for handles, or the class of reports to wait for. Gives
/// `[outcomes, how many failed]`, with an exception in place of each outcome that failed; for nobody
/// `outcomes` is nil when all are on their way. `false`: not every message is plain.
pub(crate) fn produce_many(ruby: &Ruby, this: &Producer, list: RArray, telling: Value) -> Result<Value, Error> {
    guard(ruby, || {
        let count = list.len();
        let telling = if telling.is_nil() {
            Telling::Nobody
        } else if let Some(class) = RClass::from_value(telling) {
            Telling::Caller(this.0.batch_delivery(count), class)
        } else {
            Telling::Each(std::iter::repeat_with(|| this.0.delivery()).take(count).collect())
        };
        // Not as Ruby's exceptions yet: the collector does not see into a list of ours.
        let mut failed: Vec<(usize, karafka_rs::Error)> = Vec::new();
        let (mut done, mut deadline) = (0, None);
        while done < count {
            // What another thread has appended meanwhile belongs to no handle.
            let tried = outgoing::with_plain(ruby, list, done..count, |plain| enqueue(this, plain, done, &telling));
            let Some((tried, refused, mut end)) = tried else {
                if done == 0 {
                    return Ok(ruby.qfalse().as_value());
                }
                let message = "the messages were changed while they were being sent: leave them alone until then";
                return Err(ruby_error(ruby, &karafka_rs::Error::new(ErrorKind::Internal, message)));
            };
            failed.extend(refused);
            done += tried;
            if tried > 0 {
                deadline = None;
            }
            if done < count && end.is_none() {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + WAIT_FOR_ROOM);
                end = wait_room(ruby, this, list, done..count, deadline)?;
            }
            if let Some(end) = end {
                // It would only wait as long again, and arrive out of order.
                failed.extend((done..count).map(|index| (index, end.clone())));
                break;
            }
        }
        outcomes(ruby, list, count, &telling, failed)
    })
}

/// Enqueues until there is no room, or nothing can be sent any more.
fn enqueue(this: &Producer, plain: &[Outgoing<'_>], first: usize, telling: &Telling) -> Tried {
    let (mut done, mut failed) = (0, Vec::new());
    for run in plain.chunk_by(|one, other| one.topic == other.topic).flat_map(|run| run.chunks(AT_ONCE)) {
        let at = first + done;
        let told = match telling {
            Telling::Nobody => Told::Nobody,
            Telling::Each(handles) => Told::Each(&handles[at..at + run.len()]),
            Telling::Caller(batch, _) => Told::Together(batch, at),
        };
        match this.0.enqueue_many(run, &told) {
            Err(error) => return (done, failed, Some(error)),
            Ok((tried, refused)) => {
                let fatal = refused.iter().find(|(_, error)| error.is_fatal());
                let tried = fatal.map_or(tried, |(index, _)| *index);
                let end = fatal.map(|(_, error)| error.clone());
                failed.extend(
                    refused.into_iter().filter(|(index, _)| *index < tried).map(|(index, error)| (at + index, error)),
                );
                done += tried;
                if end.is_some() || tried < run.len() {
                    return (done, failed, end);
                }
            }
        }
    }
    (done, failed, None)
}

/// Gives the error to end with when there was no room for too long.
fn wait_room(
    ruby: &Ruby,
    this: &Producer,
    list: RArray,
    left: Range<usize>,
    deadline: Instant,
) -> Result<Option<karafka_rs::Error>, Error> {
    if deadline > Instant::now() {
        return this.wait_room(ruby, "", deadline).map(|()| None);
    }
    let count = left.len();
    let topic = outgoing::with_plain(ruby, list, left, |plain| plain.first().map(|record| record.topic.to_owned()));
    let full = this.0.queue_full(&topic.flatten().unwrap_or_default(), WAIT_FOR_ROOM, count);
    Ok(Some(full.unwrap_or_else(|error| error)))
}

fn outcomes(
    ruby: &Ruby,
    list: RArray,
    count: usize,
    telling: &Telling,
    mut failed: Vec<(usize, karafka_rs::Error)>,
) -> Result<Value, Error> {
    let outcomes = ruby.ary_new_capa(count);
    match telling {
        Telling::Nobody if failed.is_empty() => {}
        Telling::Nobody => outcomes.resize(count)?,
        Telling::Each(handles) => {
            for handle in handles {
                outcomes.push(ruby.obj_wrap(Delivery(Arc::clone(handle))))?;
            }
        }
        Telling::Caller(batch, class) => {
            // The reports are made while their records are on their way, and completed when they are there.
            let (topic, nil) = (ruby.sym_new("topic"), ruby.qnil().as_value());
            raw::push_begun(outcomes, *class, count, |index| outgoing::topic(list, index, topic).unwrap_or(nil))?;
            wait(ruby, batch)?;
            raw::complete(outcomes, |index| {
                let report = batch.report(index)?;
                Some([report.partition.into_value_with(ruby), report.offset.into_value_with(ruby)])
            })?;
            failed.extend(batch.failures());
        }
    }
    for (index, error) in &failed {
        let exception = ruby_error(ruby, error).value().unwrap_or_else(|| ruby.qnil().as_value());
        outcomes.store(isize::try_from(*index).unwrap_or(isize::MAX), exception)?;
    }
    Ok(ruby.ary_new_from_values(&[outcomes.as_value(), failed.len().into_value_with(ruby)]).as_value())
}

/// Waits for the delivery of all.
fn wait(ruby: &Ruby, batch: &BatchDelivery) -> Result<(), Error> {
    let poll = |left, cancel: &Cancel| match batch.wait(left, cancel) {
        Ok(Waited::Ready(())) => Waited::Ready(Ok(())),
        Ok(Waited::TimedOut) => Waited::TimedOut,
        Ok(Waited::Cancelled) => Waited::Cancelled,
        Err(error) => Waited::Ready(Err(error)),
    };
    match gvl::wait(ruby, None, poll, || batch.wake())? {
        Some(result) => lift(ruby, result),
        None => Ok(()),
    }
}
