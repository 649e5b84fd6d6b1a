//! The authorization endpoint: checking a request and issuing a code.

use chrono::{DateTime, TimeDelta, Utc};
use perijove_model::scope::ScopeSet;
use secrecy::{ExposeSecret, SecretString};

use crate::error::AuthorizeError;
use crate::location::{is_absolute, with_parameters};
use crate::parameters::Parameters;
use crate::pkce::Challenge;
use crate::provider::{Provider, Subject};
use crate::scopes;
use crate::store::{Client, Code, OAuthStore};

/// How long a client has to exchange its code.
const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// A request to the authorization endpoint.
#[derive(Clone)]
pub struct AuthorizeRequest {
    parameters: Parameters,
}

impl AuthorizeRequest {
    /// Reads a request's query, and its form if it was sent by POST.
    pub fn parse(query: &str, form: &[u8]) -> Self {
        Self { parameters: Parameters::parse(query, form) }
    }

    /// The client that asks, if the request names one.
    pub fn client_id(&self) -> Option<&str> {
        self.parameters.filled("client_id")
    }

    fn asked_scopes(&self) -> Option<ScopeSet> {
        // A blank scope parameter asks for a scope without name, which does not exist.
        self.parameters.get("scope").map(|scope| scope.trim().split(' ').map(str::to_owned).collect())
    }

    /// Where the browser goes, with an answer.
    fn location(&self, redirect_uri: &str, answer: &[(&str, &str)]) -> String {
        let mut answer = answer.to_vec();
        if let Some(state) = self.parameters.filled("state") {
            answer.push(("state", state));
        }
        with_parameters(redirect_uri, &answer, self.parameters.get("response_mode") == Some("fragment"))
    }

    fn error<E>(
        &self,
        redirect_uri: &str,
        error: &'static str,
        description: Option<&'static str>,
    ) -> AuthorizeError<E> {
        let mut answer = vec![("error", error)];
        answer.extend(description.map(|text| ("error_description", text)));
        AuthorizeError::SentBack { location: self.location(redirect_uri, &answer), error, description }
    }
}

/// A request that passed all checks.
pub(crate) struct Checked {
    pub(crate) client: Client,
    /// The requested scopes and the required ones, raw.
    pub(crate) scopes: ScopeSet,
    challenge: Option<Challenge>,
}

impl Provider {
    /// Checks a request in oauthlib's order: first what makes it untrustworthy, then what the client is told.
    /// `chosen` are the scopes that the user left, in place of those that the request asks for.
    pub(crate) async fn check<S: OAuthStore + ?Sized>(
        &self,
        store: &mut S,
        request: &AuthorizeRequest,
        chosen: Option<ScopeSet>,
        subject: &Subject<'_>,
    ) -> Result<Checked, AuthorizeError<S::Error>> {
        let client = known_client(store, request).await?;
        check_redirect_uri(request, &client)?;
        let refused = |error, description| request.error(&client.redirect_uri, error, description);
        match request.parameters.get("response_type") {
            None => return Err(refused("invalid_request", Some("Missing response_type parameter."))),
            Some(kind) if kind != "none" && !kind.contains("code") => {
                return Err(refused("unsupported_response_type", None));
            }
            Some(_) => {}
        }
        let challenge = Challenge::read(
            request.parameters.get("code_challenge"),
            request.parameters.get("code_challenge_method"),
            self.settings.require_pkce,
        )
        .map_err(|description| refused("invalid_request", Some(description)))?;
        let asked = chosen.or_else(|| request.asked_scopes());
        let custom = &self.settings.custom_scopes;
        let scopes = scopes::of_request(store, asked, &client, subject, custom).await;
        let scopes = scopes.map_err(AuthorizeError::Store)?.ok_or_else(|| refused("invalid_scope", None))?;
        Ok(Checked { client, scopes, challenge })
    }

    /// Issues a code for the scopes that the user agreed to, and gives the address to send the browser to (status
    /// 302). `chosen` are the form's `scopes`, or those of a [`Review`](crate::Review) that needs no consent; scopes
    /// that the user does not have are left out. `code` is a fresh [`random_secret`](crate::random_secret).
    ///
    /// # Errors
    /// As [`Provider::review`].
    #[expect(clippy::too_many_arguments, reason = "time and randomness are parameters")]
    pub async fn grant<S: OAuthStore + ?Sized>(
        &self,
        store: &mut S,
        request: &AuthorizeRequest,
        chosen: ScopeSet,
        subject: &Subject<'_>,
        session_id: Option<&str>,
        code: SecretString,
        now: DateTime<Utc>,
    ) -> Result<String, AuthorizeError<S::Error>> {
        let Checked { client, scopes, challenge } = self.check(store, request, Some(chosen), subject).await?;
        crate::review::check_access(&client, subject)?;
        let custom = &self.settings.custom_scopes;
        let scopes = scopes::of_user(store, &scopes, &client, subject, custom).await;
        let scopes = scopes.map_err(AuthorizeError::Store)?;
        let code = code.expose_secret();
        let answer = match request.parameters.get("response_type") {
            Some("none") => Vec::new(),
            _ => vec![("code", code)],
        };
        let location = request.location(&client.redirect_uri, &answer);
        let row = Code {
            code: code.to_owned(),
            client_id: client.identifier,
            user_id: subject.id,
            scopes: scopes.into_iter().collect(),
            redirect_uri: client.redirect_uri,
            session_id: session_id.map(str::to_owned),
            expires_at: Some((now + CODE_LIFETIME).timestamp()),
            code_challenge_method: challenge.as_ref().map(|challenge| challenge.method.name().to_owned()),
            code_challenge: challenge.map(|challenge| challenge.value),
        };
        store.insert_code(row).await.map_err(AuthorizeError::Store)?;
        Ok(location)
    }
}

async fn known_client<S: OAuthStore + ?Sized>(
    store: &mut S,
    request: &AuthorizeRequest,
) -> Result<Client, AuthorizeError<S::Error>> {
    let shown = |text: &str| AuthorizeError::Shown(text.to_owned());
    if request.parameters.has_malformed_query() {
        return Err(shown("Unable to parse query string"));
    }
    let once = ["client_id", "response_type", "redirect_uri", "scope", "state"];
    if let Some(name) = request.parameters.repeated(&once) {
        return Err(AuthorizeError::Shown(format!("Duplicate {name} parameter.")));
    }
    let client_id = request.client_id().ok_or_else(|| shown("Missing client_id parameter."))?;
    let client = store.client(client_id).await.map_err(AuthorizeError::Store)?;
    client.filter(|client| client.secret.is_some()).ok_or_else(|| shown("Invalid client_id parameter value."))
}

/// The request's address must be the client's; if it names none the client's is used.
fn check_redirect_uri<E>(request: &AuthorizeRequest, client: &Client) -> Result<(), AuthorizeError<E>> {
    let shown = |text: &str| Err(AuthorizeError::Shown(text.to_owned()));
    match request.parameters.get("redirect_uri") {
        None if client.redirect_uri.is_empty() => shown("Missing redirect URI."),
        None if !is_absolute(&client.redirect_uri) => shown("Invalid redirect URI."),
        Some(given) if !is_absolute(given) => shown("Invalid redirect URI."),
        Some(given) if given != client.redirect_uri => shown("Mismatching redirect URI."),
        _ => Ok(()),
    }
}
