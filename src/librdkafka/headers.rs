//! The headers of one native message.
//!
//! Any thread. Must not keep what it lends.
#![expect(unsafe_code, reason = "native messages are read through pointers")]

use rdkafka::bindings as rd;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// Calls `each` with the name and value of every header of `message`, in order; a null value is `None`.
pub(super) fn each_header(message: &rd::rd_kafka_message_t, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
    // librdkafka parses the headers into the message on first read, without a lock of its own.
    static PARSE: Mutex<()> = Mutex::new(());
    let mut headers = ptr::null_mut();
    let found = {
        let _one_at_a_time = PARSE.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: a live message (borrowed); the lock makes the hidden write exclusive.
        unsafe { rd::rd_kafka_message_headers(message, &raw mut headers) }
    };
    if found != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        return;
    }
    for position in 0.. {
        let (mut name, mut value, mut len) = (ptr::null(), ptr::null(), 0);
        // SAFETY: `headers` belongs to the live message; the out-pointers are ours.
        let code =
            unsafe { rd::rd_kafka_header_get_all(headers, position, &raw mut name, &raw mut value, &raw mut len) };
        if code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return;
        }
        // SAFETY: set to a terminated name that lives as long as the message.
        let name = unsafe { CStr::from_ptr(name) };
        // SAFETY: set to `len` bytes, or null, that live as long as the message.
        each(name.to_bytes(), unsafe { bytes(value, len) });
    }
}

/// # Safety
/// `data` is null or points at `len` bytes that live as long as the caller uses the slice.
pub(super) unsafe fn bytes<'a>(data: *const c_void, len: usize) -> Option<&'a [u8]> {
    // SAFETY: see above.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast(), len) })
}
