//! What the endpoint answers to which path.
//!
//! Owns the pages and the answers of fetchers that several pages share. Runs on the endpoint's
//! thread. Must put nothing of a record into an answer but its offset, and nothing of a setting but
//! the group's id.

use super::exposition;
use super::health::{Health, live, ready};
use super::producers::{ProducerRegistry, ProducerStatus};
use super::status::GroupStatus;
use super::watch::{Known, Watch};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Answers of fetchers that are younger are given again: a thousand scrapes ask them no more often.
const FRESH: Duration = Duration::from_millis(100);

/// What answers are made of.
pub(super) struct State {
    watch: Arc<Watch>,
    producers: ProducerRegistry,
    started: Instant,
    groups: Mutex<Option<(Instant, Arc<[Known]>)>>,
}

impl State {
    pub(super) fn new(watch: Arc<Watch>, producers: ProducerRegistry) -> Self {
        Self { watch, producers, started: Instant::now(), groups: Mutex::default() }
    }

    /// How the groups are, asked just now or a moment ago.
    pub(super) async fn groups(&self) -> Arc<[Known]> {
        let mut known = self.groups.lock().await;
        match &*known {
            Some((at, groups)) if at.elapsed() < FRESH => Arc::clone(groups),
            _ => {
                let groups: Arc<[Known]> = self.watch.ask().await.into();
                *known = Some((Instant::now(), Arc::clone(&groups)));
                groups
            }
        }
    }

    pub(super) async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        match request.uri().path() {
            "/live" => probe(&self.live(&self.groups().await)),
            "/ready" => probe(&self.ready(&self.groups().await)),
            "/status" => json(StatusCode::OK, &self.status(&self.groups().await)),
            "/metrics" => match self.metrics(&self.groups().await) {
                Ok(body) => response(StatusCode::OK, exposition::CONTENT_TYPE, body),
                Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("metrics: {error}\n")),
            },
            "/" => text(StatusCode::OK, "karafka_rs: /live /ready /metrics /status\n"),
            _ => text(StatusCode::NOT_FOUND, "there are /live /ready /metrics /status\n"),
        }
    }

    fn live(&self, groups: &[Known]) -> Health {
        live(groups).and(self.watch.workers.problem())
    }

    fn ready(&self, groups: &[Known]) -> Health {
        ready(groups).and(self.watch.workers.problem())
    }

    fn metrics(&self, groups: &[Known]) -> prometheus::Result<Vec<u8>> {
        let mut counted = self.watch.counted();
        counted.extend(self.producers.gather()?);
        exposition::text(counted, groups)
    }

    fn status<'a>(&self, groups: &'a [Known]) -> Status<'a> {
        let group = |known: &'a Known| {
            let group = known.status.as_deref()?;
            Some(GroupAnswer { group, answered_seconds_ago: known.age.as_secs_f64() })
        };
        Status {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            uptime_seconds: self.started.elapsed().as_secs_f64(),
            live: self.live(groups),
            ready: self.ready(groups),
            groups: groups.iter().filter_map(group).collect(),
            producers: self.producers.status(),
        }
    }
}

/// The answer of `/status`.
#[derive(Serialize)]
struct Status<'a> {
    version: &'static str,
    pid: u32,
    uptime_seconds: f64,
    live: Health,
    ready: Health,
    groups: Vec<GroupAnswer<'a>>,
    producers: Vec<ProducerStatus>,
}

#[derive(Serialize)]
struct GroupAnswer<'a> {
    #[serde(flatten)]
    group: &'a GroupStatus,
    answered_seconds_ago: f64,
}

fn probe(health: &Health) -> Response<Full<Bytes>> {
    json(if health.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, health)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(body) {
        Ok(body) => response(status, "application/json", body),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

fn text(status: StatusCode, body: impl Into<String>) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", body.into())
}

fn response(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
