//! Ruby objects that stand for parts of another Ruby object.
//!
//! Owns the second kind of typed data: its pointer goes into what its owner holds, so an object costs
//! no memory but its own slot, and nothing is to be freed. Called with the GVL, and by the garbage
//! collector.

use magnus::rb_sys::{AsRawValue, FromRawValue};
use magnus::value::Opaque;
use magnus::{RClass, Ruby, Value};
use rb_sys::rb_data_type_t;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// A part, which knows the object that holds it. There is one, and it keeps to this by hand: it would
/// not be safer for being called unsafe.
pub(crate) trait Part: 'static {
    /// The object whose Rust value holds this part, at this address for as long as it lives.
    fn owner(&self) -> Opaque<Value>;
}

/// What Ruby is told of such objects.
pub(crate) struct PartType<P> {
    inner: rb_data_type_t,
    part: PhantomData<fn(P)>,
}

// SAFETY: only read, by Ruby and by us.
unsafe impl<P> Sync for PartType<P> {}

impl<P: Part> PartType<P> {
    pub(crate) const fn new(name: &'static CStr) -> Self {
        // SAFETY: a C structure of pointers, numbers and optional functions: zero means "none" for all.
        let mut inner: rb_data_type_t = unsafe { MaybeUninit::zeroed().assume_init() };
        inner.wrap_struct_name = name.as_ptr();
        inner.function.dmark = Some(mark::<P>);
        // Its one reference, to the owner, is there from the beginning: no write can be missed.
        inner.flags = rb_sys::rbimpl_typeddata_flags::RUBY_TYPED_FREE_IMMEDIATELY as rb_sys::VALUE
            | rb_sys::rbimpl_typeddata_flags::RUBY_TYPED_WB_PROTECTED as rb_sys::VALUE;
        Self { inner, part: PhantomData }
    }

    /// An object for this part.
    ///
    /// The owner must be alive.
    pub(crate) fn object(&'static self, class: RClass, part: &P) -> Value {
        let data = std::ptr::from_ref(part).cast_mut().cast();
        // SAFETY: the type is static, and so made that Ruby only ever reads the part. The owner is
        // marked by the object and therefore outlives every use of the pointer.
        let object = unsafe { rb_sys::rb_data_typed_object_wrap(class.as_raw(), data, &raw const self.inner) };
        // SAFETY: just made.
        unsafe { Value::from_raw(object) }
    }

    /// The part that an object stands for; `None`: it is an object of another kind.
    pub(crate) fn part<'a>(&'static self, object: &'a Value) -> Option<&'a P> {
        let raw = object.as_raw();
        // SAFETY: answers for any object, and raises for none.
        if unsafe { rb_sys::rb_typeddata_is_kind_of(raw, &raw const self.inner) } == 0 {
            return None;
        }
        // SAFETY: of this type, as was just seen, so nothing is raised; made by `object`, and alive
        // while it stands on the stack, as is its owner.
        let part = unsafe { rb_sys::rb_check_typeddata(raw, &raw const self.inner) };
        // SAFETY: as above.
        unsafe { part.cast::<P>().as_ref() }
    }
}

unsafe extern "C" fn mark<P: Part>(part: *mut c_void) {
    // SAFETY: Ruby passes the pointer of an object made by `object`; its owner was marked in every
    // collection before this one, so it is there.
    let Some(part) = (unsafe { part.cast::<P>().as_ref() }) else { return };
    // SAFETY: called by Ruby, during a collection, on a thread of Ruby's.
    let ruby = unsafe { Ruby::get_unchecked() };
    // SAFETY: a live object; pinned, because the pointer to it is not updated.
    unsafe { rb_sys::rb_gc_mark(ruby.get_inner(part.owner()).as_raw()) };
}
