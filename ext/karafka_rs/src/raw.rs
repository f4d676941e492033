//! Ruby's memory, borrowed for a moment.
//!
//! Owns the unsafe reads of strings and the accounting of native memory. Called on Ruby threads
//! that hold the GVL, and by the garbage collector. What it lends must not outlive the call.

use magnus::RString;
use magnus::value::ReprValue;

/// Lends the bytes of `string` to `read`, which must not call Ruby (no allocation, no interrupt).
pub(crate) fn with_bytes<R>(string: Option<RString>, read: impl FnOnce(Option<&[u8]>) -> R) -> R {
    // SAFETY: the GVL is held and `read` does not call Ruby, so nobody can change or move the
    // bytes; `string` stays on this stack frame, which the collector scans.
    let result = read(string.as_ref().map(|string| unsafe { string.as_slice() }));
    std::hint::black_box(string.map(ReprValue::as_value));
    result
}

/// Tells the garbage collector that native memory grew by `bytes`, or shrank.
pub(crate) fn adjust_memory(bytes: isize) {
    if bytes != 0 {
        // SAFETY: only adds to a counter (and, for growth, may collect: callers hold the GVL on a
        // Ruby thread then). A shrink is allowed inside the collector's free functions.
        unsafe { rb_sys::rb_gc_adjust_memory_usage(bytes as _) };
    }
}
