//! The payloads of a batch as Ruby objects, when they are JSON.
//!
//! Any Ruby thread with the GVL, which is given up while many payloads are parsed. The objects of a
//! payload are made when it is read. What is not plain JSON is left to Ruby's own parser.

use super::Batch;
use super::build::{Builder, keys};
use crate::gvl;
use karafka_rs::json::Tape;
use karafka_rs::librdkafka::Records;
use magnus::value::Opaque;
use magnus::{Error, Ruby, Value};

/// So many bytes are parsed at once: what is parsed and never read is work for nothing.
const AHEAD: usize = 256 * 1024;
/// From so many bytes on other threads may run meanwhile. Getting the GVL back may take long.
pub(super) const WORTH_A_SWITCH: usize = 32 * 1024;

/// Payloads that were parsed together.
#[derive(Debug)]
pub(super) struct Chunk {
    from: usize,
    /// Where each payload's value begins; `None`: it is not plain JSON.
    roots: Vec<Option<usize>>,
    tape: Tape,
}

impl Chunk {
    fn parse(records: &Records, from: usize, to: usize) -> Self {
        let mut tape = Tape::default();
        let roots = (from..to).map(|index| records.payload(index).and_then(|payload| tape.parse(payload))).collect();
        Self { from, roots, tape }
    }
}

impl Batch {
    /// The object that the payload stands for, as `JSON.parse` gives it; `None`: that has to be asked.
    pub(crate) fn json(&self, ruby: &Ruby, index: usize) -> Result<Option<Value>, Error> {
        if !self.is_parsed(index) {
            self.parse_around(ruby, index)?;
        }
        let chunk = self.json.borrow();
        let root = chunk.as_ref().and_then(|chunk| Some((&chunk.tape, chunk.roots[index - chunk.from]?)));
        let (Some((tape, at)), Some(keys)) = (root, self.keys.get()) else {
            return Ok(None);
        };
        let batch = self.batch.borrow();
        let payload = batch.records().payload(index).unwrap_or_default();
        Builder { ruby, tape, keys: ruby.get_inner(keys), payload, at }.value().map(Some)
    }

    fn is_parsed(&self, index: usize) -> bool {
        let chunk = self.json.borrow();
        chunk.as_ref().is_some_and(|chunk| index >= chunk.from && index - chunk.from < chunk.roots.len())
    }

    /// Parses the payload and those around it.
    fn parse_around(&self, ruby: &Ruby, index: usize) -> Result<(), Error> {
        let (from, to, bytes) = self.read(ruby, index, |records| Ok(extent(records, index)))?;
        // A clone: nobody holds this cell while other threads run.
        let batch = self.batch.borrow().clone();
        let chunk = gvl::compute(bytes >= WORTH_A_SWITCH, || Chunk::parse(batch.records(), from, to))?;
        self.keys.set(Some(Opaque::from(keys(ruby, &chunk.tape)?)));
        *self.json.borrow_mut() = Some(chunk);
        Ok(())
    }
}

/// From where to where payloads are parsed together with the one at `index`, and their bytes. The
/// borders are the batch's own: whoever reads backwards has each parsed once as well.
pub(super) fn extent(records: &Records, index: usize) -> (usize, usize, usize) {
    let (mut from, mut to, mut bytes) = (0, 0, 0);
    while to < records.len() && (to <= index || bytes < AHEAD) {
        if bytes >= AHEAD {
            (from, bytes) = (to, 0);
        }
        bytes += records.payload(to).map_or(0, <[u8]>::len);
        to += 1;
    }
    (from, to, bytes)
}
