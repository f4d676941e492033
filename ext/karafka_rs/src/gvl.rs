//! Waiting without Ruby's global lock.
//!
//! Owns every release of the GVL. Called on Ruby threads that hold it. Nothing that runs inside
//! may touch a Ruby value: the closures are `Send`, and Ruby values are not.

use karafka_rs::wait::{Cancel, Waited};
use magnus::rb_sys::protect;
use magnus::{Error, Ruby};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::time::{Duration, Instant};

/// Ruby 3.1 delivers no signal to a main thread that is blocked without the GVL when it is the
/// only Ruby thread, so the main thread comes up for air this often.
const MAIN_THREAD_SLICE: Duration = Duration::from_millis(100);

struct Call<F, R> {
    work: Option<F>,
    result: Option<std::thread::Result<R>>,
}

unsafe extern "C" fn run<F: FnOnce() -> R, R>(call: *mut c_void) -> *mut c_void {
    // SAFETY: `without` passes its own `Call`, which lives on its stack for the whole call, on the
    // same thread.
    let call = unsafe { &mut *call.cast::<Call<F, R>>() };
    if let Some(work) = call.work.take() {
        // A panic must not unwind through Ruby's frames: it is carried over them.
        call.result = Some(catch_unwind(AssertUnwindSafe(work)));
    }
    ptr::null_mut()
}

unsafe extern "C" fn unblock<U: Fn()>(wake: *mut c_void) {
    // SAFETY: `without` passes a reference that outlives the call; Ruby calls this only during it,
    // possibly on another thread, which `U: Sync` allows.
    let wake = unsafe { &*wake.cast::<U>() };
    // Unwinding into Ruby would end the process; a wake-up that failed leaves a wait that ends later.
    drop(catch_unwind(AssertUnwindSafe(wake)));
}

/// Runs `work` without the GVL. Ruby calls `wake`, from any thread, when somebody wants this
/// thread back. `None`: somebody wanted it before the work began; check interrupts and come again.
pub(crate) fn without<R: Send, F: FnOnce() -> R + Send, U: Fn() + Sync>(work: F, wake: &U) -> Option<R> {
    let mut call = Call { work: Some(work), result: None };
    // SAFETY: both callbacks get pointers to values that outlive the call, and neither lets a panic
    // out. The `2` variant never raises, so no Rust frame is jumped over. The GVL is held here:
    // only magnus methods call this.
    unsafe {
        rb_sys::rb_thread_call_without_gvl2(
            Some(run::<F, R>),
            ptr::from_mut(&mut call).cast(),
            Some(unblock::<U>),
            ptr::from_ref(wake).cast_mut().cast(),
        );
    }
    match call.result {
        None => None,
        Some(Ok(result)) => Some(result),
        Some(Err(panic)) => resume_unwind(panic),
    }
}

/// Does `work`, without the GVL when that is worth it. Interrupts are looked at before, not meanwhile.
pub(crate) fn compute<R: Send>(worth_it: bool, work: impl Fn() -> R + Sync) -> Result<R, Error> {
    if !worth_it {
        return Ok(work());
    }
    loop {
        if let Some(result) = without(&work, &|| ()) {
            return Ok(result);
        }
        check_interrupts()?;
    }
}

/// Lets pending interrupts act: signals, `Thread#raise`, `Thread#kill`, `Timeout`.
pub(crate) fn check_interrupts() -> Result<(), Error> {
    protect(|| {
        // SAFETY: the GVL is held; `protect` catches what it raises before any Rust frame with
        // something to drop is jumped over.
        unsafe { rb_sys::rb_thread_check_ints() };
        rb_sys::Qnil as rb_sys::VALUE
    })
    .map(drop)
}

/// Waits for `poll` to be ready, without the GVL, until `timeout` (`None`: for ever) or an
/// interrupt that raises. `poll` gets the time that is left and a flag to give up by; `wake` makes
/// it look at the flag. `Ok(None)`: the time is up.
///
/// What was ready is returned without another look at interrupts: a caller that cannot afford to
/// lose it checks them itself and puts it back.
pub(crate) fn wait<R: Send>(
    ruby: &Ruby,
    timeout: Option<Duration>,
    poll: impl Fn(Option<Duration>, &Cancel) -> Waited<R> + Sync,
    wake: impl Fn() + Sync,
) -> Result<Option<R>, Error> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let slice = is_main_thread(ruby).then_some(MAIN_THREAD_SLICE);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let this_time = match (left, slice) {
            (Some(left), Some(slice)) => Some(left.min(slice)),
            (left, slice) => left.or(slice),
        };
        let cancel = Cancel::new();
        let give_up = || {
            cancel.set();
            wake();
        };
        if let Some(Waited::Ready(result)) = without(|| poll(this_time, &cancel), &give_up) {
            return Ok(Some(result));
        }
        check_interrupts()?;
        if left.is_some_and(|left| left.is_zero()) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(None);
        }
    }
}

fn is_main_thread(_ruby: &Ruby) -> bool {
    // SAFETY: `_ruby` is proof of the GVL; the call only reads.
    let main = unsafe { rb_sys::rb_thread_main() };
    // SAFETY: as above.
    main == unsafe { rb_sys::rb_thread_current() }
}
