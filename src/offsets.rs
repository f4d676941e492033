//! What of one assigned partition was handed out, finished and committed.
//!
//! Owns the rule that a committed offset never passes unfinished work and never moves back, unless
//! user code says so. Pure: no clock, no I/O. Shared by the worker that marks and the fetcher that
//! commits, behind a lock.

pub(crate) mod audit;
mod moves;

pub use moves::{Move, MoveKind};

/// What a mark did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// User code is now done up to a later record than before: by so many offsets.
    Advanced(u64),
    /// That record, or a later one, was marked already.
    Behind,
    /// No record that far was handed out yet, so user code cannot be done with it.
    Ahead,
    /// User code wants to go on elsewhere: what was handed out before counts no more.
    Sought,
    /// The partition belongs to somebody else now.
    NotOwned,
}

/// Offsets of one partition during one assignment. All are "next" offsets: one past the record.
#[derive(Debug, Default)]
pub struct Offsets {
    handed_out: Option<i64>,
    marked: Option<i64>,
    /// What the cluster has, when we told it.
    committed: Option<i64>,
    seeking: bool,
    /// Hand-overs up to this one were before the last seek.
    sought_after: u64,
    revoked: bool,
}

impl Offsets {
    /// Records `first` to `last`, not handed out before, go into user code's hands. What lies before
    /// the first hand-over counts as done: no mark can reach behind it. It is worth committing by
    /// itself: a group that starts at the end of a topic would otherwise leave out, after a crash,
    /// records that it had begun.
    ///
    /// True when the records lie before ones that were handed out earlier: the topic was emptied or
    /// made anew, and counting starts again.
    pub fn hand_out(&mut self, first: i64, last: i64) -> bool {
        let back = self.handed_out.is_some_and(|handed_out| first < handed_out);
        if back || self.handed_out.is_none() {
            self.marked = Some(first);
        }
        self.handed_out = Some(last + 1);
        back
    }

    /// The offset behind the last record that was handed out, if any was.
    #[must_use]
    pub fn handed_out(&self) -> Option<i64> {
        self.handed_out
    }

    /// As [`Offsets::mark`], by whom was given hand-over `delivery`: one from before the last seek has
    /// nothing to say about the records that come now.
    pub fn mark_of(&mut self, delivery: u64, offset: i64) -> Mark {
        if delivery <= self.sought_after && !self.revoked { Mark::Sought } else { self.mark(offset) }
    }

    /// User code is done with every record up to and including `offset`.
    pub fn mark(&mut self, offset: i64) -> Mark {
        let next = offset.saturating_add(1);
        if self.revoked {
            Mark::NotOwned
        } else if self.seeking {
            Mark::Sought
        } else if Some(next) > self.handed_out {
            Mark::Ahead
        } else {
            match self.marked {
                Some(marked) if next > marked => {
                    self.marked = Some(next);
                    Mark::Advanced(next.abs_diff(marked))
                }
                _ => Mark::Behind,
            }
        }
    }

    /// User code wants to go on elsewhere. Marks count no more until [`Offsets::sought`] or
    /// [`Offsets::stay`]. False: the partition belongs to somebody else now.
    pub fn seek(&mut self) -> bool {
        self.seeking = !self.revoked;
        self.seeking
    }

    /// User code wanted to go on elsewhere and failed: its job comes again.
    pub fn stay(&mut self) {
        self.seeking = false;
    }

    /// The position was moved, after hand-over `delivery`, to `next` or to an end of the partition that
    /// is not known yet. From now on it counts as the first offset that is not done, even if that is
    /// behind what was committed.
    pub fn sought(&mut self, next: Option<i64>, delivery: u64) {
        self.sought_after = delivery;
        self.committed = None;
        self.handed_out = next;
        self.marked = next;
        self.seeking = false;
    }

    /// The first offset user code is not done with, once it had any.
    #[must_use]
    pub fn marked(&self) -> Option<i64> {
        self.marked
    }

    /// What is worth committing: marked, and not known to be committed.
    #[must_use]
    pub fn to_commit(&self) -> Option<i64> {
        self.marked.filter(|marked| Some(*marked) != self.committed)
    }

    /// The cluster has confirmed `next`; answers come in the order of the commits.
    pub fn committed(&mut self, next: i64) {
        self.committed = Some(next);
    }

    /// What the cluster has confirmed.
    #[must_use]
    pub fn confirmed(&self) -> Option<i64> {
        self.committed
    }

    /// The partition goes to somebody else: nothing can be marked any more.
    pub fn revoke(&mut self) {
        self.revoked = true;
    }

    /// Whether [`Offsets::revoke`] was called.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked
    }
}

#[cfg(test)]
mod tests;
