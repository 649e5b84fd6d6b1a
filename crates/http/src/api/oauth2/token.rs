//! `POST /oauth2/token`: a code for a token.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use perijove_oauth::{TOKEN_ANSWER_HEADERS, TokenError, TokenRequest};
use serde_json::Value;

use crate::app::App;
use crate::error::{Answer, Failure};

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
