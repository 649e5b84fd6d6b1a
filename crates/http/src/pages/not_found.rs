//! What no route serves: paths outside the hub's prefix lead into it, the rest is 404 or 405.

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::super::guard::redirect;
use crate::app::App;
use crate::error::{Answer, Failure};

/// An API path that is not there.
pub async fn api() -> Answer {
    Err(Failure::not_found(""))
}

/// A method that a route does not have.
pub async fn wrong_method() -> Answer {
    Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, ""))
}

/// The same for the REST API, which answers every `OPTIONS` with nothing.
pub async fn wrong_method_of_api(method: Method) -> Answer {
    match method {
        Method::OPTIONS => Ok(StatusCode::OK.into_response()),
        _ => wrong_method().await,
    }
}

/// `/user/…` of a server without a route becomes `/hub/user/…`, and so does all outside the prefix.
pub async fn page(State(app): State<App>, method: Method, uri: Uri) -> Answer {
    let settings = &app.hub.settings;
    let path = uri.path();
    let whole = uri.path_and_query().map_or(path, |whole| whole.as_str());
    let prefix = settings.hub_prefix.trim_end_matches('/');
    if path.starts_with(&settings.hub_prefix) {
        return Err(Failure::not_found(""));
    }
    if method != Method::GET {
        return wrong_method().await;
    }
    if path == prefix {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Ok(moved(&format!("{}{query}", settings.hub_prefix)));
    }
    let base = &settings.base_url;
    let rest = if format!("{whole}/").starts_with(base.as_str()) {
        let rest = whole.get(base.len()..).unwrap_or_default();
        if let Some(with_slash) = missing_slash(rest) {
            return Ok(moved(&format!("{base}{with_slash}")));
        }
        rest
    } else {
        path.trim_start_matches('/')
    };
    let target = format!("{}{}", settings.hub_prefix, rest.trim_start_matches('/'));
    Ok(redirect(&settings.public(&target).unwrap_or(target)))
}

/// A missing slash is missing for ever.
fn moved(url: &str) -> Response {
    let mut response = redirect(url);
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response
}

/// `user/NAME` and `services/NAME` end with a slash.
fn missing_slash(rest: &str) -> Option<String> {
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let name = path.strip_prefix("user/").or_else(|| path.strip_prefix("services/"))?;
    if name.is_empty() || name.contains('/') {
        return None;
    }
    Some(query.map_or_else(|| format!("{path}/"), |query| format!("{path}/?{query}")))
}

#[cfg(test)]
mod tests {
    use super::missing_slash;

    #[test]
    fn users_and_services_get_their_slash() {
        assert_eq!(missing_slash("user/ada").as_deref(), Some("user/ada/"));
        assert_eq!(missing_slash("services/x?a=1").as_deref(), Some("services/x/?a=1"));
        assert_eq!(missing_slash("user/ada/lab"), None);
        assert_eq!(missing_slash("hub"), None);
    }
}
