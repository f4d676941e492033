//! Core errors and panics as Ruby exceptions.
//!
//! Owns which Ruby class each kind of error becomes. The classes are declared in Ruby
//! (`lib/karafka/errors.rb`) and looked up here, on the error path only. Runs on Ruby threads with
//! the GVL. Every native method runs inside [`guard`].

use karafka_rs::ErrorKind;
use magnus::value::ReprValue;
use magnus::{Class, Error, Exception, ExceptionClass, IntoValue, Module, RClass, RModule, Ruby, TryConvert};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a native method's body; a panic becomes `Karafka::Errors::NativePanicError`, which user
/// code can rescue (magnus alone would raise Ruby's unrescuable `fatal`).
pub(crate) fn guard<R>(ruby: &Ruby, body: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) => {
            let message = format!(
                "the native core panicked: {}; this is a bug in karafka_rs, please report it",
                panic_text(panic.as_ref())
            );
            Err(build(ruby, "NativePanicError", &message, None).unwrap_or_else(|error| error))
        }
    }
}

/// The Ruby exception for a core error.
pub(crate) fn ruby_error(ruby: &Ruby, error: &karafka_rs::Error) -> Error {
    let class = match error.kind() {
        ErrorKind::Config => "InvalidConfiguration",
        ErrorKind::Authentication => "AuthenticationError",
        ErrorKind::Connection => "ConnectionError",
        ErrorKind::Timeout => "TimeoutError",
        ErrorKind::QueueFull => "QueueFullError",
        ErrorKind::Delivery => "DeliveryFailed",
        ErrorKind::Broker => "KafkaError",
        ErrorKind::Closed => "ClosedError",
        ErrorKind::Forked => "ForkError",
        ErrorKind::Internal => "BaseError",
    };
    build(ruby, class, &error.to_string(), Some(error)).unwrap_or_else(|error| error)
}

/// Shorthand for `result.map_err(...)`.
pub(crate) fn lift<R>(ruby: &Ruby, result: karafka_rs::Result<R>) -> Result<R, Error> {
    result.map_err(|error| ruby_error(ruby, &error))
}

fn build(ruby: &Ruby, class: &str, message: &str, error: Option<&karafka_rs::Error>) -> Result<Error, Error> {
    let errors: RModule = ruby.class_object().const_get::<_, RModule>("Karafka")?.const_get("Errors")?;
    let class: RClass = errors.const_get(class)?;
    let class = ExceptionClass::try_convert(class.as_value())?;
    let exception: Exception = class.new_instance((message,))?;
    if let Some(error) = error {
        let set = |name: &str, value: magnus::Value| -> Result<magnus::Value, Error> {
            exception.funcall("instance_variable_set", (name, value))
        };
        set("@code", error.code_name().into_value_with(ruby))?;
        set("@retriable", error.is_retriable().into_value_with(ruby))?;
        set("@fatal", error.is_fatal().into_value_with(ruby))?;
    }
    Ok(exception.into())
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
