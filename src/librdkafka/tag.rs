//! The mark a produced record carries through librdkafka.
//!
//! Made by the producing thread, taken back once by the delivery thread. Must stay one pointer.
#![expect(unsafe_code, reason = "the trait that turns a value into librdkafka's opaque pointer is unsafe to call")]

use crate::producer::Delivery;
use rdkafka::util::IntoOpaque;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// Who waits for a record's delivery, if anybody does.
#[derive(Debug, Clone)]
pub(crate) struct Tag(pub(crate) Option<Arc<Delivery>>);

impl IntoOpaque for Tag {
    fn into_ptr(self) -> *mut c_void {
        self.0.map_or(ptr::null_mut(), |delivery| Arc::into_raw(delivery).cast_mut().cast())
    }

    unsafe fn from_ptr(opaque: *mut c_void) -> Self {
        // SAFETY: a pointer that is not null came from `into_ptr` above and, as librdkafka reports
        // a record once, comes back once.
        Self((!opaque.is_null()).then(|| unsafe { Arc::from_raw(opaque.cast_const().cast()) }))
    }
}
