//! `openapi.json`: the REST API described for programs, put together from the route table.
//!
//! A [`Row`] says method, path and who may use it; the function beside its handler says the rest, as an
//! [`Operation`]. Both are put together when somebody asks; nothing of it is kept in memory before that.

mod operation;
mod path;
pub mod schema;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use perijove_core::UPSTREAM_VERSION;
use perijove_model::scope::definitions;
use serde_json::{Map, Value, json};

pub use operation::Operation;

use crate::guard::Access;
use crate::routes::Row;

/// The document of the API below `hub_prefix`, which ends with a slash.
pub fn document(rows: &[Row], hub_prefix: &str) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags = BTreeSet::new();
    for row in rows {
        let (Some(path), Some(docs)) = (path::shown(row.path), row.docs) else { continue };
        tags.insert(path::resource(&path));
        let operation = complete(docs(), row, &path);
        paths.entry(path).or_default().insert(row.method.as_str().to_ascii_lowercase(), operation);
    }
    let tags: Vec<Value> = tags.into_iter().map(|name| json!({ "name": name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "JupyterHub REST API, as Perijove answers it",
            "description": "Bodies are JSON whatever their content type. Whoever may not see a resource is told that it \
                            does not exist. A browser session (cookie) is accepted too, with its `_xsrf` value in the \
                            header `X-XSRFToken`.",
            "version": UPSTREAM_VERSION,
            "license": { "name": "BSD-3-Clause", "identifier": "BSD-3-Clause" },
        },
        "servers": [{ "url": format!("{hub_prefix}api") }],
        "security": [{ "token": [] }, { "oauth2": [] }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schema::components(), "securitySchemes": security_schemes(hub_prefix) },
    })
}

/// Adds what follows from the row: parameters of the path, who may use it, how it refuses.
fn complete(operation: Operation, row: &Row, path: &str) -> Value {
    let mut operation = operation;
    for (name, text) in path::parameters(path) {
        operation = operation.path_parameter(name, text);
    }
    if operation.reads_input() {
        operation = operation.also_refuses(400, "The request is not understood; the message says why.");
    }
    if operation.has_body() {
        operation = operation.also_refuses(413, "The body is too large.");
    }
    if row.access != Access::Public {
        operation = operation.also_refuses(403, "Without credentials, or their scopes are not enough.");
    }
    if matches!(row.access, Access::AnyOf(_)) && path.contains('{') {
        operation = operation.also_refuses(404, "There is no such thing, or the caller may not see it.");
    }
    if row.method != Method::GET && row.access != Access::Public {
        operation = operation
            .also_refuses(409, "Another request was faster.")
            .also_refuses(503, "The database is busy; `Retry-After` says when to try again.");
    }
    let mut value = operation.into_json();
    if let Some(fields) = value.as_object_mut() {
        let id = format!("{} {path}", row.method.as_str().to_ascii_lowercase());
        let id: Vec<&str> =
            id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        fields.insert("operationId".into(), id.join("_").into());
        fields.insert("tags".into(), json!([path::resource(path)]));
        fields.insert("security".into(), security(row.access));
    }
    value
}

/// Any one of the entries suffices.
fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::SignedIn | Access::Token => json!([{ "token": [] }, { "oauth2": [] }]),
        Access::Filtered(scope) => json!([{ "token": [] }, { "oauth2": [scope] }]),
        Access::AnyOf(scopes) => {
            let mut entries = vec![json!({ "token": [] })];
            entries.extend(scopes.iter().map(|scope| json!({ "oauth2": [scope] })));
            Value::Array(entries)
        }
    }
}

fn security_schemes(hub_prefix: &str) -> Value {
    let scopes: Map<String, Value> =
        definitions().iter().map(|scope| (scope.name.to_owned(), scope.description.into())).collect();
    json!({
        "token": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "`token …` or `Bearer …`",
        },
        "oauth2": {
            "type": "oauth2",
            "description": "For services: the token that `/oauth2/token` gives for a code.",
            "flows": { "authorizationCode": {
                "authorizationUrl": format!("{hub_prefix}api/oauth2/authorize"),
                "tokenUrl": format!("{hub_prefix}api/oauth2/token"),
                "scopes": scopes,
            } },
        },
    })
}

#[cfg(test)]
mod tests;
