//! The document itself; `e2e/test_openapi.py` compares it with upstream's.

use std::collections::BTreeSet;

use super::*;
use crate::routes::rows;

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.insert(reference.clone());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => (),
    }
}

#[test]
fn every_row_of_the_api_is_described() {
    let bare: Vec<_> = rows()
        .iter()
        .filter(|row| row.path.starts_with("/api") && row.docs.is_none())
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    assert!(bare.is_empty(), "without docs: {bare:?}");
}

#[test]
fn all_that_is_referred_to_is_there() {
    let document = document(&rows(), "/hub/");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/User"));
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let scopes = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"];
    for row in rows() {
        let named = match row.access {
            Access::AnyOf(scopes) => scopes.to_vec(),
            Access::Filtered(scope) => vec![scope],
            _ => Vec::new(),
        };
        for scope in named {
            assert!(scopes.get(scope).is_some(), "{scope}");
        }
    }
}

#[test]
fn rows_are_completed_by_their_rules() {
    let document = document(&rows(), "/p/hub/");
    assert_eq!(document["servers"][0]["url"], "/p/hub/api");
    let change = &document["paths"]["/users/{name}"]["patch"];
    assert_eq!(change["operationId"], "patch_users_name");
    assert_eq!(change["security"], json!([{ "token": [] }, { "oauth2": ["admin:users"] }]));
    let statuses: Vec<&String> = change["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["200", "400", "403", "404", "409", "413", "503"]);
    assert_eq!(document["paths"]["/"]["get"]["security"], json!([]));
    assert!(document["paths"].get("/home").is_none());
    let ids: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].to_string())
        .collect();
    let count = rows().iter().filter(|row| row.docs.is_some() && path::shown(row.path).is_some()).count();
    assert_eq!(ids.len(), count);
}

#[test]
fn schemas_say_what_is_sent() {
    let schemas = schema::components();
    let user = &schemas["User"];
    assert_eq!(user["required"], json!([]));
    assert_eq!(user["properties"]["name"]["type"], json!(["string"]));
    assert_eq!(user["properties"]["server"]["type"], json!(["string", "null"]));
    assert_eq!(user["properties"]["name"]["description"], "The name.");
    let token = &schemas["Token"];
    let required: BTreeSet<&str> =
        token["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(required.contains("note") && !required.contains("token") && !required.contains("user"));
    assert_eq!(token["properties"]["note"]["type"], json!(["string", "null"]));
    let stamp = &schemas["Timestamp"];
    assert_eq!((&stamp["type"], &stamp["format"]), (&json!("string"), &json!("date-time")));
}
