//! Putting records on their way.
//!
//! Owns the books kept of each: counted before it is enqueued, told to whom its caller names, its
//! refusal explained. Any thread. Must not wait: a full queue is an answer.

#[cfg(doc)]
use super::ErrorKind;
use super::context::Context;
use super::{BatchDelivery, Delivery, Enqueued, Native, Outgoing, Producer};
use crate::error::{Error, Result, code_name};
use crate::librdkafka::Tag;
use rdkafka::error::RDKafkaErrorCode as Code;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// After how many records a producing thread takes reports.
const HELP: usize = 500;

/// Who is told what becomes of records that are enqueued together.
#[derive(Debug)]
pub enum Told<'a> {
    /// Nobody: failures go to [`Producer::next_notice`].
    Nobody,
    /// One handle for each.
    Each(&'a [Arc<Delivery>]),
    /// One handle for all, in whose numbering they begin at this one.
    Together(&'a Arc<BatchDelivery>, usize),
}

impl Told<'_> {
    fn tag(&self, index: usize) -> Tag {
        match self {
            Self::Nobody => Tag::Nobody,
            Self::Each(deliveries) => Tag::One(Arc::clone(&deliveries[index])),
            Self::Together(batch, first) => Tag::Slot(Arc::clone(batch), first + index),
        }
    }

    fn expect(&self, context: &Context, more: usize) {
        context.in_flight.fetch_add(more, Ordering::AcqRel);
        if let Self::Together(batch, _) = self {
            batch.expect(more);
        }
        if !matches!(self, Self::Nobody) {
            context.listened_to.fetch_add(more, Ordering::AcqRel);
        }
    }

    fn expect_fewer(&self, context: &Context, fewer: usize) {
        context.in_flight.fetch_sub(fewer, Ordering::AcqRel);
        if let Self::Together(batch, _) = self {
            batch.expect_fewer(fewer);
        }
        if !matches!(self, Self::Nobody) {
            context.listened_to.fetch_sub(fewer, Ordering::AcqRel);
        }
    }
}

fn refused(native: &Native, code: Code, record: &Outgoing<'_>) -> Error {
    native.context().metrics.refused(&code_name(code), 1);
    let fatal = native.client.client().fatal_error().map(|(_, reason)| reason);
    native.context().bounds.refused(code, record, fatal.as_deref())
}

impl Producer {
    /// Enqueues `record` without waiting; `delivery` is told what becomes of it, without one a
    /// failure goes to [`Producer::next_notice`].
    ///
    /// # Errors
    /// What librdkafka refuses at once: a record that is too large, an unknown partition; also
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`].
    pub fn enqueue(&self, record: &Outgoing<'_>, delivery: Option<Arc<Delivery>>) -> Result<Enqueued> {
        self.with_native(|native| {
            if self.shared.notices.full() {
                return Ok(Enqueued::Full);
            }
            let context = native.context();
            let listened_to = usize::from(delivery.is_some());
            // Counted first: the report may come before this call is back.
            context.in_flight.fetch_add(1, Ordering::AcqRel);
            if listened_to > 0 {
                context.listened_to.fetch_add(listened_to, Ordering::AcqRel);
            }
            let Err(code) = native.client.produce(record, delivery.map_or(Tag::Nobody, Tag::One)) else {
                self.help(native, 1);
                return Ok(Enqueued::Yes);
            };
            context.in_flight.fetch_sub(1, Ordering::AcqRel);
            context.listened_to.fetch_sub(listened_to, Ordering::AcqRel);
            match code {
                Code::QueueFull => Ok(Enqueued::Full),
                code => Err(refused(native, code, record)),
            }
        })
    }

    /// Enqueues records of one topic, that have neither headers nor a time, without waiting. Gives
    /// how many were tried before there was no room, and those of them that were refused, each with
    /// its number and why. `tell` says who is told of a record's delivery.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and [`ErrorKind::Forked`]: nothing was tried.
    pub fn enqueue_many(&self, records: &[Outgoing<'_>], tell: &Told<'_>) -> Result<(usize, Vec<(usize, Error)>)> {
        let Some(first) = records.first() else { return Ok((0, Vec::new())) };
        self.with_native(|native| {
            if self.shared.notices.full() {
                return Ok((0, Vec::new()));
            }
            let context = native.context();
            // Counted first: the reports may come before this call is back.
            tell.expect(context, records.len());
            let tagged = records.iter().enumerate().map(|(index, record)| (*record, tell.tag(index)));
            let mut refused_ones = native.client.produce_many(first.topic, tagged);
            tell.expect_fewer(context, refused_ones.len());
            self.help(native, records.len());
            let full = refused_ones.iter().position(|(_, code)| *code == Code::QueueFull);
            let tried = full.map_or(records.len(), |position| refused_ones[position].0);
            refused_ones.retain(|(index, _)| *index < tried);
            let errors = refused_ones.into_iter().map(|(index, code)| (index, refused(native, code, &records[index])));
            Ok((tried, errors.collect()))
        })
    }

    /// A handle to give to [`Producer::enqueue`].
    #[must_use]
    pub fn delivery(&self) -> Arc<Delivery> {
        Arc::new(Delivery::new(Arc::clone(&self.shared)))
    }

    /// A handle for `count` records, to give to [`Producer::enqueue_many`].
    #[must_use]
    pub fn batch_delivery(&self, count: usize) -> Arc<BatchDelivery> {
        Arc::new(BatchDelivery::new(count, Arc::clone(&self.shared)))
    }

    /// Takes reports after so many records.
    fn help(&self, native: &Native, produced: usize) {
        if self.produced.fetch_add(produced, Ordering::Relaxed) % HELP + produced >= HELP {
            native.reports.help(&native.client);
        }
    }
}
