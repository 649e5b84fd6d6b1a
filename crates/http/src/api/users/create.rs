//! `POST /users/NAME`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
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

/// Makes one user.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    let model = body::json(&bytes)?.filter(body::is_truthy);
    if app.hub.find_user(&name).await?.is_some() {
        return Err(Failure::conflict(format!("User {name} already exists")));
    }
    let admin = match &model {
        Some(model) => {
            body::check_model(model, &MODEL, "user")?;
            model.get("admin").and_then(Value::as_bool).unwrap_or(false)
        }
        None => false,
    };
    if admin && !caller.principal()?.is_admin() {
        return Err(Failure::forbidden("Only admins can grant admin permissions"));
    }
    let refused = |_| Failure::bad_request(format!("Failed to create user: {name}"));
    let parsed = app.hub.check_new_user_name(&name).await.map_err(refused)?;
    let user = app.hub.create_user(&parsed, admin).await?;
    let model = models::user(&app.hub, &caller.authorisation(), &user, false).unwrap_or_default();
    json(StatusCode::CREATED, &model)
}

/// See [`create`].
pub fn create_docs() -> Operation {
    Operation::new("Makes a user.")
        .body(schema::object([("admin", schema::flag(), "Whether the user becomes an administrator.")]))
        .sends::<UserModel>(201, "The new user.")
        .refuses(409, "The user exists already.")
}
