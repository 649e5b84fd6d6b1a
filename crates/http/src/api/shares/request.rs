//! Bodies of requests about shares. Upstream reads them with pydantic, so that numbers may be text.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use crate::api::body;
use crate::error::Failure;
use crate::openapi::schema;

/// The life of a code in seconds: at least a minute, at most a year, a day if nothing is said.
const EXPIRES_IN: std::ops::RangeInclusive<f64> = 60.0..=31_536_000.0;
const DEFAULT_EXPIRES_IN: u32 = 86_400;

/// Whom a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// The user of this name.
    User(String),
    /// The group of this name.
    Group(String),
}

/// Share with somebody, or end that.
#[derive(Debug, PartialEq, Eq)]
pub struct ShareRequest {
    /// What; empty for the usual.
    pub scopes: Vec<String>,
    /// With whom.
    pub receiver: Receiver,
}

/// Make a code.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeRequest {
    /// What it gives; empty for the usual.
    pub scopes: Vec<String>,
    /// Its life in seconds.
    pub expires_in: u32,
}

impl ShareRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 for anything but scopes and either a user or a group.
    pub fn parse(bytes: &Bytes) -> Result<Self, Failure> {
        let body = object(bytes, &["scopes", "user", "group"])?;
        let (user, group) = (name(&body, "user")?, name(&body, "group")?);
        let receiver = match (user, group) {
            (Some(_), Some(_)) => {
                return Err(Failure::bad_request("Expected exactly one of `user` or `group`, not both."));
            }
            (Some(user), None) => Receiver::User(user),
            (None, Some(group)) => Receiver::Group(group),
            (None, None) => {
                return Err(Failure::bad_request("Specify exactly one of `user` or `group`"));
            }
        };
        Ok(Self { scopes: scopes(&body)?, receiver })
    }
}

impl CodeRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 for anything but scopes and a life of a code.
    pub fn parse(bytes: &Bytes) -> Result<Self, Failure> {
        let body = object(bytes, &["scopes", "expires_in"])?;
        let expires_in = match body.get("expires_in") {
            None => DEFAULT_EXPIRES_IN,
            Some(value) => expires_in(value).ok_or_else(|| {
                let shown = body::short(value);
                Failure::bad_request(format!(
                    "expires_in must be a number of seconds from 60 to 31536000 (one year), not {shown}"
                ))
            })?,
        };
        Ok(Self { scopes: scopes(&body)?, expires_in })
    }
}

impl ShareRequest {
    /// What `openapi.json` says of it.
    pub fn schema(scopes: &str) -> Value {
        schema::only(schema::object([
            (
                "user",
                schema::or_null(schema::text()),
                "With which user. Exactly one of `user` and `group` is given.",
            ),
            ("group", schema::or_null(schema::text()), "With which group."),
            ("scopes", schema::or_null(schema::list(schema::text())), scopes),
        ]))
    }
}

impl CodeRequest {
    /// What `openapi.json` says of it.
    pub fn schema() -> Value {
        let life =
            json!({ "type": "integer", "minimum": 60, "maximum": 31_536_000, "default": DEFAULT_EXPIRES_IN });
        schema::only(schema::object([
            ("expires_in", life, "Its life in seconds."),
            (
                "scopes",
                schema::or_null(schema::list(schema::text())),
                "What to share; access if nothing is named.",
            ),
        ]))
    }
}

/// The body as an object with known keys; what Python takes for false is an empty one.
fn object(bytes: &Bytes, known: &[&str]) -> Result<Map<String, Value>, Failure> {
    let body = match body::json(bytes)?.unwrap_or_default() {
        Value::Object(body) => body,
        Value::Null | Value::Bool(false) => Map::new(),
        Value::Number(number) if number.as_f64() == Some(0.0) => Map::new(),
        Value::String(text) if text.is_empty() => Map::new(),
        Value::Array(items) if items.is_empty() => Map::new(),
        other => {
            return Err(Failure::bad_request(format!(
                "Body must be a JSON dict, not {}",
                body::short(&other)
            )));
        }
    };
    match body.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Failure::bad_request(format!("{key}: not one of {}", known.join(", ")))),
        None => Ok(body),
    }
}

/// A name; an empty one is none.
fn name(body: &Map<String, Value>, key: &str) -> Result<Option<String>, Failure> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone()).filter(|name| !name.is_empty())),
        Some(other) => Err(Failure::bad_request(format!("{key} must be a name, not {}", body::short(other)))),
    }
}

fn scopes(body: &Map<String, Value>) -> Result<Vec<String>, Failure> {
    let Some(value) = body.get("scopes").filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let list = value
        .as_array()
        .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    list.ok_or_else(|| {
        Failure::bad_request(format!("scopes must be null or a list of strings, not {}", body::short(value)))
    })
}

/// A whole number within bounds, given as a number or, as pydantic takes it, as text.
fn expires_in(value: &Value) -> Option<u32> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let text = text.trim().replace('_', "");
            if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
                return None;
            }
            text.parse().ok()?
        }
        _ => return None,
    };
    if number.fract() != 0.0 || !EXPIRES_IN.contains(&number) {
        return None;
    }
    // Within bounds, so that neither sign nor size is lost.
    format!("{number:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<u32> {
        CodeRequest::parse(&Bytes::copy_from_slice(body.as_bytes())).ok().map(|request| request.expires_in)
    }

    fn share(body: &str) -> Result<ShareRequest, String> {
        ShareRequest::parse(&Bytes::copy_from_slice(body.as_bytes())).map_err(|failure| failure.message)
    }

    #[test]
    fn a_life_is_a_whole_number_of_seconds_from_a_minute_to_a_year() {
        for (text, expected) in [
            ("60", Some(60)),
            ("60.0", Some(60)),
            ("\" +60 \"", Some(60)),
            ("\"1_000\"", Some(1000)),
            ("\"60.0\"", Some(60)),
            ("31536000", Some(31_536_000)),
            ("31536001", None),
            ("59", None),
            ("-60", None),
            ("60.5", None),
            ("\"6e1\"", None),
            ("\"inf\"", None),
            ("1e300", None),
            ("true", None),
            ("null", None),
            ("[60]", None),
        ] {
            assert_eq!(code(&format!("{{\"expires_in\": {text}}}")), expected, "{text}");
        }
        assert_eq!(code(""), Some(DEFAULT_EXPIRES_IN));
        assert_eq!(code("[]"), Some(DEFAULT_EXPIRES_IN));
        assert_eq!(code("[1]"), None);
        assert_eq!(code("{\"code\": \"mine\"}"), None);
    }

    #[test]
    fn a_share_is_with_a_user_or_with_a_group() {
        let user = ShareRequest { scopes: Vec::new(), receiver: Receiver::User("ann".to_owned()) };
        assert_eq!(share("{\"user\": \"ann\", \"group\": \"\", \"scopes\": null}"), Ok(user));
        let group = ShareRequest { scopes: vec!["x".to_owned()], receiver: Receiver::Group("g".to_owned()) };
        assert_eq!(share("{\"group\": \"g\", \"scopes\": [\"x\"]}"), Ok(group));
        for wrong in ["", "{}", "{\"user\": \"\"}", "{\"user\": \"a\", \"group\": \"g\"}", "{\"user\": 1}"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert!(share("{\"user\": \"a\", \"scopes\": \"x\"}").is_err());
        assert!(share("{\"user\": \"a\", \"expires_in\": 60}").is_err());
    }
}
