//! What the provider refuses, and how it says so.

use serde_json::{Map, Value as Json};

/// Why an authorization request got no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError<E> {
    /// The request cannot be trusted to name an address to go back to: show an error page with status 400.
    #[error("{0}")]
    Shown(String),
    /// Send the browser back to the client with the error: answer 302 to `location`.
    #[error("{error}")]
    SentBack {
        /// The client's address with `error`, `error_description` and `state`.
        location: String,
        /// The value of `error`.
        error: &'static str,
        /// The value of `error_description`.
        description: Option<&'static str>,
    },
    /// The user may not use what the client stands for: show an error page with status 403.
    #[error("You do not have permission to access {client}")]
    NoAccess {
        /// The client's description.
        client: String,
    },
    /// What the client stood for is gone: show an error page with status 500.
    #[error("OAuth configuration error")]
    Orphaned {
        /// The client's identifier.
        client_id: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(E),
}

/// Why a token request got no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError<E> {
    /// The client is told so.
    #[error("{0}")]
    Refused(Refusal),
    /// The database failed.
    #[error(transparent)]
    Store(E),
}

/// The answer to a token request that is refused (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {}", description.as_deref().unwrap_or("no description"))]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The value of `error`.
    pub error: &'static str,
    /// The value of `error_description`.
    pub description: Option<String>,
    /// The request's `state`, which oauthlib repeats.
    pub state: Option<String>,
}

impl Refusal {
    pub(crate) fn new(error: &'static str) -> Self {
        let status = if error == "invalid_client" { 401 } else { 400 };
        Self { status, error, description: None, state: None }
    }

    pub(crate) fn because(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The JSON body.
    pub fn body(&self) -> Json {
        let mut body = Map::new();
        body.insert("error".to_owned(), self.error.into());
        for (name, value) in [("error_description", &self.description), ("state", &self.state)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.as_str().into());
            }
        }
        Json::Object(body)
    }

    /// The value of the header `WWW-Authenticate`, which status 401 comes with.
    pub fn www_authenticate(&self) -> Option<String> {
        (self.status == 401).then(|| match &self.description {
            None => format!("Bearer error=\"{}\"", self.error),
            Some(description) => {
                format!("Bearer error=\"{}\", error_description=\"{description}\"", self.error)
            }
        })
    }
}
