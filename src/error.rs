//! The core's one error type.
//!
//! Owns the translation from librdkafka's codes to what the host needs to decide: which kind,
//! whether it may pass, whether it is final. Pure; runs anywhere. Must not be matched on by text.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::fmt;

/// Shorthand for results of the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a caller acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A setting librdkafka refused.
    Config,
    /// The cluster refused our credentials or our rights.
    Authentication,
    /// No broker could be reached.
    Connection,
    /// An answer did not come in time.
    Timeout,
    /// The delivery queue stayed full.
    QueueFull,
    /// A record could not be delivered.
    Delivery,
    /// Any other answer of the cluster or of librdkafka.
    Broker,
    /// The client was closed.
    Closed,
    /// The client belongs to the parent process.
    Forked,
    /// A bug or an exhausted system resource on our side.
    Internal,
}

/// An error of the core: one line that says what happened, and what a caller may decide on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    code: Option<RDKafkaErrorCode>,
    message: String,
}

impl Error {
    /// An error of `kind` without a librdkafka code.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into() }
    }

    /// The error for any use of a client that [`crate::ForkStamp`] says belongs to the parent.
    #[must_use]
    pub fn forked(what: &str) -> Self {
        Self::new(
            ErrorKind::Forked,
            format!("this {what} was made before fork and belongs to the parent process: make a new one in the child"),
        )
    }

    /// The error for any use of `what` after its close.
    #[must_use]
    pub fn closed(what: &str) -> Self {
        Self::new(ErrorKind::Closed, format!("this {what} is closed: make a new one"))
    }

    /// A librdkafka code, met while doing `what`.
    pub(crate) fn from_code(code: RDKafkaErrorCode, what: impl fmt::Display) -> Self {
        Self { kind: kind_of(code), code: Some(code), message: format!("{what}: {code}") }
    }

    /// An error of the rdkafka crate, met while doing `what`.
    pub(crate) fn from_kafka(error: &KafkaError, what: impl fmt::Display) -> Self {
        match (error, error.rdkafka_error_code()) {
            (KafkaError::ClientConfig(_, description, key, value), _) => {
                Self::new(ErrorKind::Config, format!("librdkafka refuses `{key}` = {value:?}: {description}"))
            }
            (KafkaError::ClientCreation(reason), _) => Self::new(ErrorKind::Config, format!("{what}: {reason}")),
            (_, Some(code)) => Self::from_code(code, what),
            (_, None) => Self::new(ErrorKind::Internal, format!("{what}: {error}")),
        }
    }

    /// The same error with another kind.
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// What a caller acts on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// librdkafka's own name for the code, such as `_TRANSPORT`, when there is one.
    #[must_use]
    pub fn code_name(&self) -> Option<String> {
        self.code.map(code_name)
    }

    /// Whether the same call may work later, unchanged.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self.kind, ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::QueueFull)
    }

    /// Whether the client can never work again.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self.code, Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::Fenced))
    }
}

/// librdkafka's name of a code: `_ALL_BROKERS_DOWN`, `UNKNOWN_TOPIC_OR_PART`.
pub(crate) fn code_name(code: RDKafkaErrorCode) -> String {
    crate::librdkafka::error_name(code)
}

fn kind_of(code: RDKafkaErrorCode) -> ErrorKind {
    use RDKafkaErrorCode as Code;
    match code {
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed => ErrorKind::Authentication,
        Code::BrokerTransportFailure | Code::AllBrokersDown | Code::Resolve | Code::SSL => ErrorKind::Connection,
        Code::OperationTimedOut | Code::RequestTimedOut | Code::MessageTimedOut | Code::TimedOutQueue => {
            ErrorKind::Timeout
        }
        Code::QueueFull => ErrorKind::QueueFull,
        Code::InvalidArgument | Code::Conflict => ErrorKind::Config,
        _ => ErrorKind::Broker,
    }
}
