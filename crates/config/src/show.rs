//! `--show-config-json` and `--show-config`: the configuration as it was set.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use perijove_model::value::{Handle, HandleKind, LazyOps, Value};

use crate::class::ClassInfo;
use crate::command_line::plain_words;
use crate::section::Section;
use crate::sections::JupyterHub;
use crate::tree::{Raw, Tree};

/// The options that ask for showing are not shown.
const HIDDEN: &[&str] = &["show_config", "show_config_json"];

/// What stands under a name: a value or a section.
enum Item<'a> {
    Value(Value),
    Section(&'a Tree),
}

/// The tree as Python's `json.dump(…, indent=1, sort_keys=True, default=repr)` writes it, with a
/// line end. It holds secrets as they were set.
pub fn json(tree: &Tree) -> String {
    let mut text = String::new();
    write_tree(&mut text, tree, 0, true);
    text.push('\n');
    text
}

/// The tree for people, after the names of the files that were read.
pub fn text(tree: &Tree, files: &[PathBuf]) -> String {
    let mut text = String::new();
    if !files.is_empty() {
        text.push_str("Loaded config files:\n");
        for file in files {
            text.push_str(&format!("  {}\n", file.display()));
        }
        text.push('\n');
    }
    for (class, section) in &tree.sections {
        let items = items(section, hides(class));
        if items.is_empty() {
            continue;
        }
        text.push_str(&format!("{class}\n"));
        for (name, item) in items {
            let shown = match item {
                Item::Value(value) => value.repr(),
                Item::Section(section) => json(section).trim_end().to_owned(),
            };
            text.push_str(&format!("  .{name} = {shown}\n"));
        }
    }
    text
}

fn hides(class: &str) -> bool {
    let hub: &'static ClassInfo = JupyterHub::class();
    hub.is_a(class)
}

fn items(tree: &Tree, hide: bool) -> BTreeMap<&str, Item<'_>> {
    let entries = tree.entries.iter().map(|(name, entry)| {
        let value = match &entry.raw {
            Raw::Value(value) => value.clone(),
            Raw::Words(words) => plain_words(words),
        };
        (name.as_str(), Item::Value(value))
    });
    let sections = tree.sections.iter().map(|(name, section)| (name.as_str(), Item::Section(section)));
    entries.chain(sections).filter(|(name, _)| !(hide && HIDDEN.contains(name))).collect()
}

fn write_tree(text: &mut String, tree: &Tree, depth: usize, top: bool) {
    let items = items(tree, false);
    write_block(text, depth, ['{', '}'], items.into_iter(), |text, (name, item)| {
        write_string(text, name);
        text.push_str(": ");
        match item {
            Item::Value(value) => write_value(text, &value, depth + 1),
            Item::Section(section) if top && hides(name) => write_visible(text, section, depth + 1),
            Item::Section(section) => write_tree(text, section, depth + 1, false),
        }
    });
}

fn write_visible(text: &mut String, section: &Tree, depth: usize) {
    let mut visible = section.clone();
    visible.entries.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    write_tree(text, &visible, depth, false);
}

fn write_value(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::None => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::Float(number) => text.push_str(&json_float(*number)),
        Value::Str(string) => write_string(text, string),
        Value::List(items) | Value::Tuple(items) => {
            write_block(text, depth, ['[', ']'], items.iter(), |text, item| {
                write_value(text, item, depth + 1)
            });
        }
        Value::Dict(entries) => {
            let sorted: BTreeMap<String, &Value> =
                entries.iter().map(|(key, value)| (json_key(key), value)).collect();
            write_block(text, depth, ['{', '}'], sorted.into_iter(), |text, (key, value)| {
                write_string(text, &key);
                text.push_str(": ");
                write_value(text, value, depth + 1);
            });
        }
        Value::Lazy(ops) => write_string(text, &lazy_repr(ops)),
        Value::Handle(handle) => write_string(text, &object_repr(handle)),
        other => write_string(text, &other.repr()),
    }
}

fn write_block<T>(
    text: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    text.push(open);
    let empty = items.len() == 0;
    for (position, item) in items.enumerate() {
        text.push_str(if position == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(depth + 1));
        write(text, item);
    }
    if !empty {
        text.push('\n');
        text.push_str(&" ".repeat(depth));
    }
    text.push(close);
}

/// In quotes, with everything outside of ASCII escaped.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' => text.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push('"');
}

/// Much as Python writes it; instead of an address in memory it says where the object is from.
fn object_repr(handle: &Handle) -> String {
    match handle.kind {
        HandleKind::Class => format!("<class '{}'>", handle.name),
        HandleKind::Function => format!("<{}>", handle.description),
        HandleKind::Instance => handle.description.clone(),
    }
}

fn json_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        Value::Float(number).repr()
    }
}

fn json_key(key: &Value) -> String {
    match key {
        Value::Str(text) => text.clone(),
        Value::None => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        other => other.repr(),
    }
}

/// As Traitlets shows recorded changes.
fn lazy_repr(ops: &LazyOps) -> String {
    let mut entries = Vec::new();
    let mut add = |name: &str, value: Value| entries.push((Value::from(name), value));
    if let Some(update) = &ops.update {
        add("update", (**update).clone());
    }
    if !ops.extend.is_empty() {
        add("extend", Value::List(ops.extend.clone()));
    }
    if !ops.prepend.is_empty() {
        add("prepend", Value::List(ops.prepend.clone()));
    } else if !ops.inserts.is_empty() {
        let inserts = ops.inserts.iter();
        let pairs = inserts.map(|(at, item)| Value::Tuple(vec![Value::Int(*at), item.clone()]));
        add("inserts", Value::List(pairs.collect()));
    }
    format!("<LazyConfigValue {}>", Value::Dict(entries).repr())
}

#[cfg(test)]
mod tests;
