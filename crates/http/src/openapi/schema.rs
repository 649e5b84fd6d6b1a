//! JSON schemas: small ones said in place, and those of the API's models.

use perijove_model::api::{
    ClassInfo, ErrorModel, GroupModel, InfoModel, NameModel, NextPage, Pagination, ServerModel, ServiceModel,
    ShareCodeModel, ShareModel, SharedServerModel, Timestamp, TokenListModel, TokenModel, UserModel,
    VersionModel,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

/// A model that answers have.
pub trait Model: ToSchema + Default + Serialize + DeserializeOwned {}

impl<T: ToSchema + Default + Serialize + DeserializeOwned> Model for T {}

/// Text.
pub fn text() -> Value {
    json!({ "type": "string" })
}

/// `true` or `false`.
pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number.
pub fn whole_number() -> Value {
    json!({ "type": "integer" })
}

/// One of these words.
pub fn choice(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// A list.
pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// An object with values of one kind under any keys.
pub fn map(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// An object of which nothing more is said.
pub fn any_object() -> Value {
    json!({ "type": "object" })
}

/// An object with these fields: name, schema, and what it means.
pub fn object<const N: usize>(fields: [(&str, Value, &str); N]) -> Value {
    let mut properties = Map::new();
    for (name, mut schema, text) in fields {
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".into(), text.into());
        }
        properties.insert(name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties })
}

/// The same, and these fields must be there.
pub fn needs(names: &[&str], mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert("required".into(), json!(names));
    }
    object
}

/// The same, and no other fields are taken.
pub fn only(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert("additionalProperties".into(), Value::Bool(false));
    }
    object
}

/// `null` or this.
pub fn or_null(schema: Value) -> Value {
    any_of([schema, json!({ "type": "null" })])
}

/// Any of these.
pub fn any_of<const N: usize>(schemas: [Value; N]) -> Value {
    json!({ "anyOf": schemas.to_vec() })
}

/// The envelope around a page.
pub fn page_of(items: Value) -> Value {
    needs(
        &["items", "_pagination"],
        json!({ "type": "object", "properties": { "items": items, "_pagination": model::<Pagination>() } }),
    )
}

/// A model, by its name among the components.
pub fn model<T: ToSchema>() -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

/// All models.
pub fn components() -> Map<String, Value> {
    let mut schemas = Map::new();
    let stamp = serde_json::to_value(Timestamp::schema()).unwrap_or_default();
    schemas.insert(Timestamp::name().into_owned(), stamp);
    add::<ClassInfo>(&mut schemas);
    add::<ErrorModel>(&mut schemas);
    add::<GroupModel>(&mut schemas);
    add::<InfoModel>(&mut schemas);
    add::<NameModel>(&mut schemas);
    add::<NextPage>(&mut schemas);
    add::<Pagination>(&mut schemas);
    add::<ServerModel>(&mut schemas);
    add::<ServiceModel>(&mut schemas);
    add::<ShareCodeModel>(&mut schemas);
    add::<ShareModel>(&mut schemas);
    add::<SharedServerModel>(&mut schemas);
    add::<TokenListModel>(&mut schemas);
    add::<TokenModel>(&mut schemas);
    add::<UserModel>(&mut schemas);
    add::<VersionModel>(&mut schemas);
    schemas
}

fn add<T: Model>(schemas: &mut Map<String, Value>) {
    let mut schema = serde_json::to_value(T::schema()).unwrap_or_default();
    make_exact::<T>(&mut schema);
    schemas.insert(T::name().into_owned(), schema);
}

/// The derived schema takes every `Option` for a field that may be missing and may be null. Which of the two it is,
/// serde knows: what an empty model sends is always there, and what stays after it was read as null may be null.
fn make_exact<T: Model>(schema: &mut Value) {
    let Ok(Value::Object(empty)) = serde_json::to_value(T::default()) else { return };
    let always: Vec<&String> = empty.keys().collect();
    let required = json!(always);
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            if !empty.contains_key(name) && !sends_null::<T>(&empty, name) {
                drop_null(property);
            }
        }
    }
    schema.insert("required".into(), required);
}

fn sends_null<T: Model>(empty: &Map<String, Value>, name: &str) -> bool {
    let mut with_null = empty.clone();
    with_null.insert(name.to_owned(), Value::Null);
    let again = serde_json::from_value::<T>(Value::Object(with_null)).and_then(serde_json::to_value);
    again.is_ok_and(|again| again.get(name).is_some())
}

fn drop_null(property: &mut Value) {
    let null = json!("null");
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|kind| *kind != null);
    }
    let alternatives = property.get_mut("oneOf").and_then(Value::as_array_mut);
    if let Some(alternatives) = alternatives {
        alternatives.retain(|schema| schema.get("type") != Some(&null));
    }
}
