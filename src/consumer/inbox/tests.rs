use super::{EVENT_BOUND, Inbox};
use crate::event::Event;
use crate::mailbox::Popped;
use crate::statistics::Statistics;
use crate::wait::Cancel;
use std::time::Duration;

fn line(number: usize) -> Event {
    Event::Log { group: None, level: 3, message: number.to_string() }
}

fn assigned(group: u32) -> Event {
    Event::Assigned { group, partitions: Vec::new(), time: 0.0 }
}

fn fetched() -> Event {
    let (group, topic, partition, size, attempt) = (0, "t".to_owned(), 0, 1, 1);
    Event::Fetched { group, topic, partition, size, first_offset: 7, last_offset: 7, attempt, lag: None }
}

/// Groups of assignments and texts of messages, in the order they come out.
fn read_all(inbox: &Inbox) -> Vec<String> {
    let next = || match inbox.next_event(Some(Duration::ZERO), &Cancel::new()) {
        Popped::Item(Event::Assigned { group, .. }) => Some(format!("group {group}")),
        Popped::Item(Event::Log { message, .. }) => Some(message),
        Popped::Item(other) => Some(format!("{other:?}")),
        _ => None,
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn of_events_that_nobody_reads_the_oldest_messages_give_way_and_no_assignment() {
    let inbox = Inbox::default();
    inbox.tell(assigned(1));
    for number in 0..EVENT_BOUND - 1 {
        inbox.tell(line(number));
    }
    inbox.tell(assigned(2));
    inbox.tell(line(EVENT_BOUND));
    let events = read_all(&inbox);
    assert_eq!(events.len(), EVENT_BOUND);
    assert_eq!(events[..2], ["group 1", "2"]);
    let note = "(earlier events were not read in time and are not reported)";
    assert_eq!(events[EVENT_BOUND - 2..], ["group 2".to_owned(), format!("{EVENT_BOUND} {note}")]);
}

#[test]
fn assignments_that_nobody_reads_are_all_kept() {
    let inbox = Inbox::default();
    let count = u32::try_from(EVENT_BOUND).expect("small") + 5;
    (0..count).for_each(|group| inbox.tell(assigned(group)));
    let all: Vec<String> = (0..count).map(|group| format!("group {group}")).collect();
    assert!(read_all(&inbox) == all);
}

#[test]
fn what_was_fetched_gives_way_before_any_message() {
    let inbox = Inbox::default();
    inbox.tell(line(0));
    for _ in 0..EVENT_BOUND + 5 {
        inbox.tell(fetched());
    }
    inbox.tell(line(1));
    let events = read_all(&inbox);
    assert_eq!(events.len(), EVENT_BOUND);
    assert_eq!((events[0].as_str(), events[EVENT_BOUND - 1].as_str()), ("0", "1"));
}

#[test]
fn of_statistics_that_nobody_reads_each_group_keeps_the_newest() {
    let inbox = Inbox::default();
    for number in 0..EVENT_BOUND {
        let report = format!("{{\"number\": {number}}}");
        inbox.tell(Event::Statistics { group: 0, statistics: Statistics::new(report.into_bytes(), None) });
    }
    inbox.tell(Event::Statistics { group: 1, statistics: Statistics::new(b"{}".to_vec(), None) });
    let next = || match inbox.next_event(Some(Duration::ZERO), &Cancel::new()) {
        Popped::Item(Event::Statistics { group, statistics }) => {
            Some((group, statistics.read().expect("JSON").get("number").and_then(serde_json::Value::as_u64)))
        }
        _ => None,
    };
    assert_eq!(std::iter::from_fn(next).collect::<Vec<_>>(), [(0, Some(EVENT_BOUND as u64 - 1)), (1, None)]);
}
