//! `/oauth2/authorize`: may this application have access? Nobody is asked about their own server.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use perijove_core::Error;
use perijove_core::identity::Identity;
use perijove_model::scope::ScopeSet;
use perijove_oauth::{AuthorizeError, AuthorizeRequest, Client, Consent};
use perijove_web::contexts::{OAuthAuthorize, OAuthClientView, ScopeDescription};
use url::form_urlencoded;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::guard::redirect;
use crate::openapi::{Operation, schema};
use crate::pages::view;

/// Sends the browser back with a code, or asks its user first.
pub async fn authorize_page(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    let identity = identity(&caller)?;
    let request = AuthorizeRequest::parse(uri.query().unwrap_or_default(), &[]);
    let review = match app.hub.review_authorization(identity, &request).await {
        Ok(review) => review,
        Err(error) => return refused(error),
    };
    match review.consent {
        None => grant(&app, &caller, &request, review.scopes).await,
        Some(consent) => ask(&app, &caller, review.client, consent).await,
    }
}

/// The user has agreed.
pub async fn authorize(State(app): State<App>, caller: Caller, uri: Uri, form: Bytes) -> Answer {
    let request = AuthorizeRequest::parse(uri.query().unwrap_or_default(), &form);
    let scopes = form_urlencoded::parse(&form).filter(|(name, _)| name == "scopes");
    let mut scopes: ScopeSet = scopes.map(|(_, scope)| scope.into_owned()).collect();
    if scopes.is_empty() {
        // To agree to nothing is not to agree to what the client would get by default.
        scopes.insert("identify".to_owned());
    }
    grant(&app, &caller, &request, scopes).await
}

fn identity(caller: &Caller) -> Result<&Identity, Failure> {
    caller.identity().ok_or_else(|| Failure::forbidden("Missing or invalid credentials."))
}

async fn grant(app: &App, caller: &Caller, request: &AuthorizeRequest, scopes: ScopeSet) -> Answer {
    let session_id = caller.session_id();
    let granted =
        app.hub.grant_authorization(identity(caller)?, request, scopes, session_id.as_deref()).await;
    match granted {
        Ok(location) => Ok(redirect(&location)),
        Err(error) => refused(error),
    }
}

fn refused(error: AuthorizeError<Error>) -> Answer {
    match error {
        AuthorizeError::Shown(message) => Err(Failure::bad_request(message)),
        AuthorizeError::SentBack { location, error, description } => {
            tracing::error!("OAuth error: {}", description.unwrap_or(error));
            Ok(redirect(&location))
        }
        AuthorizeError::NoAccess { .. } => Err(Failure::forbidden(error.to_string())),
        AuthorizeError::Orphaned { client_id } => {
            tracing::error!(oauth.client_id = client_id, "what this OAuth client stood for is gone");
            Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "OAuth configuration error"))
        }
        AuthorizeError::Store(error) => Err(error.into()),
    }
}

async fn ask(app: &App, caller: &Caller, client: Client, consent: Consent) -> Result<Response, Failure> {
    let user = caller.user()?;
    let descriptions = consent.descriptions.into_iter().map(|line| ScopeDescription {
        scope: line.scope,
        description: line.description,
        filter: line.filter,
    });
    let context = OAuthAuthorize {
        allowed_scopes: consent.scopes,
        scope_descriptions: descriptions.collect(),
        oauth_client: Arc::new(OAuthClientView {
            identifier: client.identifier,
            description: client.description,
            redirect_uri: client.redirect_uri,
        }),
        auth_state: app.hub.auth_state(&user.row),
    };
    view::show(app, caller, &context).await
}

/// See [`authorize_page`].
pub fn authorize_page_docs() -> Operation {
    described("Asks the user whether an application may have access.")
}

/// See [`authorize`].
pub fn authorize_docs() -> Operation {
    described("The user's consent.").needs_form(schema::object([(
        "scopes",
        schema::text(),
        "A scope that is agreed to; may be there more than once.",
    )]))
}

fn described(summary: &'static str) -> Operation {
    Operation::new(summary)
        .details("For browsers. Who is not logged in is sent to the login page.")
        .needs_query("client_id", schema::text(), "The application.")
        .needs_query("response_type", schema::choice(&["code"]), "Always `code`.")
        .needs_query("redirect_uri", schema::text(), "Where the browser is sent back to.")
        .query("state", schema::text(), "Given back to the application.")
        .query("scope", schema::text(), "What the application asks for, parted by blanks.")
        .query(
            "code_challenge",
            schema::text(),
            "PKCE: the digest of the application's secret for this login.",
        )
        .query("code_challenge_method", schema::choice(&["S256"]), "PKCE: always `S256`.")
        .streams(200, "text/html", schema::text(), "The page that asks.")
        .answers(302, "Back to the application, with a code or an error; or to the login page.")
        .streams(
            400,
            "text/html",
            schema::text(),
            "The application is not known, or asks for something else.",
        )
        .streams(403, "text/html", schema::text(), "The user may not use the application.")
}
