//! What a client tells beside its work: log lines, errors and statistics.
//!
//! Runs where events are taken. Must not keep what it lends.
#![expect(unsafe_code, reason = "events are read through pointers")]

use rdkafka::bindings as rd;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use std::ffi::{CStr, c_char};
use std::ptr;

/// Tells `context` of an event of that kind.
///
/// # Safety
/// The event is alive and of that kind.
pub(super) unsafe fn tell<C: ClientContext>(context: &C, kind: i32, event: *mut rd::rd_kafka_event_t) {
    match kind {
        rd::RD_KAFKA_EVENT_LOG => {
            let (mut facility, mut text, mut level) = (ptr::null(), ptr::null(), 0);
            // SAFETY: a live event of that kind; the out-pointers are ours.
            let code = unsafe { rd::rd_kafka_event_log(event, &raw mut facility, &raw mut text, &raw mut level) };
            if code == 0 {
                // SAFETY: set to a terminated text that lives as long as the event.
                let facility = unsafe { text_of(facility) };
                // SAFETY: as above.
                let text = unsafe { text_of(text) };
                context.log(log_level(level), facility.trim(), text.trim());
            }
        }
        rd::RD_KAFKA_EVENT_ERROR => {
            // SAFETY: a live event of that kind.
            let code = unsafe { rd::rd_kafka_event_error(event) };
            // SAFETY: as above.
            let text = unsafe { rd::rd_kafka_event_error_string(event) };
            // SAFETY: a terminated text that lives as long as the event.
            let text = unsafe { text_of(text) };
            context.error(KafkaError::Global(code.into()), text.trim());
        }
        rd::RD_KAFKA_EVENT_STATS => {
            // SAFETY: a live event of that kind.
            let json = unsafe { rd::rd_kafka_event_stats(event) };
            // SAFETY: a terminated text that lives as long as the event.
            context.stats_raw(unsafe { CStr::from_ptr(json) }.to_bytes());
        }
        _ => {}
    }
}

/// # Safety
/// `text` is terminated and lives as long as the caller uses it.
unsafe fn text_of<'a>(text: *const c_char) -> std::borrow::Cow<'a, str> {
    // SAFETY: see above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

fn log_level(level: i32) -> RDKafkaLogLevel {
    use RDKafkaLogLevel as Level;
    let levels =
        [Level::Emerg, Level::Alert, Level::Critical, Level::Error, Level::Warning, Level::Notice, Level::Info];
    levels.into_iter().find(|known| *known as i32 == level).unwrap_or(Level::Debug)
}
