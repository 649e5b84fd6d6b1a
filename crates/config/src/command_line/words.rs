//! From words of the command line to values, by the type of the trait.

use std::path::PathBuf;

use perijove_model::value::Value;

use super::literal::literal_eval;
use crate::accept::without_repeats;
use crate::kind::{Choice, Kind};

/// The value of an option that was given these words; the words themselves where they cannot be
/// interpreted, so that the check of the type says what is wrong.
pub fn from_words(kind: &Kind, words: &[String]) -> Value {
    parse_words(kind, words).unwrap_or_else(|_| match words {
        [word] if !matches!(kind, Kind::List(_) | Kind::Set(_) | Kind::Command(_)) => {
            Value::Str(word.clone())
        }
        words => Value::List(words.iter().cloned().map(Value::Str).collect()),
    })
}

/// The value of an option that was given these words.
///
/// # Errors
/// Says what is wrong with the words.
pub fn parse_words(kind: &Kind, words: &[String]) -> Result<Value, String> {
    match (kind, words) {
        (Kind::Optional(inner), words) => match words {
            [word] if word == "None" => Ok(Value::None),
            words => parse_words(inner, words),
        },
        (Kind::List(item), words) => parse_items(words, item, &[("[", "]"), ("(", ")")]).map(Value::List),
        (Kind::Command(_), words) => {
            parse_items(words, &Kind::Unicode, &[("[", "]"), ("(", ")")]).map(Value::List)
        }
        (Kind::Set(item), words) => {
            let items = parse_items(words, item, &[("[", "]"), ("(", ")"), ("{", "}")])?;
            Ok(Value::Set(without_repeats(items)))
        }
        (Kind::Dict(key, value), words) => parse_dict(words, key, value),
        (kind, [word]) => parse_word(kind, word),
        (_, words) => Err(format!("takes one value, got {}", words.len())),
    }
}

fn parse_items(words: &[String], item: &Kind, brackets: &[(&str, &str)]) -> Result<Vec<Value>, String> {
    if let [word] = words {
        let literal = word.len() >= 2
            && brackets.iter().any(|(open, close)| word.starts_with(open) && word.ends_with(close));
        if literal {
            return match literal_eval(word)? {
                Value::List(items) | Value::Tuple(items) | Value::Set(items) => Ok(items),
                // `set({…})` of a dictionary is the set of its keys.
                Value::Dict(entries) => Ok(entries.into_iter().map(|(key, _)| key).collect()),
                // `list(('a'))` of a string is the list of its characters.
                Value::Str(text) => Ok(text.chars().map(|c| Value::Str(c.to_string())).collect()),
                other => Err(format!("{} is not a list", other.repr())),
            };
        }
    }
    words.iter().map(|word| parse_item(item, word)).collect()
}

/// An item of a list without a type of item stays as it is, without `~` and quotes being looked at.
fn parse_item(item: &Kind, word: &str) -> Result<Value, String> {
    match item {
        Kind::Any => Ok(Value::from(word)),
        item => parse_word(item, word),
    }
}

fn parse_dict(words: &[String], key_kind: &Kind, value_kind: &Kind) -> Result<Value, String> {
    if let [word] = words
        && word.starts_with('{')
        && word.ends_with('}')
    {
        return literal_eval(word);
    }
    let mut entries: Vec<(Value, Value)> = Vec::new();
    for word in words {
        let (key, value) =
            word.split_once('=').ok_or_else(|| format!("takes key=value pairs, got {word:?}"))?;
        let key = parse_item(key_kind, key)?;
        let value = parse_item(value_kind, value)?;
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key, value)),
        }
    }
    Ok(Value::Dict(entries))
}

