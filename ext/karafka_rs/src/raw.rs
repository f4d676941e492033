//! Ruby's memory, borrowed for a moment.
//!
//! Owns the unsafe reads of strings and the accounting of native memory. Called on Ruby threads
//! that hold the GVL, and by the garbage collector. What it lends must not outlive the call.

pub(crate) mod parts;

use magnus::rb_sys::{AsRawValue, FromRawValue};
use magnus::value::{ReprValue, StaticSymbol};
use magnus::{Error, RArray, RClass, RHash, RString, TypedData, Value};

/// Lends the bytes of `string` to `read`, which must not call Ruby (no allocation, no interrupt).
pub(crate) fn with_bytes<R>(string: Option<RString>, read: impl FnOnce(Option<&[u8]>) -> R) -> R {
    // SAFETY: the GVL is held and `read` does not call Ruby, so nobody can change or move the
    // bytes; `string` stays on this stack frame, which the collector scans.
    let result = read(string.as_ref().map(|string| unsafe { string.as_slice() }));
    std::hint::black_box(string.map(ReprValue::as_value));
    result
}

/// Lends the bytes of `strings` to `read`, which must not call Ruby (no allocation, no interrupt).
pub(crate) fn with_strings<R, const N: usize>(
    strings: [Option<RString>; N],
    read: impl FnOnce([Option<&[u8]>; N]) -> R,
) -> R {
    // SAFETY: as in `with_bytes`.
    let result = read(strings.each_ref().map(|string| string.as_ref().map(|string| unsafe { string.as_slice() })));
    std::hint::black_box(strings.map(|string| string.map(ReprValue::as_value)));
    result
}

/// The messages of an array, lent while nothing of Ruby runs.
#[derive(Clone, Copy)]
pub(crate) struct Lent<'a>(&'a [Value]);

impl<'a> Lent<'a> {
    pub(crate) fn values(self) -> &'a [Value] {
        self.0
    }

    /// The bytes of a string that belongs to one of the messages.
    pub(crate) fn bytes(self, string: RString) -> &'a [u8] {
        // SAFETY: the GVL is held and nothing of Ruby runs while the loan lasts.
        let bytes = unsafe { string.as_slice() };
        // SAFETY: as above: the array keeps the message, the message the string, and the string its bytes, for as
        // long as the loan, which `'a` is.
        unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) }
    }
}

