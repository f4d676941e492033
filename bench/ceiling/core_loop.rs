//! The framework's own core, driven from Rust.
//!
//! Owns one loop: what is left to Ruby is the difference between this one and the framework. Counts only.

use karafka_rs::consumer::{Outcome, Settings, Start, TopicSettings};
use karafka_rs::mailbox::Popped;
use karafka_rs::wait::Cancel;
use karafka_rs::{Consumer as Core, Inbox};
use std::sync::Arc;
use std::time::Duration;

use crate::tally::Tally;
use crate::{BATCH, Failure, Properties};

pub(crate) fn run(topic: String, properties: Properties, mut tally: Tally) -> Result<(), Failure> {
    if !tally.work.counts_only() {
        return Err("the core's loop counts only".into());
    }
    let inbox = Arc::new(Inbox::default());
    let settings = Settings {
        group: 0,
        properties,
        topics: vec![TopicSettings { name: topic, start: Start::Earliest, hooks: false }],
        max_messages: BATCH,
        max_bytes: 10 * 1024 * 1024,
        ready_limit: 5,
        concurrency: 1_000,
        commit_threshold: 0,
        last_jobs: Duration::from_secs(1),
        stall_after: None,
        first_look: Duration::from_secs(5),
    };
    let consumer = Core::start(settings, Arc::clone(&inbox))?;
    loop {
        let taken = match inbox.next_job(Some(Duration::from_millis(100)), &Cancel::new()) {
            Popped::Item(mut batch) => {
                tally.begin();
                batch.start();
                let count = batch.records().len();
                let _ = batch.mark(batch.records().offset(count - 1));
                batch.finish(Outcome::Done);
                batch.release();
                count
            }
            _ => 0,
        };
        if !tally.add(taken)? {
            tally.report()?;
            consumer.close(Some(Duration::from_secs(10)), &Cancel::new())?;
            return Ok(());
        }
    }
}
