//! The values of one class: its section over those of its ancestors, then the defaults.

use perijove_model::value::Value;

use crate::class::{ClassInfo, DefaultValue, TraitInfo};
use crate::command_line::words::from_words;
use crate::config::Config;
use crate::corrections::{self, Corrected, Refusal};
use crate::deprecated;
use crate::error::{ConfigError, Place};
use crate::from_value::FromValue;
use crate::kind::Kind;
use crate::origin::Origin;
use crate::tree::{Entry, Raw, Tree};

/// Reads the traits of one class.
#[derive(Debug)]
pub struct Values<'a> {
    class: &'static ClassInfo,
    config: &'a Config,
    merged: Tree,
}

impl<'a> Values<'a> {
    /// `sections` are the names of the sections to merge, the most general first.
    pub(crate) fn new(class: &'static ClassInfo, config: &'a Config, sections: &[String]) -> Self {
        Self { class, config, merged: config.merged(class, sections) }
    }

    /// The class that is being read.
    pub fn class(&self) -> &'static ClassInfo {
        self.class
    }

    /// The whole configuration, for defaults that depend on another class.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// What was set for a trait, and where.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.merged.entries.get(name)
    }

    /// Everything that was set, whether or not the class has such a trait.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.merged.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The value of a trait as the class holds it, or its default. A late default is `None`.
    ///
    /// # Errors
    /// A value that does not fit.
    pub fn value(&self, name: &str) -> Result<Value, ConfigError> {
        if let Some(value) = corrections::derived(self, name)? {
            return Ok(value);
        }
        if let Some(value) = deprecated::replacement(self, name)? {
            return Ok(value);
        }
        match self.accepted(name)? {
            Some(value) => Ok(self.corrected(name, value)?.value),
            None => self.default_value(&self.info(name)?.default),
        }
    }

    /// Checks a value that was set; says what is odd about it.
    pub(crate) fn check(&self, name: &str) -> Result<Option<String>, ConfigError> {
        match self.accepted(name)? {
            Some(value) => Ok(self.corrected(name, value)?.warning),
            None => Ok(None),
        }
    }

    /// What was set, in the type of the trait; nothing is derived from other traits.
    pub(crate) fn accepted(&self, name: &str) -> Result<Option<Value>, ConfigError> {
        let info = self.info(name)?;
        let Some(entry) = self.entry(name) else { return Ok(None) };
        let value = match &entry.raw {
            Raw::Value(Value::Lazy(ops)) => ops.apply(&self.lazy_initial(&info.kind, &info.default)?),
            Raw::Value(value) => value.clone(),
            Raw::Words(words) => from_words(&info.kind, words),
        };
        let kept = value.clone();
        info.kind.accept(value).map(Some).ok_or_else(|| self.wrong_type(name, &info.kind, &kept))
    }

    fn corrected(&self, name: &str, value: Value) -> Result<Corrected, ConfigError> {
        corrections::correct(self, name, value).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => ConfigError::BadValue { place: Box::new(self.place(name)), problem },
            Refusal::Other(error) => error,
        })
    }

    fn info(&self, name: &str) -> Result<&'static TraitInfo, ConfigError> {
        self.class.trait_info(name).ok_or_else(|| ConfigError::NoSuchTrait {
            class: self.class.name.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The value of a trait in the type of its field.
    ///
    /// # Errors
    /// A value that does not fit.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, ConfigError> {
        let value = self.value(name)?;
        let kept = value.clone();
        T::from_value(value).ok_or_else(|| {
            let kind = self.class.trait_info(name).map_or(Kind::Any, |info| info.kind);
            self.wrong_type(name, &kind, &kept)
        })
    }

    fn default_value(&self, default: &DefaultValue) -> Result<Value, ConfigError> {
        match default {
            DefaultValue::Computed(_, compute) => compute(self),
            DefaultValue::Late(_) => Ok(Value::None),
            constant => Ok(constant.constant().unwrap_or(Value::None)),
        }
    }

    /// What recorded changes start from; a late default counts as empty.
    fn lazy_initial(&self, kind: &Kind, default: &DefaultValue) -> Result<Value, ConfigError> {
        Ok(match (self.default_value(default)?, kind) {
            (Value::None, Kind::List(_)) => Value::List(Vec::new()),
            (Value::None, Kind::Union(kinds)) if kinds.iter().any(|kind| matches!(kind, Kind::List(_))) => {
                Value::List(Vec::new())
            }
            (value, _) => value,
        })
    }

    fn wrong_type(&self, name: &str, kind: &Kind, found: &Value) -> ConfigError {
        ConfigError::WrongType {
            place: Box::new(self.place(name)),
            expected: kind.describe(),
            found: describe_found(name, found),
        }
    }

    /// A trait and where it was set, for messages.
    pub fn place(&self, name: &str) -> Place {
        let origin = self.entry(name).map_or(Origin::Default, |entry| entry.origin.clone());
        Place { class: self.class.name.to_owned(), name: name.to_owned(), origin }
    }
}

/// The offending value, unless its name says that it may be a secret.
fn describe_found(name: &str, found: &Value) -> String {
    let secret = ["secret", "password", "token", "key", "url", "settings", "services"]
        .iter()
        .any(|word| name.contains(word));
    let text = found.repr();
    match found {
        _ if secret => format!("a value of type {}", found.type_name()),
        Value::Handle(_) => text,
        _ if text.chars().count() > 80 => format!("a long value of type {}", found.type_name()),
        _ => format!("{text} ({})", found.type_name()),
    }
}
