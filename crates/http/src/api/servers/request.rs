//! The body of requests that make or start a server.

use axum::body::Bytes;
use serde_json::Value;

use crate::api::body;
use crate::error::Failure;
use crate::openapi::schema;

/// What the client wants of a server.
#[derive(Debug, Default, PartialEq)]
pub struct ServerRequest {
    /// What it is called on pages; `None` for its name.
    pub display_name: Option<String>,
    /// Options of the start; `None` for those of the last one.
    pub user_options: Option<Value>,
}

/// Reads both forms: `{"display_name": …, "user_options": …}`, and the older one in which the whole
/// body is the options.
///
/// # Errors
/// 400 for wrong types.
pub fn parse(bytes: &Bytes) -> Result<ServerRequest, Failure> {
    let mut fields = match body::json(bytes)?.filter(body::is_truthy) {
        None => return Ok(ServerRequest::default()),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Failure::bad_request("Body must be a JSON object")),
    };
    let is_new = fields.contains_key("display_name") || fields.contains_key("user_options");
    if !is_new {
        return Ok(ServerRequest { display_name: None, user_options: Some(Value::Object(fields)) });
    }
    let display_name = match fields.remove("display_name") {
        None => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(Failure::bad_request("display_name must be a string")),
    };
    let user_options = match fields.remove("user_options") {
        None | Some(Value::Null) => None,
        Some(options @ Value::Object(_)) => Some(options),
        Some(_) => return Err(Failure::bad_request("user_options must be an object or null")),
    };
    Ok(ServerRequest { display_name, user_options })
}

/// Both forms, for the document.
pub fn schema() -> Value {
    schema::object([
        ("display_name", schema::text(), "What it is called on pages; by default its name."),
        (
            "user_options",
            schema::or_null(schema::any_object()),
            "Options of the start; by default those of the last one.",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &'static str) -> Result<ServerRequest, Failure> {
        parse(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn both_forms_are_understood() {
        assert_eq!(of("").unwrap(), ServerRequest::default());
        assert_eq!(of(r#"{"image": "x"}"#).unwrap().user_options, Some(json!({"image": "x"})));
        let new = of(r#"{"display_name": "Lab", "user_options": {"a": 1}}"#).unwrap();
        assert_eq!(new.display_name.as_deref(), Some("Lab"));
        assert_eq!(new.user_options, Some(json!({"a": 1})));
        assert_eq!(of(r#"{"display_name": "Lab"}"#).unwrap().user_options, None);
    }

    #[test]
    fn wrong_types_are_refused() {
        for wrong in ["[1]", r#"{"display_name": 1}"#, r#"{"user_options": []}"#] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
