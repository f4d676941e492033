//! Names of librdkafka's codes.
//!
//! Any thread. Must hold nothing else.
#![expect(unsafe_code, reason = "the rdkafka crate offers descriptions of codes, not their names")]

use rdkafka::bindings as rd;
use rdkafka::error::RDKafkaErrorCode;
use std::ffi::CStr;

/// The name as librdkafka spells it, or the number of a code it does not know.
pub(super) fn error_name(code: RDKafkaErrorCode) -> String {
    let number = code as i32;
    match rd::rd_kafka_resp_err_t::try_from(number) {
        Err(_) => number.to_string(),
        Ok(code) => {
            // SAFETY: any code may be asked for.
            let name = unsafe { rd::rd_kafka_err2name(code) };
            // SAFETY: librdkafka answers with a static string.
            unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
        }
    }
}

/// The code of that name.
pub(crate) fn code_named(name: &str) -> Option<rd::rd_kafka_resp_err_t> {
    // librdkafka's own codes are below zero, Kafka's above.
    let mut known = (-200..=200).filter_map(|number: i32| rd::rd_kafka_resp_err_t::try_from(number).ok());
    known.find(|code| error_name(RDKafkaErrorCode::from(*code)) == name)
}
