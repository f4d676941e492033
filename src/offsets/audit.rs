//! Why a group is where it is.
//!
//! Owns, for each partition a member ever held, the last things that moved its offset: where it was begun, what was
//! committed, sought and reset, and where it was left; and which of them set the group back. Pure: time is passed in.
//! Used by the fetcher thread only. Must not decide where anything is read.

use super::moves::{Move, MoveKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Reasons of moves that set a group back, or leave records out, though user code did not want it.
pub(crate) const SETBACKS: [&str; 6] =
    ["out_of_range", "made_anew", "commit_gone", "commit_moved_back", "not_committed", "went_back"];

/// A topic's name in the cluster, and the number of a partition.
pub(crate) type Place = (Arc<str>, i32);
/// From where, and to where.
type Ends = (Option<i64>, Option<i64>);

/// So many moves of one partition are remembered. Commits that go forward in a row are one, so that it takes many moves
/// worth asking about to push one out, and no other partition can.
const KEPT: usize = 20;

/// What a partition is begun by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The group's committed offset.
    Committed,
    /// The route, because the group has committed nothing.
    Earliest,
    Latest,
}

/// The moves of one member of a group.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    histories: BTreeMap<Place, History>,
    /// Positions that moved to where only the next record tells, each with the offset that was not there; `None`: the
    /// next record is the one.
    landings: BTreeMap<Place, Option<i64>>,
}

#[derive(Debug, Default)]
struct History {
    moves: VecDeque<Move>,
    /// What the cluster has, as far as we know.
    committed: Option<i64>,
    /// What user code was done with when the partition went away.
    left: Option<i64>,
    /// What the next commit goes back by was told already.
    explained: bool,
}

impl Audit {
    /// A partition is ours, and is read from `to`. Gives what is to be told.
    pub(crate) fn started(&mut self, place: &Place, to: i64, origin: Origin, now: i64) -> Option<Move> {
        let history = self.history(place);
        let (committed, left) = (history.committed, history.left.take());
        let (from, reason, warned) = match (origin, committed, left) {
            (Origin::Committed, Some(before), _) if to < before => (committed, "commit_moved_back", true),
            (Origin::Earliest | Origin::Latest, Some(_), _) => (committed, "commit_gone", true),
            (_, _, Some(before)) if to < before => (left, "not_committed", true),
            (Origin::Committed, ..) => (left.or(committed), "committed", false),
            (Origin::Earliest, ..) => (left, "earliest", false),
            (Origin::Latest, ..) => (left, "latest", false),
        };
        history.committed = (origin == Origin::Committed).then_some(to);
        history.explained = true;
        let moved = history.push(place, MoveKind::Started, reason.into(), (from, Some(to)), now, warned);
        warned.then_some(moved)
    }

    /// A partition is no longer ours; user code was done up to `marked`.
    pub(crate) fn left(&mut self, place: &Place, marked: Option<i64>, lost: bool, now: i64) {
        self.landings.remove(place);
        let history = self.history(place);
        history.left = marked;
        let (from, reason) = (history.committed, if lost { "lost" } else { "revoked" });
        history.push(place, MoveKind::Left, reason.into(), (from, marked), now, false);
    }

    /// The cluster confirmed a commit of `next`. Gives what is to be told.
    pub(crate) fn committed(&mut self, place: &Place, next: i64, now: i64) -> Option<Move> {
        let history = self.history(place);
        let before = history.committed.replace(next);
        let explained = std::mem::take(&mut history.explained);
        let back = before.is_some_and(|before| next < before);
        if !back && let Some(last) = history.last(MoveKind::Committed).filter(|last| last.from <= last.to) {
            (last.to, last.time, last.count) = (Some(next), now, last.count + 1);
            return None;
        }
        let warned = back && !explained;
        let reason = if warned { "went_back" } else { "marked" };
        let moved = history.push(place, MoveKind::Committed, reason.into(), (before, Some(next)), now, warned);
        warned.then_some(moved)
    }

