//! What is left of the work of a member that the cluster shuts out.

mod common;

use common::{World, numbers};
use karafka_rs::Event;
use karafka_rs::consumer::Outcome;
use karafka_rs::mock::{Api, Fault};
use std::time::Duration;

#[test]
fn a_member_whose_name_another_has_taken_marks_nothing_any_more_and_hands_out_nothing() {
    let world = World::new(&[("t", 1)]);
    let mut settings = world.settings("g", &["t"]);
    settings.max_messages = 1;
    for (name, value) in [("group.instance.id", "one"), ("heartbeat.interval.ms", "100")] {
        settings.properties.insert(name.to_owned(), value.to_owned());
    }
    let member = world.consume(settings);
    world.produce("t", 0, numbers(0..3));
    let batch = member.next();
    assert!(!batch.is_revoked());
    let code = "FENCED_INSTANCE_ID".to_owned();
    world.cluster.inject(&Fault::Requests { api: Api::Heartbeat, code, times: 1 }).expect("not forked");
    member.event(|event| matches!(event, Event::Error { fatal: true, .. }));
    assert!(batch.is_revoked());
    assert!(batch.is_cut_short());
    batch.finish(Outcome::Done);
    member.nothing_within(Duration::from_millis(100));
    member.close();
}
