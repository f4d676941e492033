//! The mark a produced record carries through librdkafka.
//!
//! Made by the producing thread, taken back once by who takes the delivery report. Must stay one
//! pointer: its lowest bit tells the slot of a batch from a delivery of its own.
#![expect(unsafe_code, reason = "a value becomes the opaque pointer that librdkafka carries, and back")]

use crate::producer::{BatchDelivery, Delivery, Slot};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Who is told of a record's delivery, if anybody is.
#[derive(Debug, Clone)]
pub(crate) enum Tag {
    /// Nobody waits: only a failure is told.
    Nobody,
    /// One handle for one record.
    One(Arc<Delivery>),
    /// The record of that number in a batch.
    Slot(Arc<BatchDelivery>, usize),
}

/// From the slot of a batch back to the batch. Set when a record goes on its way.
#[derive(Debug, Default)]
pub(crate) struct SlotOwner(AtomicPtr<BatchDelivery>);

/// Slots and deliveries are aligned to more than a byte.
const SLOT: usize = 1;

impl Tag {
    pub(super) fn into_ptr(self) -> *mut c_void {
        match self {
            Self::Nobody => ptr::null_mut(),
            Self::One(delivery) => Arc::into_raw(delivery).cast_mut().cast(),
            Self::Slot(batch, index) => {
                let slot = ptr::from_ref::<Slot>(batch.slot(index));
                // The batch's address is the same in each of its slots, so that who comes first does not matter.
                batch.slot(index).owner().0.store(Arc::as_ptr(&batch).cast_mut(), Ordering::Relaxed);
                std::mem::forget(batch);
                slot.cast_mut().cast::<c_void>().map_addr(|address| address | SLOT)
            }
        }
    }

    /// # Safety
    /// `opaque` came from [`Tag::into_ptr`] and is taken back once.
    pub(super) unsafe fn from_ptr(opaque: *mut c_void) -> Self {
        if opaque.is_null() {
            return Self::Nobody;
        }
        if opaque.addr() & SLOT == 0 {
            // SAFETY: not null and without the bit: the raw pointer of an `Arc<Delivery>`, taken back once.
            return Self::One(unsafe { Arc::from_raw(opaque.cast_const().cast()) });
        }
        let slot: *const Slot = opaque.map_addr(|address| address & !SLOT).cast_const().cast();
        // SAFETY: the reference that `into_ptr` forgot keeps the batch, and so its slots, alive.
        let batch = unsafe { &*slot }.owner().0.load(Ordering::Relaxed);
        // SAFETY: the address that `into_ptr` stored, of an `Arc` whose reference it forgot once for this slot.
        let batch = unsafe { Arc::from_raw(batch.cast_const()) };
        let index = batch.index(slot.addr());
        Self::Slot(batch, index)
    }
}
