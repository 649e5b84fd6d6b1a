//! Errors as HTTP answers: JSON for the REST API, a page for people.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perijove_core::Error;
use perijove_store::StoreError;
use serde_json::json;

use crate::python_json;

/// A failed request: a status and the text for the client. What only the log may see was logged
/// where the failure was turned into this.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status to answer with.
    pub status: StatusCode,
    /// The message; empty for the status's own phrase.
    pub message: String,
    /// The message as HTML, for pages only.
    pub html_message: Option<String>,
    /// Seconds after which a new try makes sense.
    pub retry_after: Option<u64>,
    /// What a plug-in's exception wants in the answer's head.
    pub headers: Option<Box<HeaderMap>>,
    /// The text of an exception that was not meant to be an answer.
    pub unexpected: Option<String>,
}

/// The letters of a message about a mistake of the client's.
const LONGEST_MESSAGE: usize = 300;

/// What handlers return.
pub type Answer = Result<Response, Failure>;

impl Failure {
    /// A failure with `status` and a message for the client. What the client is told of its own mistake is short,
    /// however long the mistake was.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if status.is_client_error()
            && let Some((at, _)) = message.char_indices().nth(LONGEST_MESSAGE)
        {
            message.truncate(at);
            message.push('…');
        }
        Self { status, message, html_message: None, retry_after: None, headers: None, unexpected: None }
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 500; `what` is logged, the client sees only the status.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!("{what}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "")
    }

    /// The status's own phrase, as Python's `http.client.responses` has it.
    pub fn phrase(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Unknown Error")
    }

    /// The REST API's answer: `{"status": …, "message": …}`. Where there is no message upstream
    /// answers `null`, and only for what broke inside the status's phrase.
    pub fn into_json(self) -> Response {
        let broke = self.status.is_server_error().then(|| self.phrase());
        let message = if self.message.is_empty() { broke } else { Some(self.message.as_str()) };
        // Cannot fail: there is nothing in it that is no JSON.
        let body = python_json::to_vec(&json!({ "status": self.status.as_u16(), "message": message }))
            .unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.add_headers(response.headers_mut());
        response
    }

    /// Adds the headers that belong to the failure itself.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in self.headers.as_deref().into_iter().flatten() {
            headers.insert(name.clone(), value.clone());
        }
    }
}

/// The headers of a plug-in's exception. Left out are those that cannot be sent, and those that are about the body,
/// which is the hub's; upstream takes the length away, too.
fn of_exception(headers: &[(String, String)]) -> HeaderMap {
    let of_the_body = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    let known = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    });
    known.filter(|(name, _)| !of_the_body.contains(name)).collect()
}

/// What a handler returns goes through the guard, which takes the failure out again and answers in
/// the kind that the caller understands.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(message) => Self::bad_request(message),
            Error::Forbidden(message) => Self::forbidden(message),
            Error::NotFound(message) => Self::not_found(message),
            Error::Conflict(message) => Self::conflict(message),
            Error::Busy { message, retry_after } => {
                Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
            }
            Error::Status(told) => {
                let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let failure = Self::new(status, told.message);
                let Some(exception) = told.exception else { return failure };
                Self {
                    html_message: exception.html_message,
                    headers: Some(Box::new(of_exception(&exception.headers))),
                    unexpected: exception.unexpected,
                    ..failure
                }
            }
            Error::Store(StoreError::Gone) => Self::not_found("It was deleted meanwhile"),
            Error::Store(StoreError::Conflict) => Self::conflict("Another request was faster"),
            Error::Store(StoreError::Busy) => {
                tracing::error!("{error}");
                Self {
                    retry_after: Some(1),
                    ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "The database is busy")
                }
            }
            Error::Internal(_) | Error::Store(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_short_where_the_client_is_wrong() {
        let long = "ä".repeat(10_000);
        assert_eq!(Failure::bad_request(long.clone()).message.chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(Failure::from(Error::NotFound(long.clone())).message.chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(Failure::from(Error::spawn_failed(long.clone())).message, long);
        assert_eq!(Failure::conflict("short").message, "short");
    }

    #[test]
    fn what_others_did_meanwhile_is_no_failure_of_the_hub() {
        assert_eq!(Failure::from(Error::Store(StoreError::Gone)).status, StatusCode::NOT_FOUND);
        assert_eq!(Failure::from(Error::Store(StoreError::Conflict)).status, StatusCode::CONFLICT);
        assert_eq!(Failure::from(Error::Store(StoreError::Busy)).status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
