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
use magnus::{Error, RArray, Ruby, Value};
use std::sync::Arc;

/// So many bytes are parsed at once: what is parsed and never read is work for nothing.
const AHEAD: usize = 256 * 1024;
/// From so many bytes on other threads may run meanwhile. Getting the GVL back may take long.
pub(super) const WORTH_A_SWITCH: usize = 32 * 1024;

/// Payloads that were parsed together.
pub(super) struct Chunk {
    from: usize,
    parsed: Parsed,
    /// The keys of its objects.
    pub(super) keys: Opaque<RArray>,
}

#[derive(Default)]
struct Parsed {
    /// Where each payload's value begins; `None`: it is not plain JSON.
    roots: Vec<Option<usize>>,
    tape: Tape,
}

impl Batch {
    /// The object that the payload stands for, as `JSON.parse` gives it; `None`: that has to be asked.
    pub(crate) fn json(&self, ruby: &Ruby, index: usize) -> Result<Option<Value>, Error> {
        let chunk = match self.chunk(index) {
            Some(chunk) => chunk,
            None => self.parse_around(ruby, index)?,
        };
        let Some(at) = chunk.parsed.roots[index - chunk.from] else { return Ok(None) };
        let batch = self.batch.borrow();
        let payload = batch.records().payload(index).unwrap_or_default();
        Builder { ruby, tape: &chunk.parsed.tape, keys: ruby.get_inner(chunk.keys), payload, at }.value().map(Some)
    }

    /// Each is kept until the job ends: messages may be read in any order.
    fn chunk(&self, index: usize) -> Option<Arc<Chunk>> {
        let holds = |chunk: &&Arc<Chunk>| index >= chunk.from && index - chunk.from < chunk.parsed.roots.len();
        self.json.borrow().iter().rev().find(holds).map(Arc::clone)
    }

    /// Parses the payload and those around it.
    fn parse_around(&self, ruby: &Ruby, index: usize) -> Result<Arc<Chunk>, Error> {
        let (from, to, bytes) = self.read(ruby, index, |records| Ok(extent(records, index)))?;
        // A clone: nobody holds this cell while other threads run.
        let batch = self.batch.borrow().clone();
        let parsed = gvl::compute(bytes >= WORTH_A_SWITCH, || parse(batch.records(), from, to))?;
        let keys = keys(ruby, &parsed.tape)?;
        let chunk = Arc::new(Chunk { from, parsed, keys: keys.into() });
        self.json.borrow_mut().push(Arc::clone(&chunk));
        // From here on the batch marks them.
        std::hint::black_box(keys);
        Ok(chunk)
    }
}

fn parse(records: &Records, from: usize, to: usize) -> Parsed {
    let mut parsed = Parsed::default();
    let tape = &mut parsed.tape;
    parsed.roots = (from..to).map(|index| records.payload(index).and_then(|payload| tape.parse(payload))).collect();
    parsed
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
