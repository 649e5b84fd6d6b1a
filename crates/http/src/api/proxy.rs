//! `/proxy`: the routes, and a check of them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json as value};

use crate::app::App;
use crate::error::Answer;
use crate::responses::json;

/// Lists all routes.
pub async fn list(State(app): State<App>) -> Answer {
    let routes = app.hub.proxy_routes().await?;
    let models: BTreeMap<String, Value> = routes
        .into_iter()
        .map(|(spec, route)| {
            let mut data = route.data;
            if let Some(time) = route.last_activity {
                let time = perijove_model::api::Timestamp::new(time).to_string();
                data.insert("last_activity".into(), Value::String(time));
            }
            let model = value!({ "routespec": route.spec, "target": route.target, "data": data });
            (spec, model)
        })
        .collect();
    json(StatusCode::OK, &models)
}

/// Brings the proxy in step with what runs.
pub async fn check(State(app): State<App>) -> Answer {
    app.hub.check_routes().await?;
    Ok(StatusCode::OK.into_response())
}
