//! Ruby arguments to core values.
//!
//! Owns the conversions that several classes share. Runs on Ruby threads with the GVL.

use magnus::r_hash::ForEach;
use magnus::value::ReprValue;
use magnus::{Error, RHash, RString, Ruby, TryConvert, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Seconds to a duration: `None` waits for ever, what is negative or not a number does not wait.
pub(crate) fn seconds(seconds: Option<f64>) -> Option<Duration> {
    seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// A Hash of librdkafka's properties. Names and values are taken as their `to_s`.
pub(crate) fn properties(hash: RHash) -> Result<BTreeMap<String, String>, Error> {
    let mut properties = BTreeMap::new();
    hash.foreach(|name: Value, value: Value| {
        properties.insert(text(name)?, text(value)?);
        Ok(ForEach::Continue)
    })?;
    Ok(properties)
}

/// Name and value of one record header.
pub(crate) type Header = (String, Option<Vec<u8>>);

/// A Hash of record headers; a `nil` value stays null, others are taken as their `to_s`.
pub(crate) fn headers(ruby: &Ruby, hash: Option<RHash>) -> Result<Vec<Header>, Error> {
    let mut headers = Vec::new();
    let Some(hash) = hash else { return Ok(headers) };
    hash.foreach(|name: Value, value: Value| {
        let name = text(name)?;
        if name.contains('\0') {
            let message = format!("header name {name:?} holds a NUL byte: remove it");
            return Err(Error::new(ruby.exception_arg_error(), message));
        }
        headers.push((name, if value.is_nil() { None } else { Some(bytes(value)?) }));
        Ok(ForEach::Continue)
    })?;
    Ok(headers)
}

fn text(value: Value) -> Result<String, Error> {
    String::from_utf8(bytes(value)?).map_err(|error| {
        let ruby = Ruby::get_with(value);
        Error::new(ruby.exception_arg_error(), format!("{:?} is not UTF-8", error.as_bytes()))
    })
}

fn bytes(value: Value) -> Result<Vec<u8>, Error> {
    let string: RString = match RString::from_value(value) {
        Some(string) => string,
        None => RString::try_convert(value.funcall("to_s", ())?)?,
    };
    Ok(crate::raw::with_bytes(Some(string), |bytes| bytes.unwrap_or_default().to_vec()))
}
