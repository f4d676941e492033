//! The host's worker threads, as far as they die.
//!
//! Owns how many died and how many of them nobody replaced. Told by the host, read from any thread. Must not know what
//! a worker does.

use prometheus::{IntCounter, Opts, Registry};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of one server.
#[derive(Debug)]
pub(crate) struct Workers {
    deaths: IntCounter,
    missing: AtomicUsize,
}

impl Workers {
    pub(super) fn new(registry: &Registry) -> Self {
        let name = "karafka_process_worker_deaths_total";
        let opts = Opts::new(name, "Worker threads that user code killed, or that raised outside of it.");
        let deaths = IntCounter::with_opts(opts).expect("a constant name");
        registry.register(Box::new(deaths.clone())).expect("each name once");
        Self { deaths, missing: AtomicUsize::new(0) }
    }

    /// One has died, and another took its place or not.
    pub(crate) fn died(&self, replaced: bool) {
        self.deaths.inc();
        if !replaced {
            self.missing.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is wrong, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        let missing = self.missing.load(Ordering::Relaxed);
        (missing > 0).then(|| format!("{missing} worker threads died and could not be replaced"))
    }
}

#[cfg(test)]
mod tests {
    use super::Workers;
    use prometheus::Registry;

    #[test]
    fn who_was_replaced_is_counted_and_no_problem() {
        let workers = Workers::new(&Registry::new());
        workers.died(true);
        assert_eq!((workers.deaths.get(), workers.problem()), (1, None));
        workers.died(false);
        let problem = "1 worker threads died and could not be replaced".to_owned();
        assert_eq!((workers.deaths.get(), workers.problem()), (2, Some(problem)));
    }
}
