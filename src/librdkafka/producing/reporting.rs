//! Taking delivery reports.
//!
//! Owns what is asked of an event that librdkafka has ready, and who hears of it: all that came together is
//! told at once, where the `rdkafka` crate hands on one after the other. From one thread at a time. Must decide
//! nothing.
#![expect(unsafe_code, reason = "events are read through pointers")]

use super::Producing;
use crate::librdkafka::client_events::tell;
use crate::librdkafka::{Produced, Tag};
use crate::observe::Tally;
use rdkafka::bindings as rd;
use rdkafka::client::ClientContext;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

/// Hears of deliveries, beside what every client tells.
pub(crate) trait Reporting: ClientContext {
    /// Whether somebody is to be told of the delivery of any record that is on its way.
    fn listened_to(&self) -> bool;
    /// Where records put on their way to that topic are counted.
    fn tally(&self, name: &str) -> Arc<Tally>;
    /// So many records that were reported together are delivered; `first` is the oldest of them. The report on
    /// each follows, when somebody is to be told.
    fn delivered(&self, first: Produced<'_>, count: usize);
    /// The report on one record has come.
    fn reported(&self, record: Produced<'_>, tag: Tag);
    /// `count` reports have been told, and their records' memory is free again.
    fn taken(&self, count: usize);
}

impl<C: Reporting> Producing<C> {
    /// Waits for the next event and tells the context of it. Gives whether there was one.
    pub(crate) fn poll(&self, timeout: Duration) -> bool {
        let millis = i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        // SAFETY: the queue's reference is ours.
        let Some(event) = NonNull::new(unsafe { rd::rd_kafka_queue_poll(self.queue.as_ptr(), millis) }) else {
            return false;
        };
        let event = event.as_ptr();
        // SAFETY: the event is ours until it is destroyed below.
        let reports = match unsafe { rd::rd_kafka_event_type(event) } {
            rd::RD_KAFKA_EVENT_DR => self.reports(event),
            kind => {
                // SAFETY: as above.
                unsafe { tell(self.client.context().as_ref(), kind, event) };
                0
            }
        };
        // SAFETY: ours, and nothing borrowed from it is left.
        unsafe { rd::rd_kafka_event_destroy(event) };
        if reports > 0 {
            self.client.context().taken(reports);
        }
        true
    }

    fn reports(&self, event: *mut rd::rd_kafka_event_t) -> usize {
        // All records of an event share its code.
        // SAFETY: a live event of delivery reports.
        let delivered =
            unsafe { rd::rd_kafka_event_error(event) } == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
        // SAFETY: as above.
        let all = unsafe { rd::rd_kafka_event_message_count(event) };
        let context = self.client.context();
        for number in 0.. {
            // SAFETY: a live event of delivery reports; the message stays its own.
            let message = unsafe { rd::rd_kafka_event_message_next(event) };
            // SAFETY: null or a live message.
            let Some(message) = (unsafe { message.as_ref() }) else { break };
            let record = Produced::new(message);
            if delivered && number == 0 {
                context.delivered(record, all);
                // When nobody wants to know, none of the others is looked at.
                if !context.listened_to() {
                    break;
                }
            }
            // SAFETY: what `produce` gave along; each record is reported once.
            let tag = unsafe { Tag::from_ptr(message._private) };
            context.reported(record, tag);
        }
        all
    }
}
