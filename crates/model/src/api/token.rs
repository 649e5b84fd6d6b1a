//! API tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Timestamp;

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenModel {
    /// The user who owns it; absent for tokens of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The service that owns it; absent for tokens of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `a` and the row's number.
    pub id: String,
    /// Always `api_token`.
    pub kind: String,
    /// Always empty; tokens had roles before JupyterHub 3.
    pub roles: Vec<String>,
    /// Expanded scopes that it has now.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last used.
    pub last_activity: Option<Timestamp>,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// What it is for.
    pub note: Option<String>,
    /// The browser session in which OAuth made it.
    pub session_id: Option<String>,
    /// Description or identifier of the OAuth client that asked for it.
    pub oauth_client: String,
    /// The secret; only in the answer that creates the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The answer of `GET /users/NAME/tokens`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = TokenList)]
pub struct TokenListModel {
    /// The tokens.
    pub api_tokens: Vec<TokenModel>,
}
