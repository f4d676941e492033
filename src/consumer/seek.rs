//! Moving the position of a partition.
//!
//! Owns the look-up of times and the call that moves what librdkafka fetches. Each runs on a thread
//! of its own, because librdkafka's answer takes a round trip and the fetcher must not wait. Must
//! not touch the partition's state: the fetcher hears the answer.

use super::client::Client;
use super::command::{Command, Target};
use super::lease::Lease;
use crate::error::{Error, ErrorKind, Result};
use crate::thread;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::Duration;

/// How long each answer of the cluster may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has librdkafka fetch from `target`; [`Command::Sought`] brings the answer.
pub(super) fn start(client: &Arc<Client>, lease: &Arc<Lease>, target: Target) {
    let (client, moved) = (Arc::clone(client), Arc::clone(lease));
    let seek = move || {
        let answer = seek(&client, &moved, target);
        let command = Command::Sought { lease: Arc::clone(&moved), target, moved: answer };
        moved.send(command);
    };
    if let Err(error) = thread::start("krs-seek", seek) {
        lease.send(Command::Sought { lease: Arc::clone(lease), target, moved: Err(error) });
    }
}

fn seek(client: &Client, lease: &Lease, target: Target) -> Result<Option<i64>> {
    let (topic, partition) = (&*lease.topic, lease.partition);
    let failed = |error| Error::from_kafka(&error, format!("moving {topic}/{partition} to {target:?}, tried again"));
    let look_up = |time| at_time(client, topic, partition, time).map_err(failed);
    // Asked for as times, the ends are what they say. librdkafka would look them up later, and forget a seek that
    // came meanwhile.
    let offset = match target {
        Target::Offset(offset) => Offset::Offset(offset),
        Target::Earliest => look_up(Offset::Beginning)?,
        Target::Latest => look_up(Offset::End)?,
        Target::Time(millis) => look_up(Offset::Offset(millis))?,
    };
    // The look-up took a while: whose position it is now is for the next assignment to say.
    if lease.is_revoked() {
        return Err(Error::new(
            ErrorKind::Closed,
            format!("{topic}/{partition} went before it was moved to {target:?}"),
        ));
    }
    move_to(client, topic, partition, offset).map_err(failed)?;
    Ok(match offset {
        Offset::Offset(known) => Some(known),
        _ => None,
    })
}

fn move_to(client: &Client, topic: &str, partition: i32, offset: Offset) -> KafkaResult<()> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    let moved = client.seek_partitions(list, PATIENCE)?;
    moved.find_partition(topic, partition).map_or(Ok(()), |found| found.error())
}

fn at_time(client: &Client, topic: &str, partition: i32, time: Offset) -> KafkaResult<Offset> {
    let mut times = TopicPartitionList::new();
    times.add_partition_offset(topic, partition, time)?;
    let found = client.offsets_for_times(times, PATIENCE)?;
    let Some(found) = found.find_partition(topic, partition) else { return Ok(Offset::End) };
    found.error()?;
    Ok(match found.offset() {
        Offset::Offset(offset) => Offset::Offset(offset),
        _ => Offset::End,
    })
}
