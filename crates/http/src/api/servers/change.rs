//! `PATCH` of a server: renamed, or other options.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use perijove_core::servers::ServerChanges;
use perijove_model::ServerName;
use perijove_model::api::ServerModel;
use perijove_model::value::repr_of_text;
use serde_json::{Map, Value};

use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::request_facts::SeenByPython;
use crate::responses::json;
use crate::server_path::ServerPath;

const FIELDS: [&str; 3] = ["name", "display_name", "user_options"];

/// Changes a stopped server.
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    seen: SeenByPython,
    bytes: Bytes,
) -> Answer {
    let user = path.user(&app.hub).await?;
    let server = path.server_name;
    let changes = parse(&bytes)?;
    let display_name = changes.display_name.clone().or_else(|| changes.name.clone());
    match (&changes.name, &display_name) {
        // Every user has a default server.
        (Some(new), _) if new.is_empty() => {
            return Err(Failure::conflict(format!("User {} already has server ''", user.name)));
        }
        (Some(new), _) => {
            let shown = display_name.as_deref().unwrap_or(new);
            let limit = app.hub.named_server_limit(seen.handler()).await?;
            app.hub.check_named_server(&user, new, shown, server.is_empty().then_some(limit))?;
        }
        (None, Some(shown)) => {
            app.hub.check_named_server(&user, &server, shown, None)?;
        }
        (None, None) => (),
    }
    let name = user.spawner(&server).map(|spawner| spawner.name.clone());
    let Some(name) = name.or_else(|| server.is_empty().then(ServerName::default)) else {
        return Err(Failure::not_found(format!(
            "User {} has no such server {}",
            user.name,
            repr_of_text(&server)
        )));
    };
    let changed = app.hub.change_server(&user, &name, changes).await?;
    // 6.1.1 lets Tornado write this one answer, which names the charset.
    let mut answer =
        json(StatusCode::OK, &models::server_row(&app.hub, &caller.authorisation(), &user, &changed))?;
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(answer)
}

fn parse(bytes: &Bytes) -> Result<ServerChanges, Failure> {
    let fields: Map<String, Value> = body::object(bytes, "Body must be a JSON object")?;
    if fields.is_empty() {
        return Err(Failure::bad_request("Must specify at least one field to modify."));
    }
    let unknown: Vec<&str> = fields.keys().map(String::as_str).filter(|key| !FIELDS.contains(key)).collect();
    if !unknown.is_empty() {
        let (unknown, known) = (unknown.join(","), FIELDS.join(","));
        return Err(Failure::bad_request(format!("Unexpected fields: {unknown}, supported fields: {known}")));
    }
    let text = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Failure::bad_request(format!("{key} must be a string"))),
    };
    let user_options = match fields.get("user_options") {
        None => None,
        Some(options @ Value::Object(_)) => Some(options.clone()),
        Some(_) => return Err(Failure::bad_request("user_options must be a dict")),
    };
    Ok(ServerChanges { name: text("name")?, display_name: text("display_name")?, user_options })
}

/// See [`change`].
pub fn change_docs() -> Operation {
    Operation::new("Renames a stopped server, or changes its options.")
        .needs_body(schema::only(schema::object([
            ("name", schema::or_null(schema::text()), "The new name."),
            ("display_name", schema::or_null(schema::text()), "What it is called on pages."),
            ("user_options", schema::any_object(), "Options of the next start."),
        ])))
        .sends::<ServerModel>(200, "The changed server.")
        .refuses(409, "The new name is taken.")
}
