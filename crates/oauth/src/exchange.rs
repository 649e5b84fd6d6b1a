//! The token endpoint: a code for an access token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use crate::error::{Refusal, TokenError};
use crate::parameters::Parameters;
use crate::pkce::Method;
use crate::provider::Provider;
use crate::store::{Client, Code, NewToken, OAuthStore};

/// The headers of every answer of the token endpoint, good or bad.
pub const TOKEN_ANSWER_HEADERS: [(&str, &str); 3] =
    [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")];

/// A request to the token endpoint.
#[derive(Clone)]
pub struct TokenRequest {
    parameters: Parameters,
    has_query: bool,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
}

impl TokenRequest {
    /// Reads a request's form. The client authenticates with `client_id` and `client_secret` in it; where the form
    /// has no secret, the header `Authorization: Basic` counts, which the standard asks for and upstream ignores.
    /// `query` is the request's query, which must be empty.
    pub fn parse(query: &str, form: &[u8], authorization: Option<&str>) -> Self {
        let parameters = Parameters::parse("", form);
        let in_form = |name: &str| parameters.filled(name).map(str::to_owned);
        let (mut client_id, mut client_secret) =
            (in_form("client_id"), in_form("client_secret").map(Into::into));
        if let Some((id, secret)) = authorization.filter(|_| client_secret.is_none()).and_then(basic)
            && client_id.as_ref().is_none_or(|given| *given == id)
        {
            (client_id, client_secret) = (Some(id), Some(secret));
        }
        Self { parameters, has_query: !query.is_empty(), client_id, client_secret }
    }

    fn refuse(&self, mut refusal: Refusal) -> Refusal {
        refusal.state = self.parameters.filled("state").map(str::to_owned);
        refusal
    }

    /// What can be refused without the database.
    fn check_form(&self) -> Result<&str, Refusal> {
        let invalid = |text: &str| Err(Refusal::new("invalid_request").because(text));
        if self.has_query {
            return invalid("URL query parameters are not allowed");
        }
        let needed = match self.parameters.get("grant_type") {
            Some("authorization_code" | "openid") => "code",
            Some("refresh_token") => "refresh_token",
            _ => return Err(Refusal::new("unsupported_grant_type")),
        };
        let Some(value) = self.parameters.get(needed) else {
            return invalid(&format!("Missing {} parameter.", needed.replace('_', " ")));
        };
        if let Some(name) = self.parameters.repeated(&["client_id", "grant_type", "redirect_uri"]) {
            return invalid(&format!("Duplicate {name} parameter."));
        }
        Ok(value)
    }

    /// What must be right about a code of this client, in oauthlib's order.
    fn check_code(
        &self,
        code: Option<Code>,
        client: &Client,
        require_pkce: bool,
        now: DateTime<Utc>,
    ) -> Result<Code, Refusal> {
        let alive = |code: &Code| {
            code.expires_at.is_none_or(|end| end.saturating_mul(1000) >= now.timestamp_millis())
        };
        let code = code.filter(|code| code.client_id == client.identifier && alive(code));
        let code = code.ok_or_else(|| Refusal::new("invalid_grant"))?;
        self.check_proof(&code, require_pkce)?;
        let given = self.parameters.get("redirect_uri");
        if given.is_none() && client.redirect_uri.is_empty() {
            return Err(Refusal::new("invalid_request").because("Missing redirect URI."));
        }
        if given.is_some_and(|given| given != client.redirect_uri) {
            return Err(Refusal::new("invalid_request").because("Mismatching redirect URI."));
        }
        Ok(code)
    }

    fn check_proof(&self, code: &Code, required: bool) -> Result<(), Refusal> {
        let verifier = self.parameters.get("code_verifier");
        let missing = || Refusal::new("invalid_request").because("Code verifier required.");
        let Some(challenge) = &code.code_challenge else {
            return match (required, verifier) {
                (false, _) => Ok(()),
                (true, None) => Err(missing()),
                (true, Some(_)) => Err(Refusal::new("invalid_grant").because("Challenge not found")),
            };
        };
        let verifier = verifier.ok_or_else(missing)?;
        let method = code.code_challenge_method.as_deref();
        let method =
            method.ok_or_else(|| Refusal::new("invalid_grant").because("Challenge method not found"))?;
        let Some(method) = Method::parse(method) else {
            let text = format!("code_challenge_method {method} is not supported.");
            return Err(Refusal::new("server_error").because(text));
        };
        if method.proves(verifier, challenge) { Ok(()) } else { Err(Refusal::new("invalid_grant")) }
    }
}

/// Identifier and secret of an `Authorization: Basic` header, each percent-decoded (RFC 6749, section 2.3.1).
fn basic(header: &str) -> Option<(String, SecretString)> {
    let (scheme, credentials) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
    };
    Some((plain(id)?, plain(secret)?.into()))
}

/// A new access token, as its client gets it.
#[derive(Clone)]
pub struct TokenAnswer {
    /// The token.
    pub access_token: SecretString,
    /// Seconds until it ends.
    pub expires_in: i64,
    /// What it may do: raw scopes.
    pub scopes: Vec<String>,
}

impl TokenAnswer {
    /// The JSON body. It holds the secret.
    pub fn body(&self) -> Json {
        json!({
            "access_token": self.access_token.expose_secret(),
            "expires_in": self.expires_in,
            "token_type": "Bearer",
            "scope": self.scopes.join(" "),
        })
    }
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

impl Provider {
    /// Exchanges a code for a token. `token` is a fresh [`random_secret`](crate::random_secret). A code is good once;
    /// a request that is refused does not use it up, since the client has proved who it is before.
    ///
    /// # Errors
    /// [`TokenError::Refused`] is the answer to the client.
    pub async fn exchange<S: OAuthStore + ?Sized>(
        &self,
        store: &mut S,
        request: &TokenRequest,
        token: SecretString,
        now: DateTime<Utc>,
    ) -> Result<TokenAnswer, TokenError<S::Error>> {
        let refused = |refusal| TokenError::Refused(request.refuse(refusal));
        let code = request.check_form().map_err(refused)?;
        let client = authenticate(store, request).await.map_err(TokenError::Store)?;
        let client = client.ok_or_else(|| refused(Refusal::new("invalid_client")))?;
        if request.parameters.get("grant_type") != Some("authorization_code") {
            return Err(refused(Refusal::new("unauthorized_client")));
        }
        let code = store.code(code).await.map_err(TokenError::Store)?;
        let code = request.check_code(code, &client, self.settings.require_pkce, now).map_err(refused)?;
        let lifetime = self.settings.token_lifetime;
        let new = NewToken {
            token: token.clone(),
            user_id: code.user_id,
            client_id: client.identifier,
            scopes: code.scopes.clone(),
            session_id: code.session_id.clone(),
            expires_at: now.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC),
        };
        if !store.redeem(&code, new).await.map_err(TokenError::Store)? {
            return Err(refused(Refusal::new("invalid_grant")));
        }
        Ok(TokenAnswer { access_token: token, expires_in: lifetime.num_seconds(), scopes: code.scopes })
    }
}

/// The client, if it is one and its secret is right.
async fn authenticate<S: OAuthStore + ?Sized>(
    store: &mut S,
    request: &TokenRequest,
) -> Result<Option<Client>, S::Error> {
    let (Some(id), Some(secret)) = (&request.client_id, &request.client_secret) else {
        return Ok(None);
    };
    let Some(client) = store.client(id).await? else {
        return Ok(None);
    };
    let Some(hashed) = &client.secret else {
        return Ok(None);
    };
    Ok(store.secret_matches(hashed, secret).await.then_some(client))
}
