//! `POST /users/NAME/activity`: servers tell when they were last used.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::{DateTime, TimeDelta, Utc};
use perijove_core::records::UserRecord;
use perijove_model::api::Timestamp;
use perijove_model::value::repr_of_text;
use serde_json::{Map, Value};

use crate::api::body;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};

const SHAPE: &str = "servers must be a dict of the form {server_name: {last_activity: timestamp}}";
/// A clock may be ahead by this much.
const AHEAD_AT_MOST: TimeDelta = TimeDelta::minutes(59);

/// Records activity; it is committed when this answers.
pub async fn post(State(app): State<App>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let user = app
        .hub
        .find_user(&name)
        .await?
        .ok_or_else(|| Failure::not_found(format!("No such user: {}", repr_of_text(&name))))?;
    let Some(Value::Object(fields)) = body::json(&bytes)? else {
        return Err(Failure::bad_request("body must be a json dict"));
    };
    let now = app.hub.now();
    let of_user = fields.get("last_activity").filter(|value| body::is_truthy(value));
    let servers = fields.get("servers").filter(|value| body::is_truthy(value));
    if of_user.is_none() && servers.is_none() {
        return Err(Failure::bad_request("body must contain at least one of `last_activity` or `servers`"));
    }
    let of_servers =
        servers.map(|servers| server_times(servers, &user, now)).transpose()?.unwrap_or_default();
    let of_user = of_user.map(|value| timestamp(value, now)).transpose()?;
    app.hub.post_activity(&user, of_user, &of_servers).await?;
    Ok(StatusCode::OK.into_response())
}

fn server_times(
    servers: &Value,
    user: &UserRecord,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, DateTime<Utc>>, Failure> {
    let servers: &Map<String, Value> = servers.as_object().ok_or_else(|| Failure::bad_request(SHAPE))?;
    let mut times = BTreeMap::new();
    for (name, info) in servers {
        // The default server is always there, even if it never ran.
        if !name.is_empty() && user.spawner(name).is_none() {
            return Err(Failure::bad_request(format!("No such server '{name}' for user {}", user.name)));
        }
        let value = info.as_object().and_then(|info| info.get("last_activity"));
        let value = value.ok_or_else(|| Failure::bad_request(SHAPE))?;
        times.insert(name.clone(), timestamp(value, now)?);
    }
    Ok(times)
}

fn timestamp(value: &Value, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    let wrong = || Failure::bad_request(format!("Not a valid timestamp: {}", body::short(value)));
    let time = Timestamp::parse(value.as_str().ok_or_else(wrong)?).map_err(|_| wrong())?.time();
    if time - now > AHEAD_AT_MOST {
        return Err(Failure::bad_request(format!(
            "Rejecting activity from more than an hour in the future: {}",
            Timestamp::new(time)
        )));
    }
    Ok(time)
}

/// See [`post`].
pub fn post_docs() -> Operation {
    let time = || schema::model::<Timestamp>();
    let server = schema::object([("last_activity", time(), "When it was last used.")]);
    Operation::new("Reports when a user and the user's servers were last active.")
        .needs_body(schema::object([
            ("last_activity", time(), "When the user was last active."),
            ("servers", schema::map(server), "By name, when each server was last used."),
        ]))
        .answers(200, "It is recorded.")
        .refuses(401, "Not sent: without credentials the answer is 403. Old clients know this one.")
}
