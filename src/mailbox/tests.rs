use super::{Mailbox, Popped};
use crate::wait::Cancel;
use std::time::Duration;

const SOON: Option<Duration> = Some(Duration::ZERO);

#[test]
fn items_leave_in_the_order_they_came() {
    let mailbox = Mailbox::default();
    for item in 0..3 {
        mailbox.push(item).expect("open");
    }
    let popped: Vec<_> = (0..4).map(|_| mailbox.pop(SOON, &Cancel::new())).collect();
    assert_eq!(popped, [Popped::Item(0), Popped::Item(1), Popped::Item(2), Popped::TimedOut]);
}

#[test]
fn an_item_put_back_is_the_next_one_out() {
    let mailbox = Mailbox::default();
    mailbox.push(1).expect("open");
    mailbox.push(2).expect("open");
    let Popped::Item(item) = mailbox.pop(SOON, &Cancel::new()) else { unreachable!("two items wait") };
    mailbox.push_front(item);
    assert_eq!(mailbox.pop(SOON, &Cancel::new()), Popped::Item(1));
}

#[test]
fn a_closed_mailbox_is_emptied_then_says_so() {
    let mailbox = Mailbox::default();
    mailbox.push(1).expect("open");
    mailbox.close();
    assert_eq!(mailbox.push(2), Err(2));
    assert_eq!(mailbox.pop(None, &Cancel::new()), Popped::Item(1));
    assert_eq!(mailbox.pop(None, &Cancel::new()), Popped::Closed);
}

#[test]
fn extract_takes_only_what_is_unwanted_and_keeps_order() {
    let mailbox = Mailbox::default();
    for item in 0..6 {
        mailbox.push(item).expect("open");
    }
    assert_eq!(mailbox.extract(|item| item % 2 == 0), [0, 2, 4]);
    assert_eq!(mailbox.extract(|_| true), [1, 3, 5]);
    assert!(mailbox.is_empty());
}
