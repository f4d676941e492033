use super::{Cancel, Waitable, Waited};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

fn take(value: &mut Option<u32>) -> Option<u32> {
    value.take()
}

#[test]
fn a_value_that_is_there_is_taken_at_once() {
    let slot = Waitable::new(Some(7));
    assert_eq!(slot.wait(Some(Duration::ZERO), &Cancel::new(), take), Waited::Ready(7));
}

#[test]
fn an_empty_slot_times_out() {
    let slot = Waitable::new(None);
    assert_eq!(slot.wait(Some(Duration::from_millis(1)), &Cancel::new(), take), Waited::TimedOut);
}

#[test]
fn a_timeout_beyond_the_clock_is_no_timeout() {
    let slot = Waitable::new(Some(1));
    assert_eq!(slot.wait(Some(Duration::MAX), &Cancel::new(), take), Waited::Ready(1));
}

#[test]
fn a_change_ends_the_wait() {
    let slot = Arc::new(Waitable::new(None));
    let waiter = Arc::clone(&slot);
    let thread = std::thread::spawn(move || waiter.wait(None, &Cancel::new(), take));
    slot.update(|value| *value = Some(3));
    assert_eq!(thread.join().expect("waiter"), Waited::Ready(3));
}

#[test]
fn a_cancel_ends_the_wait_however_it_races_with_the_start() {
    for _ in 0..500 {
        let shared = Arc::new((Waitable::new(None), Cancel::new()));
        let waiter = Arc::clone(&shared);
        let (started, go) = channel();
        let thread = std::thread::spawn(move || {
            started.send(()).expect("main listens");
            waiter.0.wait(None, &waiter.1, take)
        });
        go.recv().expect("waiter lives");
        shared.1.set();
        shared.0.wake();
        assert_eq!(thread.join().expect("waiter"), Waited::Cancelled);
    }
}
