//! How many records came, and how long they took.
//!
//! Owns the measure: from the first record to the last, time, processor time, memory at its highest. Must notice what
//! is missing and what is too much.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::work::Work;

/// No record for so long: the loop would never end.
const SILENCE: Duration = Duration::from_secs(20);

pub(crate) struct Tally {
    wanted: usize,
    seen: usize,
    began: Option<(Instant, Duration)>,
    last: Instant,
    pub(crate) work: Work,
}

impl Tally {
    pub(crate) fn new(wanted: usize, work: Work) -> Self {
        Self { wanted, seen: 0, began: None, last: Instant::now(), work }
    }

    /// Before the first record is worked on; again does nothing.
    pub(crate) fn begin(&mut self) {
        self.began.get_or_insert_with(|| (Instant::now(), cpu_time()));
    }

    /// Whether more are to come.
    pub(crate) fn add(&mut self, records: usize) -> Result<bool, Failure> {
        let now = Instant::now();
        if records > 0 {
            self.last = now;
        } else if now - self.last > SILENCE {
            return Err(format!("only {} of {} records came", self.seen, self.wanted).into());
        }
        self.seen += records;
        Ok(self.seen < self.wanted)
    }

    pub(crate) fn report(&self) -> Result<(), Failure> {
        let (began, cpu) = self.began.ok_or("nothing was consumed")?;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
        if self.seen != self.wanted {
            return Err(format!("{} records came where {} were produced", self.seen, self.wanted).into());
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")).unwrap_or("null");
        let found = self.work.found();
        let seen = self.seen;
        println!("{{\"records\":{seen},\"seconds\":{seconds},\"cpu_seconds\":{cpu},\"peak_rss_kb\":{peak}{found}}}");
        Ok(())
    }
}

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock every Unix has, and a place for its time.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