/// One word as a value of a type that is no container, or as one item of a container.
pub(crate) fn parse_word(kind: &Kind, word: &str) -> Result<Value, String> {
    match kind {
        Kind::Bool => match word.to_lowercase().as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(format!("{word:?} is not 1, 0, true, or false")),
        },
        Kind::Int => python_int(word).map(Value::Int),
        // Upstream leaves the suffix to the check of the type, but reads the word as a number first.
        Kind::ByteSpecification => match word {
            "None" => Ok(Value::None),
            word => python_int(word).map(Value::Int),
        },
        Kind::Float { .. } => python_float(word).map(Value::Float),
        Kind::Unicode | Kind::UrlPrefix => Ok(Value::Str(unquote(expand_user(word)))),
        Kind::Bytes => Ok(Value::Bytes(unquote_bytes(word).as_bytes().to_vec())),
        Kind::Enum(choices) => Ok(parse_choice(choices, word)),
        Kind::CaselessEnum(choices) => {
            let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(word));
            Ok(Value::from(choice.copied().unwrap_or(word)))
        }
        Kind::Callable | Kind::Class(_) => Ok(Value::from(word)),
        Kind::Any if word == "None" => Ok(Value::None),
        Kind::Any => Ok(Value::from(word)),
        Kind::Instance(_) | Kind::LoggingHandlers => {
            Ok(literal_eval(word).unwrap_or_else(|_| Value::from(word)))
        }
        Kind::Union(kinds) => parse_union(kinds, word),
        Kind::Optional(_) if word == "None" => Ok(Value::None),
        Kind::Optional(inner) => parse_word(inner, word),
        Kind::List(_) | Kind::Set(_) | Kind::Command(_) => literal_eval(word),
        Kind::Dict(..) => parse_words(kind, std::slice::from_ref(&word.to_owned())),
    }
}

fn parse_choice(choices: &[Choice], word: &str) -> Value {
    let text = choices.iter().any(|choice| matches!(choice, Choice::Text(text) if *text == word));
    if text { Value::from(word) } else { literal_eval(word).unwrap_or_else(|_| Value::from(word)) }
}

/// The first type that can read the word and accepts what it read.
fn parse_union(kinds: &[Kind], word: &str) -> Result<Value, String> {
    for kind in kinds {
        // A word is never a callable; upstream's check refuses it there.
        if let Some(value) = parse_word(kind, word).ok().and_then(|value| kind.accept(value)) {
            return Ok(value);
        }
    }
    Ok(Value::from(word))
}

/// Python's `int(text)`: blanks around, a sign, underscores between digits.
fn python_int(word: &str) -> Result<i64, String> {
    let problem = || format!("{word:?} is not a whole number");
    without_underscores(word.trim()).ok_or_else(problem)?.parse().map_err(|_| problem())
}

/// Python's `float(text)`.
fn python_float(word: &str) -> Result<f64, String> {
    let problem = || format!("{word:?} is not a number");
    without_underscores(word.trim()).ok_or_else(problem)?.parse().map_err(|_| problem())
}

/// Takes single underscores between digits away; `None` if one is anywhere else.
fn without_underscores(text: &str) -> Option<String> {
    let pieces: Vec<_> = text.split('_').collect();
    if pieces.len() > 1 {
        let inside = |piece: &&str| piece.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        if pieces.iter().any(|piece| piece.is_empty() || !inside(piece)) {
            return None;
        }
    }
    Some(pieces.concat())
}

/// Quotes around a string are taken off, as Traitlets still does for old command lines.
fn unquote(text: String) -> String {
    let mut text = text;
    for quote in ['"', '\''] {
        if text.len() >= 2
            && let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
        {
            text = inner.to_owned();
        }
    }
    text
}

fn unquote_bytes(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix('b')?.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

/// `~` and `~/…` as the home of whoever runs this. `~name` would need the account database and
/// stays as it is.
pub(crate) fn expand_user(word: &str) -> String {
    let Some(rest) = word.strip_prefix('~') else { return word.to_owned() };
    if !rest.is_empty() && !rest.starts_with('/') {
        return word.to_owned();
    }
    match std::env::var_os("HOME")
        .map(PathBuf::from)
        .and_then(|home| home.into_os_string().into_string().ok())
    {
        Some(home) => format!("{}{rest}", home.trim_end_matches('/')),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests;
