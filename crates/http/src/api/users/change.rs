//! `PATCH /users/NAME`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::users::UserChanges;
use perijove_model::api::UserModel;
use serde_json::Value;

use super::MODEL;
use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Renames a user, or changes its administrator flag or `auth_state`.
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    let user = app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(""))?;
    let model = body::json(&bytes)?.unwrap_or(Value::Null);
    body::check_model(&model, &MODEL, "user")?;
    let changes = UserChanges {
        name: model.get("name").and_then(Value::as_str).map(str::to_owned),
        admin: model.get("admin").and_then(Value::as_bool),
        auth_state: model.get("auth_state").cloned(),
        no_groups: emptied(&model, "groups")?,
        no_roles: emptied(&model, "roles")?,
    };
    let changed = app.hub.change_user(&user, changes, caller.principal()?).await?;
    let mut model = models::user(&app.hub, &caller.authorisation(), &changed, false).unwrap_or_default();
    model.auth_state = Some(app.hub.auth_state(&changed.row));
    json(StatusCode::OK, &model)
}

/// Whether a list is there to be emptied, which is all that upstream can do with it: names in it are a 500 there.
fn emptied(model: &Value, key: &str) -> Result<bool, Failure> {
    match model.get(key).and_then(Value::as_array) {
        None => Ok(false),
        Some(names) if names.is_empty() => Ok(true),
        Some(_) => Err(Failure::bad_request(format!("{key} of a user can only be emptied here"))),
    }
}

/// See [`change`].
pub fn change_docs() -> Operation {
    Operation::new("Renames a user, or changes what the user is.")
        .needs_body(schema::object([
            ("name", schema::text(), "The new name."),
            ("admin", schema::flag(), "Whether the user is an administrator."),
            ("auth_state", schema::any_object(), "What the authenticator remembers."),
        ]))
        .sends::<UserModel>(200, "The changed user.")
}
