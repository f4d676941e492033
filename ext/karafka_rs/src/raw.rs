//! Ruby's memory, borrowed for a moment.
//!
//! Owns the unsafe reads of strings and the accounting of native memory. Called on Ruby threads
//! that hold the GVL, and by the garbage collector. What it lends must not outlive the call.

pub(crate) mod parts;

use magnus::rb_sys::{AsRawValue, FromRawValue};
use magnus::value::ReprValue;
use magnus::{RArray, RHash, RString, TypedData, Value};

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

/// The Rust value behind a Ruby object of `T`'s class. magnus' own way sets up a rescue each time,
/// which costs as much as reading a payload.
pub(crate) fn typed<T: TypedData>(value: &Value) -> Option<&T> {
    let raw = value.as_raw();
    let kind = std::ptr::from_ref(T::data_type()).cast();
    // SAFETY: answers for any object, and raises for none.
    if unsafe { rb_sys::rb_typeddata_is_kind_of(raw, kind) } == 0 {
        return None;
    }
    // SAFETY: of this type, as was just seen, so nothing is raised. magnus made it of a box that
    // lives as long as the object, and the object as long as `value` stands on the stack.
    unsafe { rb_sys::rb_check_typeddata(raw, kind).cast::<T>().as_ref() }
}

/// A String with these bytes, tagged UTF-8 whatever they are.
pub(crate) fn utf8(bytes: &[u8]) -> Value {
    // SAFETY: copies `len` bytes from `ptr`; raises only when there is no memory left, over frames
    // that own nothing. What it gives is a String.
    unsafe { Value::from_raw(rb_sys::rb_utf8_str_new(bytes.as_ptr().cast(), bytes.len() as _)) }
}

/// Puts values at the end of an Array that nobody else has seen yet.
pub(crate) fn append(array: RArray, values: &[Value]) {
    // SAFETY: a Value is a VALUE and nothing else. A young Array of ours is not frozen, so this raises
    // only when there is no memory left, over frames that own nothing.
    unsafe { rb_sys::rb_ary_cat(array.as_raw(), values.as_ptr().cast(), values.len() as _) };
}

/// Puts keys, each before its value, into a Hash that nobody else has seen yet.
pub(crate) fn insert(hash: RHash, pairs: &[Value]) {
    // SAFETY: as for `append`; the keys are Strings, whose hashes are not user code.
    unsafe { rb_sys::rb_hash_bulk_insert(pairs.len() as _, pairs.as_ptr().cast(), hash.as_raw()) };
}
