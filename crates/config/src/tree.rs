//! The tree of sections and values, and how later ones are merged over earlier ones.

use std::collections::BTreeMap;
use std::fmt;

use perijove_model::value::{LazyOps, Value};

use crate::origin::Origin;

/// Sections, each with values and further sections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Values, by trait.
    pub entries: BTreeMap<String, Entry>,
    /// Sections, by class.
    pub sections: BTreeMap<String, Tree>,
}

/// A value as it was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub raw: Raw,
    /// Where it was set.
    pub origin: Origin,
}

/// A value, or words of the command line that only their trait can interpret.
#[derive(Clone, PartialEq)]
pub enum Raw {
    /// A value.
    Value(Value),
    /// The words of an option for which no class is known.
    Words(Vec<String>),
}

/// Only the type is shown, since values may be secrets.
impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "<{}>", value.type_name()),
            Self::Words(words) => write!(f, "<{} words>", words.len()),
        }
    }
}

impl Tree {
    /// Whether nothing at all is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.sections.is_empty()
    }

    /// The section, made if it is missing.
    pub fn section_mut(&mut self, name: &str) -> &mut Tree {
        self.sections.entry(name.to_owned()).or_default()
    }

    /// The value of a trait in a section of the top level.
    pub fn entry(&self, section: &str, name: &str) -> Option<&Entry> {
        self.sections.get(section)?.entries.get(name)
    }

    /// Sets a value in a section of the top level.
    pub fn set(&mut self, section: &str, name: &str, value: Value, origin: Origin) {
        let entry = Entry { raw: Raw::Value(value), origin };
        self.section_mut(section).entries.insert(name.to_owned(), entry);
    }

    /// Puts another tree over this one, as Traitlets' `Config.merge`: sections are merged, recorded
    /// changes are applied to what is there, anything else replaces it.
    pub fn merge(&mut self, over: Tree) {
        for (name, section) in over.sections {
            self.section_mut(&name).merge(section);
        }
        for (name, entry) in over.entries {
            let merged = match (self.entries.remove(&name), entry) {
                (Some(below), Entry { raw: Raw::Value(Value::Lazy(ops)), origin }) => {
                    Entry { raw: Raw::Value(lazy_over(ops, below.raw)), origin }
                }
                (_, entry) => entry,
            };
            self.entries.insert(name, merged);
        }
    }
}

/// Recorded changes over an earlier value, or over earlier recorded changes.
fn lazy_over(ops: LazyOps, below: Raw) -> Value {
    match below {
        Raw::Value(Value::Lazy(mut earlier)) => {
            earlier.extend.extend(ops.extend);
            earlier.inserts.extend(ops.inserts);
            let mut prepend = ops.prepend;
            prepend.append(&mut earlier.prepend);
            earlier.prepend = prepend;
            earlier.update = match (earlier.update, ops.update) {
                (Some(below), Some(over)) => Some(Box::new(updated(*below, *over))),
                (below, over) => over.or(below),
            };
            Value::Lazy(earlier)
        }
        Raw::Value(value) => ops.apply(&value),
        Raw::Words(words) => ops.apply(&Value::List(words.into_iter().map(Value::Str).collect())),
    }
}

fn updated(below: Value, over: Value) -> Value {
    let ops = LazyOps { update: Some(Box::new(over)), ..LazyOps::default() };
    ops.apply(&below)
}
