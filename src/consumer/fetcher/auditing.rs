//! Noting what moves offsets.
//!
//! Owns telling the audit, and telling the host what the audit finds worth it. Runs on the fetcher thread. Must change
//! nothing of where anything is read.

use super::super::arrival::Starts;
use super::super::command::Target;
use super::super::commit::in_rebalance;
use super::super::lease::Lease;
use super::super::settings::Start;
use super::Fetcher;
use crate::error::code_name;
use crate::event::{Committed, Event};
use crate::interest::INTEREST;
use crate::librdkafka::Records;
use crate::offsets::Move;
use crate::offsets::audit::{Origin, Place, SETBACKS};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

impl Fetcher {
    /// What may set the group back is counted from 0 on: a counter that appears with its first event has not risen.
    fn expect_jumps(&self) {
        for topic in &self.settings.topics {
            SETBACKS.iter().for_each(|reason| drop(self.group.metrics.jumps(&topic.name, reason)));
        }
    }

    /// Partitions are ours, and begun where the look-up said.
    pub(super) fn note_starts(&mut self, starts: &Starts) {
        self.expect_jumps();
        let now = unix_millis();
        for element in starts.partitions.elements() {
            let Some(held) = self.assignment.get(element.topic(), element.partition()) else { continue };
            let (Some(start), place) = (held.start, place(&held.lease)) else { continue };
            let latest = |topic: &str| {
                self.settings.topics.iter().any(|known| known.name == topic && known.start == Start::Latest)
            };
            let origin = match starts.fresh.contains(&(place.0.to_string(), place.1)) {
                false => Origin::Committed,
                true if latest(&place.0) => Origin::Latest,
                true => Origin::Earliest,
            };
            let told = self.audit.started(&place, start, origin, now);
            self.tell_move(told);
        }
    }

    /// Partitions go; what they had finished was committed, where that was possible.
    pub(super) fn note_left(&mut self, leases: &[Arc<Lease>], lost: bool) {
        // Nobody is left to ask.
        if self.closing {
            return;
        }
        for lease in leases {
            let Some(held) = self.assignment.get(&lease.topic, lease.partition) else { continue };
            let marked = lease.offsets(|offsets| offsets.marked()).or(held.start);
            self.audit.left(&place(lease), marked, lost, unix_millis());
        }
    }

    /// A commit came back.
    pub(super) fn note_commit(&mut self, result: &KafkaResult<()>, offsets: &TopicPartitionList, took: Duration) {
        // There was nothing to send.
        if matches!(result, Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset))) {
            return;
        }
        let (mut done, mut failed, mut code) = (Vec::new(), Vec::new(), None);
        let wanted = INTEREST.commits();
        for element in offsets.elements() {
            let Offset::Offset(offset) = element.offset() else { continue };
            let refused = element.error().err().or_else(|| result.as_ref().err().cloned());
            // It is asked for again.
            if in_rebalance(refused.as_ref()) {
                continue;
            }
            let place = (element.topic().into(), element.partition());
            let committed = || Committed { topic: element.topic().to_owned(), partition: element.partition(), offset };
            if let Some(error) = refused {
                let name = error.rdkafka_error_code().map(code_name).unwrap_or_default();
                self.audit.commit_failed(&place, offset, &name, unix_millis());
                failed.push(committed());
                code = Some(name);
            } else {
                let told = self.audit.committed(&place, offset, unix_millis());
                self.tell_move(told);
                if wanted {
                    done.push(committed());
                }
            }
        }
        for (partitions, code) in [(done, None), (failed, code)] {
            if !partitions.is_empty() {
                let time = took.as_secs_f64() * 1000.0;
                self.inbox.tell(Event::Committed { group: self.settings.group, partitions, time, code });
            }
        }
    }

    /// User code went from `from` to `target`.
    pub(super) fn note_seek(&mut self, lease: &Lease, target: Target, ends: (Option<i64>, Option<i64>)) {
        let name = match target {
            Target::Offset(_) => "offset",
            Target::Earliest => "earliest",
            Target::Latest => "latest",
            Target::Time(_) => "time",
        };
        let moved = self.audit.sought(&place(lease), name, ends, unix_millis());
        self.tell_move(Some(moved));
    }

    /// librdkafka logged that a position was not there.
    pub(super) fn note_out_of_range(&mut self, line: &str) {
        if let Some((topic, partition, offset)) = out_of_range(line) {
            self.audit.out_of_range(&(topic.into(), partition), offset, unix_millis());
        }
    }

    /// Records go out, the first time, where `position` was to be read; they may tell where it is now.
    pub(super) fn note_records(&mut self, lease: &Lease, position: Option<i64>, records: &Records, back: bool) {
        if !back && !self.audit.waits_for_records() {
            return;
        }
        let (place, now) = (place(lease), unix_millis());
        let offsets = (0..records.len()).map(|index| records.offset(index));
        let told = self.audit.handed_out(&place, position, offsets, now);
        let told = told.or_else(|| back.then(|| self.audit.made_anew(&place, position, records.offset(0), now)));
        self.tell_move(told);
    }

    fn tell_move(&self, told: Option<Move>) {
        if let Some(moved) = told {
            self.group.metrics.jumps(&moved.topic, &moved.reason).inc();
            self.inbox.tell(Event::Moved { group: self.settings.group, moved });
        }
    }
}

pub(super) fn place(lease: &Lease) -> Place {
    (Arc::clone(&lease.topic), lease.partition)
}

fn unix_millis() -> i64 {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Topic, partition and offset of librdkafka's line, which begins with the thread that wrote it.
fn out_of_range(line: &str) -> Option<(&str, i32, i64)> {
    let (place, rest) = line.split_once("]: offset reset (at offset ")?;
    let (before, partition) = place.rsplit_once(" [")?;
    let topic = before.rsplit(' ').next()?;
    let offset = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((topic, partition.parse().ok()?, offset.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::out_of_range;

    #[test]
    fn the_line_tells_what_was_not_there() {
        let line = "OFFSET: [thrd:main]: my.topic_1 [12]: offset reset (at offset 1000003 (leader epoch 0), broker 1) \
                    to offset BEGINNING (leader epoch -1): fetch failed due to requested offset not available";
        assert_eq!(out_of_range(line), Some(("my.topic_1", 12, 1_000_003)));
        assert_eq!(out_of_range("OFFSET: t [0]: offset reset (at offset 5, broker 1) to END"), Some(("t", 0, 5)));
        assert_eq!(out_of_range("OFFSET: t [0]: something else"), None);
    }
}
