//! Whether a value fits a trait, and what Traitlets makes of it (a string for a list, 1 for True).

use perijove_model::value::{Handle, HandleKind, Value};

use crate::class_names;
use crate::kind::{Choice, Kind};

impl Kind {
    /// The value as the trait holds it after an assignment, or `None` if it does not fit.
    pub fn accept(&self, value: Value) -> Option<Value> {
        // Only a whole assignment turns one string into a list or set of one.
        match (self, value) {
            (Self::List(_), value @ Value::Str(_)) => self.accept_item(Value::List(vec![value])),
            (Self::Set(_), value @ Value::Str(_)) => self.accept_item(Value::Set(vec![value])),
            (Self::Optional(kind), value) if !matches!(value, Value::None) => kind.accept(value),
            (_, value) => self.accept_item(value),
        }
    }

    fn accept_item(&self, value: Value) -> Option<Value> {
        match self {
            Self::Any => Some(value),
            Self::Bool => accept_bool(&value),
            Self::Int => accept_int(value),
            Self::Float { min, max } => accept_float(&value, *min, *max),
            Self::Unicode => accept_text(value).map(Value::Str),
            Self::Bytes => matches!(value, Value::Bytes(_)).then_some(value),
            Self::ByteSpecification => accept_byte_specification(value),
            Self::UrlPrefix => accept_text(value).map(|text| Value::Str(url_prefix(text))),
            Self::Callable => is_callable(&value).then_some(value),
            Self::Enum(choices) => choices.iter().any(|choice| choice.matches(&value)).then_some(value),
            Self::CaselessEnum(choices) => {
                let text = value.as_str()?;
                let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(text))?;
                Some(Value::from(*choice))
            }
            Self::List(item) => match value {
                Value::List(items) | Value::Tuple(items) => item.accept_each(items).map(Value::List),
                _ => None,
            },
            Self::Set(item) => match value {
                Value::Set(items) | Value::List(items) | Value::Tuple(items) => {
                    item.accept_each(items).map(|items| Value::Set(without_repeats(items)))
                }
                _ => None,
            },
            Self::Dict(key_kind, value_kind) => accept_dict(value, key_kind, value_kind),
            Self::Command(shortest) => accept_command(value, *shortest),
            Self::Class(group) => accept_class(value, *group),
            Self::Instance(_) => matches!(value, Value::Handle(_)).then_some(value),
            Self::LoggingHandlers => match value {
                Value::List(items) | Value::Tuple(items) => {
                    items.iter().all(|item| matches!(item, Value::Handle(_))).then_some(Value::List(items))
                }
                _ => None,
            },
            Self::Union(kinds) => kinds.iter().find_map(|kind| kind.accept_item(value.clone())),
            Self::Optional(kind) => match value {
                Value::None => Some(Value::None),
                value => kind.accept_item(value),
            },
        }
    }

    fn accept_each(&self, items: Vec<Value>) -> Option<Vec<Value>> {
        items.into_iter().map(|item| self.accept_item(item)).collect()
    }
}

impl Choice {
    fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Int(choice), Value::Int(number)) => choice == number,
            (Self::Int(choice), Value::Bool(flag)) => *choice == i64::from(*flag),
            (Self::Text(choice), Value::Str(text)) => choice == text,
            _ => false,
        }
    }
}

fn accept_bool(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(flag) => Some(Value::Bool(*flag)),
        Value::Int(1) => Some(Value::Bool(true)),
        Value::Int(0) => Some(Value::Bool(false)),
        _ => None,
    }
}

fn accept_int(value: Value) -> Option<Value> {
    match value {
        Value::Int(_) => Some(value),
        Value::Bool(flag) => Some(Value::Int(i64::from(flag))),
        Value::Float(number) => float_to_int(number).map(Value::Int),
        _ => None,
    }
}

/// A float such as `4e9` counts as a whole number if it is one.
fn float_to_int(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range and the fraction are checked")]
    (number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number)).then_some(number as i64)
}

fn accept_float(value: &Value, min: f64, max: f64) -> Option<Value> {
    let number = match value {
        Value::Float(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "Python's float() rounds the same way")]
        Value::Int(number) => *number as f64,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        _ => return None,
    };
    (!(number < min || number > max)).then_some(Value::Float(number))
}

fn accept_text(value: Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text),
        Value::Bytes(bytes) if bytes.is_ascii() => String::from_utf8(bytes).ok(),
        _ => None,
    }
}

pub(crate) fn url_prefix(text: String) -> String {
    let front = if text.starts_with('/') { "" } else { "/" };
    let text = format!("{front}{text}");
    if text.ends_with('/') { text } else { text + "/" }
}

fn accept_byte_specification(value: Value) -> Option<Value> {
    match value {
        Value::None => Some(Value::None),
        Value::Int(_) | Value::Bool(_) => accept_int(value),
        Value::Float(number) => float_to_int(number.trunc()).map(Value::Int),
        Value::Str(text) => byte_specification(&text).map(Value::Int),
        _ => None,
    }
}

/// `2G`, `1.5M`: a number and one of the suffixes K, M, G and T, which count in steps of 1024.
fn byte_specification(text: &str) -> Option<i64> {
    let suffix = text.chars().next_back()?;
    let unit = match suffix {
        'K' => 1024.0,
        'M' => 1024.0 * 1024.0,
        'G' => 1024.0 * 1024.0 * 1024.0,
        'T' => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let number: f64 = text.strip_suffix(suffix)?.trim().parse().ok()?;
    float_to_int((number * unit).trunc())
}

fn is_callable(value: &Value) -> bool {
    // Whether an object has `__call__` is known in the worker only; it sends callable objects as functions.
    matches!(value, Value::Handle(Handle { kind: HandleKind::Function | HandleKind::Class, .. }))
}

fn accept_dict(value: Value, key_kind: &Kind, value_kind: &Kind) -> Option<Value> {
    let Value::Dict(entries) = value else { return None };
    let entries = entries
        .into_iter()
        .map(|(key, value)| Some((key_kind.accept_item(key)?, value_kind.accept_item(value)?)))
        .collect::<Option<Vec<_>>>()?;
    Some(Value::Dict(entries))
}

fn accept_command(value: Value, shortest: usize) -> Option<Value> {
    let words = match value {
        Value::Str(_) => vec![value],
        Value::List(items) | Value::Tuple(items) => items,
        _ => return None,
    };
    (words.len() >= shortest).then(|| Kind::Unicode.accept_each(words).map(Value::List))?
}

fn accept_class(value: Value, group: crate::kind::ClassGroup) -> Option<Value> {
    match value {
        Value::Str(name) => Some(Value::Str(class_names::resolve(group, &name))),
        Value::Handle(Handle { kind: HandleKind::Class, .. }) => Some(value),
        _ => None,
    }
}

pub(crate) fn without_repeats(items: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
