//! `POST /users`.

use std::collections::{BTreeMap, BTreeSet};

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
    // In the order that was asked for, in which lists show them then.
    let mut seen = BTreeSet::new();
    let distinct: Vec<UserName> = valid.iter().filter(|name| seen.insert(*name)).cloned().collect();
    let made = app.hub.create_users(&distinct, admin).await?;
    let scopes = caller.authorisation();
    let made: BTreeMap<&str, UserModel> = made
        .iter()
        .map(|user| (user.name.as_str(), models::user(&app.hub, &scopes, user, false).unwrap_or_default()))
        .collect();
    // A name that is there twice is one user, shown twice.
    let created: Vec<&UserModel> = valid.iter().filter_map(|name| made.get(name.as_str())).collect();
    for name in distinct.iter().filter(|name| !made.contains_key(name.as_str())) {
        tracing::warn!("User {name} already exists");
    }
    if created.is_empty() {
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
