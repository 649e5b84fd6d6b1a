//! `POST /users`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use perijove_model::UserName;
use perijove_model::api::UserModel;
use serde_json::{Map, Value};

use super::MODEL;
use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Makes several users; those that exist are left alone.
pub async fn create_many(State(app): State<App>, caller: Caller, bytes: Bytes) -> Answer {
    let (names, admin) = parse(&bytes)?;
    if admin && !caller.principal()?.is_admin() {
        return Err(Failure::forbidden("Only admins can grant admin permissions"));
    }
    let (valid, invalid) = split(&app, &names).await?;
    match invalid.as_slice() {
        [] => (),
        [one] => return Err(Failure::bad_request(format!("Invalid username: {one}"))),
        many => return Err(Failure::bad_request(format!("Invalid usernames: {}", many.join(", ")))),
    }
    let mut created: Vec<UserModel> = Vec::new();
    let mut existing = 0;
    for name in valid {
        // A name that is there twice is one user, shown twice.
        if let Some(twin) = created.iter().find(|made| made.name.as_deref() == Some(name.as_str())) {
            created.push(twin.clone());
            continue;
        }
        if app.hub.find_user(name.as_str()).await?.is_some() {
            tracing::warn!("User {name} already exists");
            existing += 1;
            continue;
        }
        let user = app.hub.create_user(&name, admin).await?;
        created.push(models::user(&app.hub, &caller.authorisation(), &user, false).unwrap_or_default());
    }
    if created.is_empty() && existing > 0 {
        return Err(Failure::conflict(format!("All {} users already exist", names.len())));
    }
    json(StatusCode::CREATED, &created)
}

fn parse(bytes: &Bytes) -> Result<(Vec<String>, bool), Failure> {
    let none = || Failure::bad_request("Must specify at least one user to create");
    let mut model: Map<String, Value> = match body::json(bytes)? {
        Some(Value::Object(model)) => model,
        _ => return Err(none()),
    };
    let names = model.remove("usernames").ok_or_else(none)?;
    let model = Value::Object(model);
    body::check_model(&model, &MODEL, "user")?;
    let names: Option<Vec<String>> = names
        .as_array()
        .filter(|names| !names.is_empty())
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    let admin = model.get("admin").and_then(Value::as_bool).unwrap_or(false);
    Ok((names.ok_or_else(none)?, admin))
}

async fn split(app: &App, names: &[String]) -> Result<(Vec<UserName>, Vec<String>), Failure> {
    let mut valid: Vec<UserName> = Vec::new();
    let mut invalid = Vec::new();
    for name in names {
        let normal = app.hub.normalize_user_name(name).await?;
        match app.hub.check_new_user_name(&normal).await {
            Ok(name) => valid.push(name),
            Err(_) => invalid.push(normal),
        }
    }
    Ok((valid, invalid))
}

/// See [`create_many`].
pub fn create_many_docs() -> Operation {
    let body = schema::object([
        ("usernames", schema::list(schema::text()), "Their names."),
        ("admin", schema::flag(), "Whether all of them become administrators."),
    ]);
    Operation::new("Makes several users.")
        .needs_body(schema::needs(&["usernames"], body))
        .sends_json(201, schema::list(schema::model::<UserModel>()), "Those that are new.")
        .refuses(409, "All of them exist already.")
}
