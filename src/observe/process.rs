//! What the process itself tells.
//!
//! Owns the figures that are neither of a group nor of a producer: what the host's collector and its
//! lock take, and what the system says of the process (Linux alone). Added to on host threads, once
//! a job. Must not ask the host for anything when somebody else asks.

use prometheus::{Counter, IntCounter, Opts, Registry};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Of a whole process.
#[derive(Debug)]
pub(crate) struct ProcessMetrics {
    registry: Registry,
    lock_wait_seconds: Counter,
    gc_seconds: Counter,
    gc_runs: IntCounter,
    /// As the host last said: runs, and milliseconds.
    collected: [AtomicU64; 2],
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        let registry = Registry::new();
        let seconds = |name: &str, help: &str| {
            let counter = Counter::new(name, help).expect("a constant name");
            registry.register(Box::new(counter.clone())).expect("each name once");
            counter
        };
        let gc_runs = Opts::new("karafka_process_gc_runs_total", "Runs of Ruby's collector, as of the last job.");
        let gc_runs = IntCounter::with_opts(gc_runs).expect("a constant name");
        registry.register(Box::new(gc_runs.clone())).expect("each name once");
        #[cfg(target_os = "linux")]
        registry
            .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
            .expect("each name once");
        Self {
            lock_wait_seconds: seconds(
                "karafka_process_gvl_wait_seconds_total",
                "Time that workers with a job waited for Ruby's lock, all workers together.",
            ),
            gc_seconds: seconds("karafka_process_gc_seconds_total", "Time of Ruby's collector, as of the last job."),
            gc_runs,
            collected: Default::default(),
            registry,
        }
    }
}

impl ProcessMetrics {
    /// Everything that was counted, as the library gives it.
    pub(super) fn gather(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.registry.gather()
    }

    /// A worker that waited for a job had one, and waited `time` for the host's lock.
    pub(crate) fn waited_for_lock(&self, time: Duration) {
        self.lock_wait_seconds.inc_by(time.as_secs_f64());
    }

    /// The host's collector has run so often, and so long, since the process began.
    pub(crate) fn collected(&self, runs: u64, millis: u64) {
        // Threads may come in any order: only what is more than ever before is new.
        let more = |index: usize, now: u64| now.saturating_sub(self.collected[index].fetch_max(now, Ordering::Relaxed));
        self.gc_runs.inc_by(more(0, runs));
        self.gc_seconds.inc_by(Duration::from_millis(more(1, millis)).as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_late_thread_says_takes_nothing_back() {
        let process = ProcessMetrics::default();
        process.collected(3, 30);
        process.collected(2, 20);
        process.collected(5, 50);
        assert_eq!(process.gc_runs.get(), 5);
        assert!((process.gc_seconds.get() - 0.05).abs() < 1e-9);
    }
}
