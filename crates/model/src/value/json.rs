//! The tagged JSON encoding of values.
//!
//! | value | JSON |
//! |---|---|
//! | none, truth values, text, lists | themselves |
//! | whole numbers | a number without fraction or exponent |
//! | finite floating point numbers | a number with fraction or exponent |
//! | other floating point numbers | `{"$float": "nan"}`, `"inf"` or `"-inf"` |
//! | bytes | `{"$bytes": "<standard base64>"}` |
//! | tuples, sets | `{"$tuple": […]}`, `{"$set": […]}` |
//! | dictionaries | `{"$dict": [[key, value], …]}`, always, so that no key can be taken for a tag |
//! | paths | `{"$path": "/srv/x"}` |
//! | time spans | `{"$timedelta": 1.5}` in seconds |
//! | handles | `{"$handle": {"id": 1, "kind": "function", "name": "m.f", "description": "<function f …>"}}`; `kind` is `function`, `class` or `instance` |
//! | lazy changes | `{"$lazy": {"prepend": […], "extend": […], "inserts": [[index, value], …], "update": value or null}}` |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value as Json, json};

use super::{Handle, HandleKind, LazyOps, Value};

/// Why a JSON text is no encoded value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A number that fits neither 64-bit integers nor floating point.
    #[error("the number {0} does not fit 64 bits")]
    Number(String),
    /// An object without exactly one known tag.
    #[error("an object needs exactly one tag such as \"$dict\", found {0:?}")]
    Tag(Vec<String>),
    /// The content of a tag has the wrong shape.
    #[error("the content of {tag:?} is malformed")]
    Content {
        /// The tag.
        tag: String,
    },
}

impl Value {
    /// Encodes the value; [`Value::from_json`] gives back an equal one.
    pub fn to_json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Int(number) => Json::from(*number),
            Self::Float(number) => float_to_json(*number),
            Self::Str(text) => Json::String(text.clone()),
            Self::Bytes(bytes) => json!({ "$bytes": STANDARD.encode(bytes) }),
            Self::List(items) => array(items),
            Self::Tuple(items) => json!({ "$tuple": array(items) }),
            Self::Set(items) => json!({ "$set": array(items) }),
            Self::Dict(entries) => {
                let pairs = entries.iter().map(|(key, value)| json!([key.to_json(), value.to_json()]));
                json!({ "$dict": pairs.collect::<Vec<_>>() })
            }
            Self::Path(path) => json!({ "$path": path }),
            Self::Timedelta(seconds) => json!({ "$timedelta": float_to_json(*seconds) }),
            Self::Handle(handle) => json!({ "$handle": {
                "id": handle.id,
                "kind": kind_name(handle.kind),
                "name": handle.name,
                "description": handle.description,
            }}),
            Self::Lazy(ops) => {
                let inserts = ops.inserts.iter().map(|(index, value)| json!([index, value.to_json()]));
                json!({ "$lazy": {
                    "prepend": array(&ops.prepend),
                    "extend": array(&ops.extend),
                    "inserts": inserts.collect::<Vec<_>>(),
                    "update": ops.update.as_ref().map(|update| update.to_json()),
                }})
            }
        }
    }

    /// Decodes what [`Value::to_json`] and the worker's `encode` make.
    ///
    /// # Errors
    /// [`ValueError`] if the JSON is not such an encoding.
    pub fn from_json(json: &Json) -> Result<Self, ValueError> {
        match json {
            Json::Null => Ok(Self::None),
            Json::Bool(flag) => Ok(Self::Bool(*flag)),
            Json::Number(number) => number_from_json(number),
            Json::String(text) => Ok(Self::Str(text.clone())),
            Json::Array(items) => list(items).map(Self::List),
            Json::Object(object) => tagged(object),
        }
    }

    /// The value as ordinary JSON, where it has such a form: tuples and sets become arrays, dictionaries with
    /// text keys objects, paths text, time spans seconds. `None` for bytes, handles, lazy changes, other keys and
    /// numbers that JSON lacks.
    pub fn to_plain_json(&self) -> Option<Json> {
        match self {
            Self::None => Some(Json::Null),
            Self::Bool(flag) => Some(Json::Bool(*flag)),
            Self::Int(number) => Some(Json::from(*number)),
            Self::Float(number) | Self::Timedelta(number) => Number::from_f64(*number).map(Json::Number),
            Self::Str(text) | Self::Path(text) => Some(Json::String(text.clone())),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => {
                items.iter().map(Self::to_plain_json).collect::<Option<Vec<_>>>().map(Json::Array)
            }
            Self::Dict(entries) => {
                let object = entries
                    .iter()
                    .map(|(key, value)| Some((key.as_str()?.to_owned(), value.to_plain_json()?)))
                    .collect::<Option<Map<_, _>>>();
                object.map(Json::Object)
            }
            Self::Bytes(_) | Self::Handle(_) | Self::Lazy(_) => None,
        }
    }

    /// Takes ordinary JSON for what Python's `json.loads` would make of it: objects become dictionaries.
    ///
    /// # Errors
    /// [`ValueError::Number`] for whole numbers beyond 64 bits.
    pub fn from_plain_json(json: &Json) -> Result<Self, ValueError> {
        match json {
            Json::Object(object) => object
                .iter()
                .map(|(key, value)| Ok((Self::Str(key.clone()), Self::from_plain_json(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::Dict),
            Json::Array(items) => {
                items.iter().map(Self::from_plain_json).collect::<Result<_, _>>().map(Self::List)
            }
            scalar => Self::from_json(scalar),
        }
    }
}

fn array(items: &[Value]) -> Json {
    Json::Array(items.iter().map(Value::to_json).collect())
}

fn list(items: &[Json]) -> Result<Vec<Value>, ValueError> {
    items.iter().map(Value::from_json).collect()
}

fn float_to_json(number: f64) -> Json {
    let text = if number.is_nan() {
        "nan"
    } else if number > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    Number::from_f64(number).map_or_else(|| json!({ "$float": text }), Json::Number)
}

fn number_from_json(number: &Number) -> Result<Value, ValueError> {
    if let Some(whole) = number.as_i64() {
        return Ok(Value::Int(whole));
    }
    match number.as_f64() {
        Some(float) if number.is_f64() => Ok(Value::Float(float)),
        _ => Err(ValueError::Number(number.to_string())),
    }
}

fn kind_name(kind: HandleKind) -> &'static str {
    match kind {
        HandleKind::Function => "function",
        HandleKind::Class => "class",
        HandleKind::Instance => "instance",
    }
}

fn tagged(object: &Map<String, Json>) -> Result<Value, ValueError> {
    let mut entries = object.iter();
    let (Some((tag, content)), None) = (entries.next(), entries.next()) else {
        return Err(ValueError::Tag(object.keys().cloned().collect()));
    };
    let malformed = || ValueError::Content { tag: tag.clone() };
    match tag.as_str() {
        "$float" => match content.as_str() {
            Some("nan") => Ok(Value::Float(f64::NAN)),
            Some("inf") => Ok(Value::Float(f64::INFINITY)),
            Some("-inf") => Ok(Value::Float(f64::NEG_INFINITY)),
            _ => Err(malformed()),
        },
        "$bytes" => {
            let text = content.as_str().ok_or_else(malformed)?;
            STANDARD.decode(text).map(Value::Bytes).map_err(|_| malformed())
        }
        "$tuple" => list(content.as_array().ok_or_else(malformed)?).map(Value::Tuple),
        "$set" => list(content.as_array().ok_or_else(malformed)?).map(Value::Set),
        "$dict" => content
            .as_array()
            .ok_or_else(malformed)?
            .iter()
            .map(|pair| dict_entry(tag, pair))
            .collect::<Result<_, _>>()
            .map(Value::Dict),
        "$path" => content.as_str().map(|path| Value::Path(path.to_owned())).ok_or_else(malformed),
        "$timedelta" => match Value::from_json(content)? {
            Value::Float(seconds) => Ok(Value::Timedelta(seconds)),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a time span of 2^53 seconds is longer than Python's longest"
            )]
            Value::Int(seconds) => Ok(Value::Timedelta(seconds as f64)),
            _ => Err(malformed()),
        },
        "$handle" => handle(content).map(Value::Handle).ok_or_else(malformed),
        "$lazy" => lazy(content).map(Value::Lazy),
        _ => Err(ValueError::Tag(vec![tag.clone()])),
    }
}

