//! Threads of the core.
//!
//! Owns starting them, with a name that debuggers show. Any thread. Must not be used for work that
//! has no end of its own.

use crate::error::{Error, ErrorKind, Result};

/// Runs `body` on a thread called `name`.
///
/// # Errors
/// [`ErrorKind::Internal`] when the system gives no thread; `body` is dropped then.
pub(crate) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| Error::new(ErrorKind::Internal, format!("cannot start thread {name}: {error}")))
}
