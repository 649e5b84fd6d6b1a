//! `POST /groups` and `POST /groups/NAME`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::GroupModel;
use serde_json::Value;

use super::MODEL;
use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Makes one group.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    let model = body::json(&bytes)?.filter(|model| !model.is_null());
    let model = model.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    body::check_model(&model, &MODEL, "group")?;
    let users = members(&model)?.unwrap_or_default();
    let made = app.hub.create_group(&name, &users).await?;
    json(StatusCode::CREATED, &models::group(&caller.authorisation(), &made))
}

/// Makes several groups with the same members.
pub async fn create_many(State(app): State<App>, caller: Caller, bytes: Bytes) -> Answer {
    let none = || Failure::bad_request("Must specify at least one group to create");
    let Some(Value::Object(mut model)) = body::json(&bytes)? else { return Err(none()) };
    let names = model.remove("groups").ok_or_else(none)?;
    let names = group_names(names).filter(|names| !names.is_empty()).ok_or_else(none)?;
    let model = Value::Object(model);
    body::check_model(&model, &MODEL, "group")?;
    let users = members(&model)?.unwrap_or_default();
    let mut created = Vec::new();
    for name in names {
        let made = app.hub.create_group(&name, &users).await?;
        created.push(models::group(&caller.authorisation(), &made));
    }
    json(StatusCode::CREATED, &created)
}

/// A list of names, or an object whose keys they are.
fn group_names(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        Value::Object(names) => Some(names.into_iter().map(|(name, _)| name).collect()),
        _ => None,
    }
}

/// The users that a model names.
pub fn members(model: &Value) -> Result<Option<Vec<String>>, Failure> {
    let Some(users) = model.get("users").and_then(Value::as_array) else { return Ok(None) };
    let names = users.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    names.map(Some).ok_or_else(|| Failure::bad_request("usernames must be str"))
}

/// See [`create`].
pub fn create_docs() -> Operation {
    Operation::new("Makes a group.")
        .body(schema::object([("users", schema::list(schema::text()), "Its members.")]))
        .sends::<GroupModel>(201, "The new group.")
        .refuses(409, "There is such a group.")
}

/// See [`create_many`].
pub fn create_many_docs() -> Operation {
    let body = schema::object([
        ("groups", schema::list(schema::text()), "Their names."),
        ("users", schema::list(schema::text()), "The members of each."),
    ]);
    Operation::new("Makes several groups with the same members.")
        .needs_body(schema::needs(&["groups"], body))
        .sends_json(201, schema::list(schema::model::<GroupModel>()), "The new groups.")
        .refuses(409, "There is one of these groups.")
}