fn dict_entry(tag: &str, pair: &Json) -> Result<(Value, Value), ValueError> {
    match pair.as_array().map(Vec::as_slice) {
        Some([key, value]) => Ok((Value::from_json(key)?, Value::from_json(value)?)),
        _ => Err(ValueError::Content { tag: tag.to_owned() }),
    }
}

fn handle(content: &Json) -> Option<Handle> {
    let kind = match content.get("kind")?.as_str()? {
        "function" => HandleKind::Function,
        "class" => HandleKind::Class,
        "instance" => HandleKind::Instance,
        _ => return None,
    };
    let name = content.get("name")?.as_str()?.to_owned();
    let description = content.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
    Some(Handle { id: content.get("id")?.as_u64()?, kind, name, description })
}

fn lazy(content: &Json) -> Result<LazyOps, ValueError> {
    let malformed = || ValueError::Content { tag: "$lazy".to_owned() };
    let part = |name: &str| match content.get(name) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(items)) => list(items),
        Some(_) => Err(malformed()),
    };
    let mut inserts = Vec::new();
    for insert in content.get("inserts").and_then(Json::as_array).into_iter().flatten() {
        match insert.as_array().map(Vec::as_slice) {
            Some([index, value]) => {
                inserts.push((index.as_i64().ok_or_else(malformed)?, Value::from_json(value)?));
            }
            _ => return Err(malformed()),
        }
    }
    let update = match content.get("update") {
        None | Some(Json::Null) => None,
        Some(update) => Some(Box::new(Value::from_json(update)?)),
    };
    Ok(LazyOps { prepend: part("prepend")?, extend: part("extend")?, inserts, update })
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::from_json(&json).map_err(D::Error::custom)
    }
}