    /// The cluster did not take a commit of `next`.
    pub(crate) fn commit_failed(&mut self, place: &Place, next: i64, code: &str, now: i64) {
        let history = self.history(place);
        if let Some(last) = history.last(MoveKind::CommitFailed).filter(|last| last.reason == code) {
            (last.to, last.time, last.count) = (Some(next), now, last.count + 1);
            return;
        }
        let from = history.committed;
        history.push(place, MoveKind::CommitFailed, code.to_owned().into(), (from, Some(next)), now, false);
    }

    /// User code went from `from` to `target`, which is `to` where that is known. Gives the move.
    pub(crate) fn sought(&mut self, place: &Place, target: &'static str, (from, to): Ends, now: i64) -> Move {
        self.landings.remove(place);
        if to.is_none() {
            self.landings.insert(place.clone(), None);
        }
        let history = self.history(place);
        history.explained = true;
        let back = to.is_some() && to < from;
        history.push(place, MoveKind::Sought, target.into(), (from, to), now, back)
    }

    /// What was at `from` is not there, and reading goes on elsewhere: [`Audit::handed_out`] says where.
    pub(crate) fn out_of_range(&mut self, place: &Place, from: i64, now: i64) {
        self.landings.insert(place.clone(), Some(from));
        let history = self.history(place);
        history.explained = true;
        match history.last(MoveKind::Reset).filter(|last| last.to.is_none()) {
            Some(last) => (last.from, last.time) = (Some(from), now),
            None => drop(history.push(place, MoveKind::Reset, "out_of_range".into(), (Some(from), None), now, false)),
        }
    }

    /// What was found out of range is read again from where it was: nothing moved.
    pub(crate) fn reread(&mut self, place: &Place) {
        if self.landings.remove(place).is_some() {
            self.history(place).moves.retain(|one| one.kind != MoveKind::Reset || one.to.is_some());
        }
    }

    /// Whether the next records tell where some position is.
    pub(crate) fn waits_for_records(&self) -> bool {
        !self.landings.is_empty()
    }

    /// Records with these `offsets` come next, where `position` was to be read. Gives what is to be told.
    pub(crate) fn handed_out(
        &mut self,
        place: &Place,
        mut position: Option<i64>,
        mut offsets: impl Iterator<Item = i64>,
        now: i64,
    ) -> Option<Move> {
        let missing = *self.landings.get(place)?;
        // Others were fetched before it was missed.
        let landed = offsets.find(|offset| {
            let before = position.replace(offset + 1);
            missing.is_none_or(|missing| *offset >= missing) || before.is_some_and(|before| *offset < before)
        })?;
        if missing == Some(landed) {
            self.reread(place);
            return None;
        }
        self.landings.remove(place);
        let open = self.history(place).moves.iter_mut().rev().find(|one| one.to.is_none())?;
        (open.to, open.time) = (Some(landed), now);
        open.warned = open.kind == MoveKind::Reset || open.to < open.from;
        Some(open.clone())
    }

    /// Records come that lie before `from`, which was to be read: the topic was emptied or made anew. Gives the move.
    pub(crate) fn made_anew(&mut self, place: &Place, from: Option<i64>, to: i64, now: i64) -> Move {
        let history = self.history(place);
        history.explained = true;
        history.push(place, MoveKind::Reset, "made_anew".into(), (from, Some(to)), now, true)
    }

    /// All that is remembered, by partition and time.
    pub(crate) fn moves(&self) -> Vec<Move> {
        self.histories.values().flat_map(|history| &history.moves).cloned().collect()
    }

    fn history(&mut self, place: &Place) -> &mut History {
        self.histories.entry(place.clone()).or_default()
    }
}

impl History {
    /// The last move, if it is of this kind.
    fn last(&mut self, kind: MoveKind) -> Option<&mut Move> {
        self.moves.back_mut().filter(|last| last.kind == kind)
    }

    fn push(
        &mut self,
        (topic, partition): &Place,
        kind: MoveKind,
        reason: Cow<'static, str>,
        (from, to): Ends,
        now: i64,
        warned: bool,
    ) -> Move {
        if self.moves.len() >= KEPT {
            self.moves.pop_front();
        }
        let (topic, partition) = (Arc::clone(topic), *partition);
        let moved = Move { topic, partition, kind, reason, from, to, first_time: now, time: now, count: 1, warned };
        self.moves.push_back(moved.clone());
        moved
    }
}

#[cfg(test)]
mod tests;
