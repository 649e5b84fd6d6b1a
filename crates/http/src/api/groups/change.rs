//! `/groups/NAME/users`, `/groups/NAME/properties`, and `DELETE /groups/NAME`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::GroupModel;
use serde_json::Value;

use super::create::members;
use super::{MODEL, find, missing};
use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::{empty, json};

/// Adds users to a group.
pub async fn add_users(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    change_members(&app, &caller, &name, &bytes, true).await
}

/// Removes users from a group.
pub async fn remove_users(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    change_members(&app, &caller, &name, &bytes, false).await
}

async fn change_members(app: &App, caller: &Caller, name: &str, bytes: &Bytes, add: bool) -> Answer {
    let group = find(app, name).await?;
    let model = body::json(bytes)?.unwrap_or(Value::Null);
    body::check_model(&model, &MODEL, "group")?;
    let what = if add { "Must specify users to add" } else { "Must specify users to delete" };
    let users = members(&model)?.ok_or_else(|| Failure::bad_request(what))?;
    let changed = app.hub.change_members(&group, &users, add).await?;
    json(StatusCode::OK, &models::group(&caller.authorisation(), &changed))
}

/// Replaces a group's properties.
pub async fn set_properties(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    let group = find(&app, &name).await?;
    let Some(Value::Object(properties)) = body::json(&bytes)? else {
        return Err(Failure::bad_request("Must specify properties"));
    };
    let changed = app.hub.set_group_properties(&group, properties).await?;
    json(StatusCode::OK, &models::group(&caller.authorisation(), &changed))
}

/// Deletes a group.
pub async fn delete(State(app): State<App>, Path(name): Path<String>) -> Answer {
    let group = find(&app, &name).await?;
    if !app.hub.delete_group(&group).await? {
        return Err(missing(&name));
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`add_users`].
pub fn add_users_docs() -> Operation {
    Operation::new("Adds users to a group.")
        .needs_body(members_schema())
        .sends::<GroupModel>(200, "The changed group.")
}

/// See [`remove_users`].
pub fn remove_users_docs() -> Operation {
    Operation::new("Removes users from a group.")
        .needs_body(members_schema())
        .sends::<GroupModel>(200, "The changed group.")
}

fn members_schema() -> Value {
    let body = schema::object([("users", schema::list(schema::text()), "The users' names.")]);
    schema::needs(&["users"], body)
}

/// See [`set_properties`].
pub fn set_properties_docs() -> Operation {
    Operation::new("Replaces what is attached to a group.")
        .needs_body(schema::any_object())
        .sends::<GroupModel>(200, "The changed group.")
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Deletes a group.").answers(204, "The group is gone.")
}
