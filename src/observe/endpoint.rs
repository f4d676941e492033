//! The HTTP endpoint.
//!
//! Owns the thread `krs-http`: it listens, bounds its clients, and answers from what fetchers say
//! and from counters. Off unless the host starts it. A slow, broken or hostile client costs at most
//! one of a few places for a few seconds. Must never ask the host for anything.

use super::answers::State;
use super::producers::ProducerRegistry;
use crate::consumer::Inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::librdkafka::ForkStamp;
use crate::thread;
use crate::wait::{Cancel, Waitable, Waited};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Clients that are served at the same time; others wait to be accepted.
const CLIENTS: usize = 256;
/// How long a client may take for the head of a request, and may keep a connection that it does not use.
const HEAD: Duration = Duration::from_secs(5);
/// How long one connection lives at most.
const CONNECTION: Duration = Duration::from_secs(60);
/// How often fetchers are asked when nobody else wants to know, so that one that is stuck is known as such.
const ROUND: Duration = Duration::from_secs(5);
/// How long to wait before the next client when one could not be accepted (no file handles, for example).
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Where the endpoint listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// `127.0.0.1:9394`, `[::1]:9394`; port 0 takes any that is free.
    pub bind: String,
}

/// The handle of a running endpoint.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    stop: Arc<Notify>,
    ended: Arc<Waitable<bool>>,
    stamp: ForkStamp,
}

impl Endpoint {
    /// Listens, and answers for the groups of `inbox` and for `producers`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the address is none, is taken or may not be used.
    pub fn start(settings: &EndpointSettings, inbox: &Inbox, producers: &ProducerRegistry) -> Result<Self> {
        let bind = &settings.bind;
        let refused = |error: &dyn std::fmt::Display| {
            let message = format!("http.bind is {bind:?}: {error}; give an address of this machine and a free port");
            Error::new(ErrorKind::Config, message)
        };
        let listener = TcpListener::bind(bind).map_err(|error| refused(&error))?;
        let address = listener.local_addr().map_err(|error| refused(&error))?;
        listener.set_nonblocking(true).map_err(|error| refused(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot start the endpoint: {error}")))?;
        let stop = Arc::new(Notify::new());
        let ended = Arc::new(Waitable::new(false));
        let state = Arc::new(State::new(Arc::clone(inbox.watch()), producers.clone()));
        let (asked, told) = (Arc::clone(&stop), Arc::clone(&ended));
        thread::start("krs-http", move || {
            let served = std::panic::AssertUnwindSafe(|| runtime.block_on(serve(listener, state, &asked)));
            // Whatever happened: who waits for the end is not left waiting.
            drop(std::panic::catch_unwind(served));
            drop(runtime);
            told.update(|ended| *ended = true);
        })?;
        Ok(Self { address, stop, ended, stamp: ForkStamp::now() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens no more, and drops the clients there are. Closing again does nothing.
    pub fn close(&self, timeout: Option<Duration>, cancel: &Cancel) -> Waited<()> {
        if self.stamp.is_foreign() {
            return Waited::Ready(());
        }
        self.stop.notify_one();
        self.ended.wait(timeout, cancel, |ended| ended.then_some(()))
    }

    /// Wakes every thread that waits in [`Endpoint::close`].
    pub fn wake(&self) {
        self.ended.wake();
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if !self.stamp.is_foreign() {
            self.stop.notify_one();
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>, stop: &Notify) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let places = Arc::new(Semaphore::new(CLIENTS));
    let mut round = tokio::time::interval(ROUND);
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stopped => return,
            _ = round.tick() => drop(state.groups().await),
            (accepted, place) = next => match (accepted, place) {
                (Ok((stream, _)), Ok(place)) => {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move {
                        let service = service_fn(move |request| {
                            let state = Arc::clone(&state);
                            async move { Ok::<_, Infallible>(state.answer(&request).await) }
                        });
                        let connection = http1::Builder::new()
                            .timer(TokioTimer::new())
                            .header_read_timeout(HEAD)
                            // Who says everything at once and then listens is answered too.
                            .half_close(true)
                            .max_buf_size(16 * 1024)
                            .serve_connection(TokioIo::new(stream), service);
                        // What went wrong with a client is the client's concern.
                        drop(tokio::time::timeout(CONNECTION, connection).await);
                        drop(place);
                    });
                }
                _ => tokio::time::sleep(ACCEPT_AGAIN).await,
            },
        }
    }
}