/// Lends the elements of `array` to `read`, which must not call Ruby but by this module.
pub(crate) fn with_elements<R>(array: RArray, read: impl FnOnce(Lent<'_>) -> R) -> R {
    // SAFETY: the GVL is held and `read` does not call Ruby, so nobody can change or move the
    // elements; `array` stays on this stack frame, which the collector scans.
    let result = read(Lent(unsafe { array.as_slice() }));
    std::hint::black_box(array.as_value());
    result
}

/// How many entries `hash` has.
pub(crate) fn entries(hash: RHash) -> usize {
    // SAFETY: only reads.
    unsafe { rb_sys::rb_hash_size_num(hash.as_raw()) as usize }
}

/// What `hash` has for `name`, if it has it. Runs no code of users: a Symbol is looked up by its identity, by itself
/// where it meets another key, and a default is not asked for.
pub(crate) fn entry(hash: RHash, name: StaticSymbol) -> Option<Value> {
    let absent = rb_sys::Qundef as rb_sys::VALUE;
    // SAFETY: the GVL is held; nothing is raised, as no code of users runs and nothing is changed. What is there is
    // a live value of the hash.
    let value = unsafe { rb_sys::rb_hash_lookup2(hash.as_raw(), name.as_raw(), absent) };
    // SAFETY: as above.
    (value != absent).then(|| unsafe { Value::from_raw(value) })
}

/// Whether both are the same object.
pub(crate) fn same(one: Value, other: Value) -> bool {
    one.as_raw() == other.as_raw()
}

/// A new struct of `class`, which has three members.
pub(crate) fn new_struct(class: RClass, members: [Value; 3]) -> Result<Value, Error> {
    let [first, second, third] = members.map(AsRawValue::as_raw);
    // SAFETY: the GVL is held; the class was made by Struct.new with three members. `protect` catches what is raised,
    // when there is no memory, and no Rust frame that is jumped over has something to drop.
    let new = || unsafe { rb_sys::rb_struct_new(class.as_raw(), first, second, third) };
    // SAFETY: a live value, just made.
    magnus::rb_sys::protect(new).map(|value| unsafe { Value::from_raw(value) })
}

/// Puts `count` structs of `class`, which has three members, at the end of `array`, each with its first member alone.
/// `first` must own nothing and call Ruby by this module alone.
pub(crate) fn push_begun(
    array: RArray,
    class: RClass,
    count: usize,
    first: impl Fn(usize) -> Value,
) -> Result<(), Error> {
    magnus::rb_sys::protect(|| {
        for first in (0..count).map(&first) {
            // SAFETY: the GVL is held; the class was made by Struct.new, and has no `initialize` of its own to be left
            // out. `protect` catches what is raised, when there is no memory, and no Rust frame that is jumped over
            // has something to drop.
            let value = unsafe { rb_sys::rb_struct_alloc_noinit(class.as_raw()) };
            set_member(value, 0, first);
            // SAFETY: the array is alive.
            unsafe { rb_sys::rb_ary_push(array.as_raw(), value) };
        }
        rb_sys::Qnil as rb_sys::VALUE
    })
    .map(drop)
}

/// Gives each of those structs its second and third member; what `rest` has none for becomes nil. `rest` must own
/// nothing and not call Ruby.
pub(crate) fn complete(array: RArray, rest: impl Fn(usize) -> Option<[Value; 2]>) -> Result<(), Error> {
    let nil = rb_sys::Qnil as rb_sys::VALUE;
    magnus::rb_sys::protect(|| {
        for index in 0..array.len() {
            // SAFETY: there is such an element, a struct of three members.
            let value = unsafe { rb_sys::rb_ary_entry(array.as_raw(), index as _) };
            match rest(index) {
                Some([second, third]) => {
                    set_member(value, 1, second);
                    set_member(value, 2, third);
                }
                // SAFETY: the array is alive.
                None => unsafe { rb_sys::rb_ary_store(array.as_raw(), index as _, nil) },
            }
        }
        nil
    })
    .map(drop)
}

/// To be called in `protect`, with a struct that nobody else has seen yet.
fn set_member(of: rb_sys::VALUE, index: isize, member: Value) {
    // SAFETY: a small number is no object: nothing is made.
    let index = unsafe { rb_sys::rb_int2inum(index) };
    // SAFETY: the GVL is held; a struct that is not frozen and has such a member, so nothing is raised.
    unsafe { rb_sys::rb_struct_aset(of, index, member.as_raw()) };
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
    let data = unsafe { rb_sys::rb_check_typeddata(raw, kind) };
    // SAFETY: as above.
    unsafe { data.cast::<T>().as_ref() }
}

/// A String with these bytes, tagged UTF-8 whatever they are.
pub(crate) fn utf8(bytes: &[u8]) -> Value {
    // SAFETY: copies `len` bytes from `ptr`; raises only when there is no memory left, over frames
    // that own nothing but borrows, which `Batch` expects to be left behind.
    let string = unsafe { rb_sys::rb_utf8_str_new(bytes.as_ptr().cast(), bytes.len() as _) };
    // SAFETY: a String, just made.
    unsafe { Value::from_raw(string) }
}

/// Puts values at the end of an Array that nobody else has seen yet.
pub(crate) fn append(array: RArray, values: &[Value]) {
    // SAFETY: a Value is a VALUE and nothing else. A young Array of ours is not frozen, so this raises
    // only when there is no memory left, over frames that own nothing but borrows.
    unsafe { rb_sys::rb_ary_cat(array.as_raw(), values.as_ptr().cast(), values.len() as _) };
}

/// Puts keys, each before its value, into a Hash that nobody else has seen yet.
pub(crate) fn insert(hash: RHash, pairs: &[Value]) {
    // SAFETY: as for `append`; the keys are Strings, whose hashes are not user code.
    unsafe { rb_sys::rb_hash_bulk_insert(pairs.len() as _, pairs.as_ptr().cast(), hash.as_raw()) };
}
