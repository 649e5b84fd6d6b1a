//! The hub as OAuth 2 provider for single-user servers and services.
//!
//! One grant, the authorization code, with PKCE. A browser comes to the authorization endpoint
//! ([`Provider::review`]), its user confirms where that is needed ([`Provider::grant`] issues a code and gives the
//! address to go back to), and the client exchanges the code for a token ([`Provider::exchange`]). What is asked of
//! the database is the trait [`OAuthStore`]; time and randomness are parameters. Parameters, answers and errors are
//! those of JupyterHub 6.1.1, which uses oauthlib.

mod authorize;
mod error;
mod exchange;
mod location;
mod parameters;
mod pkce;
mod provider;
mod review;
mod scopes;
mod store;

pub use authorize::AuthorizeRequest;
pub use error::{AuthorizeError, Refusal, TokenError};
pub use exchange::{TOKEN_ANSWER_HEADERS, TokenAnswer, TokenRequest};
pub use provider::{Provider, ProviderSettings, Subject, random_secret};
pub use review::{Consent, Review};
pub use store::{Client, ClientOf, Code, NewToken, OAuthStore};
