//! `/proxy`: the routes, and a check of them.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use perijove_proxy::RouteEntry;
use secrecy::SecretString;
use serde_json::{Value, json as value};

use crate::api::paging::Paging;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};

/// Lists the routes, a page at a time.
pub async fn list(State(app): State<App>, paging: Paging) -> Answer {
    let routes = app.hub.proxy_routes().await?;
    let total = i64::try_from(routes.len()).unwrap_or(i64::MAX);
    let (offset, limit) = (usize::try_from(paging.offset()), usize::try_from(paging.limit()));
    let shown = routes.into_iter().skip(offset.unwrap_or(usize::MAX)).take(limit.unwrap_or(usize::MAX));
    let models: BTreeMap<String, Value> = shown.map(|(spec, route)| (spec, model(route))).collect();
    paging.answer(models, total)
}

/// A route, with its time in milliseconds, as the proxy's own API writes it.
fn model(route: RouteEntry) -> Value {
    let mut data = route.data;
    if let Some(time) = route.last_activity {
        let time = time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        data.insert("last_activity".into(), Value::String(time));
    }
    value!({ "routespec": route.spec, "target": route.target, "data": data })
}

/// Brings the proxy in step with what runs.
pub async fn check(State(app): State<App>) -> Answer {
    app.hub.check_routes().await?;
    Ok(StatusCode::OK.into_response())
}

/// Lets another proxy take over, until the next start.
pub async fn change(State(app): State<App>, bytes: Bytes) -> Answer {
    if bytes.is_empty() {
        return Err(Failure::bad_request("need JSON body"));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&bytes) else {
        return Err(Failure::bad_request("Request body must be JSON dict"));
    };
    let text = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Failure::bad_request(format!("{key} must be a string"))),
    };
    let (api_url, token) = (text("api_url")?, text("auth_token")?);
    if api_url.is_some() || token.is_some() {
        app.hub.move_proxy(api_url, token.map(SecretString::from))?;
    }
    check(State(app)).await
}

/// See [`list`].
pub fn list_docs() -> Operation {
    let route = schema::object([
        ("routespec", schema::text(), "Host and path."),
        ("target", schema::text(), "Where requests go."),
        ("data", schema::any_object(), "Whose it is, and when it was last used."),
    ]);
    Operation::new("The routes of the proxy.").sends_page(schema::map(route), "The routes, by host and path.")
}

/// See [`check`].
pub fn check_docs() -> Operation {
    Operation::new("Brings the proxy in step with what runs.").answers(200, "It is.")
}

/// See [`change`].
pub fn change_docs() -> Operation {
    Operation::new("Announces another proxy.")
        .needs_body(schema::object([
            ("ip", schema::text(), "Ignored, as by JupyterHub 6.1.1."),
            ("port", schema::text(), "Ignored, as by JupyterHub 6.1.1."),
            ("protocol", schema::text(), "Ignored, as by JupyterHub 6.1.1."),
            ("api_url", schema::text(), "Where its API is; refused where the proxy is part of the hub."),
            (
                "auth_token",
                schema::text(),
                "The token of its API; refused where the proxy is part of the hub.",
            ),
        ]))
        .answers(200, "The proxy has all routes.")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn times_of_routes_have_milliseconds() {
        let route = RouteEntry {
            spec: "/".into(),
            target: "http://127.0.0.1:1".into(),
            data: serde_json::Map::new(),
            last_activity: DateTime::from_timestamp(0, 0),
        };
        assert_eq!(model(route)["data"]["last_activity"], "1970-01-01T00:00:00.000Z");
    }
}
