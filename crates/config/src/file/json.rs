//! `jupyterhub_config.json`: the same names as the Python file, as an object of objects.

use std::path::Path;

use perijove_model::value::Value;
use serde_json::{Map, Value as Json};

use super::read;
use crate::command_line::is_section_name;
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::tree::{Entry, Raw, Tree};

/// Reads a JSON file.
///
/// # Errors
/// A file that cannot be read, is no JSON, or is of a version other than 1.
pub(crate) fn load(path: &Path) -> Result<Tree, ConfigError> {
    let text = read(path)?;
    let syntax =
        |line: Option<u32>, problem: String| ConfigError::Syntax { path: path.to_owned(), line, problem };
    let json: Json = serde_json::from_str(&text)
        .map_err(|error| syntax(u32::try_from(error.line()).ok(), format!("this is no JSON: {error}")))?;
    let Json::Object(mut object) = json else {
        return Err(syntax(None, "the file must hold one JSON object".to_owned()));
    };
    match object.remove("version") {
        None => {}
        Some(version) if version == 1 => {}
        Some(version) => {
            return Err(syntax(None, format!("version {version} of configuration files is unknown")));
        }
    }
    tree(object, path).map_err(|problem| syntax(None, problem))
}

fn tree(object: Map<String, Json>, path: &Path) -> Result<Tree, String> {
    let mut found = Tree::default();
    for (name, json) in object {
        if !is_section_name(&name) {
            let origin = Origin::File { path: path.to_owned(), line: None };
            found.entries.insert(name, Entry { raw: Raw::Value(value(json)), origin });
        } else if let Json::Object(section) = json {
            found.sections.insert(name, tree(section, path)?);
        } else {
            return Err(format!("{name} is the name of a section and must be an object"));
        }
    }
    Ok(found)
}

pub(crate) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Str(text),
        Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
        Json::Object(object) => {
            Value::Dict(object.into_iter().map(|(key, json)| (Value::Str(key), value(json))).collect())
        }
    }
}
