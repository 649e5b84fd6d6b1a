//! `POST /oauth2/token`: a code for a token.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use perijove_oauth::{TOKEN_ANSWER_HEADERS, TokenError, TokenRequest};
use serde_json::Value;

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};

/// Exchanges a code. The application proves who it is by its secret, so no user is needed.
pub async fn token(State(app): State<App>, uri: Uri, headers: HeaderMap, form: Bytes) -> Answer {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let request = TokenRequest::parse(uri.query().unwrap_or_default(), &form, authorization);
    match app.hub.exchange_code(&request).await {
        Ok(granted) => Ok(answer(StatusCode::OK, &granted.body())),
        Err(TokenError::Refused(refusal)) => {
            tracing::warn!("OAuth token request refused: {refusal}");
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = answer(status, &refusal.body());
            if let Some(value) = refusal.www_authenticate() {
                let value = HeaderValue::from_str(&value).map_err(Failure::internal)?;
                response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
            }
            Ok(response)
        }
        Err(TokenError::Store(error)) => Err(error.into()),
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    for (name, value) in TOKEN_ANSWER_HEADERS {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// See [`token`].
pub fn token_docs() -> Operation {
    let form = schema::object([
        ("grant_type", schema::choice(&["authorization_code"]), "Always `authorization_code`."),
        ("code", schema::text(), "The code that the browser brought."),
        ("redirect_uri", schema::text(), "As it was asked for."),
        ("client_id", schema::text(), "The application."),
        ("client_secret", schema::text(), "Its secret."),
        ("code_verifier", schema::text(), "PKCE: the secret for this login."),
    ]);
    let granted = schema::object([
        ("access_token", schema::text(), "The token."),
        ("token_type", schema::text(), "Always `Bearer`."),
        ("expires_in", schema::whole_number(), "After how many seconds it ends."),
        ("scope", schema::text(), "What it may do, parted by blanks."),
    ]);
    let refused = || {
        schema::object([
            ("error", schema::text(), "What is wrong, as OAuth names it."),
            ("error_description", schema::text(), "The same in a sentence."),
        ])
    };
    Operation::new("A token for a code.")
        .needs_form(form)
        .sends_json(200, granted, "The token.")
        .sends_json(400, refused(), "The code is not good.")
        .sends_json(401, refused(), "The application is not known.")
}
