//! What is known of a configurable class and of each of its traits.
//!
//! The tables are filled by [`section!`](crate::section) and are the one source for reading
//! values, suggestions, `--help-all`, `--generate-config` and the reference page.

use perijove_model::value::Value;

use crate::error::ConfigError;
use crate::kind::Kind;
use crate::values::Values;

/// One configurable class, under the name that configuration files use.
#[derive(Debug)]
pub struct ClassInfo {
    /// Section name, as in `c.NAME.trait`.
    pub name: &'static str,
    /// Module that defines the class upstream; with `name` it makes the import string.
    pub module: &'static str,
    /// The class that values are inherited from.
    pub parent: Option<fn() -> &'static ClassInfo>,
    /// Our own description.
    pub help: &'static str,
    /// Traits that this class adds to, or changes in, those of its parent.
    pub traits: &'static [TraitInfo],
}

/// One trait of a class.
#[derive(Debug)]
pub struct TraitInfo {
    /// Name, as in `c.Class.NAME`.
    pub name: &'static str,
    /// Which values it takes.
    pub kind: Kind,
    /// The value it has when nothing sets it.
    pub default: DefaultValue,
    /// Whether Perijove acts on it.
    pub status: Status,
    /// Our own description; empty where a subclass only changes the default.
    pub help: &'static str,
}

/// Whether a trait has an effect yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It acts as in JupyterHub.
    Honoured,
    /// A plain value acts as in JupyterHub; a function is not called yet, so that it stops the start.
    HonouredPlain,
    /// Arguments of Python's `subprocess.Popen`, of which those act that [`PopenOptions`](crate::popen::PopenOptions)
    /// understands.
    HonouredPopen,
    /// It acts but for what the words say: a warning when it is set.
    Partly(&'static str),
    /// It has no effect here and needs none: nothing is said.
    Harmless,
    /// It is known but does nothing yet: a warning when it is set.
    NotYet,
    /// It does nothing yet and leaving it out would make a less safe hub: setting it stops the start.
    NotYetRestricting,
}

impl Status {
    /// For help texts: what of a trait of `class` does not act, as a sentence; nothing if all of it does.
    pub fn remark(self, class: &'static ClassInfo) -> Option<String> {
        let plugin = class.may_be_plugin();
        Some(match self {
            Self::Honoured => return None,
            Self::HonouredPopen => "Other arguments make Python run the class.".to_owned(),
            Self::HonouredPlain if plugin => "A function makes Python run the class.".to_owned(),
            Self::Partly(_) | Self::NotYet | Self::NotYetRestricting if plugin => {
                "Setting it makes Python run the class.".to_owned()
            }
            Self::HonouredPlain => "Functions are not called yet: one stops the start.".to_owned(),
            Self::Partly(words) => format!("Not all of it acts yet: {words}."),
            Self::Harmless => "Accepted; nothing depends on it here.".to_owned(),
            Self::NotYet => "Does nothing yet.".to_owned(),
            Self::NotYetRestricting => "Not supported yet: setting it stops the start.".to_owned(),
        })
    }
}

/// Computes a default from the values of other traits.
pub type Compute = fn(&Values<'_>) -> Result<Value, ConfigError>;

/// The value of a trait that nothing sets.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// Python's `None`.
    None,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A string.
    Text(&'static str),
    /// A list of strings.
    Texts(&'static [&'static str]),
    /// `[]`
    EmptyList,
    /// `set()`
    EmptySet,
    /// `{}`
    EmptyDict,
    /// `b''`
    EmptyBytes,
    /// Depends on other traits; the text says how.
    Computed(&'static str, Compute),
    /// Depends on more than the configuration (environment, host), so the reader of the section
    /// decides; the text says how. The field is an `Option`.
    Late(&'static str),
}

impl DefaultValue {
    /// The default as a value, where it is a constant. A late default is `None`.
    pub fn constant(&self) -> Option<Value> {
        Some(match *self {
            Self::None => Value::None,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(value) => Value::Str(value.to_owned()),
            Self::Texts(items) => {
                Value::List(items.iter().map(|item| Value::Str((*item).to_owned())).collect())
            }
            Self::EmptyList => Value::List(Vec::new()),
            Self::EmptySet => Value::Set(Vec::new()),
            Self::EmptyDict => Value::Dict(Vec::new()),
            Self::EmptyBytes => Value::Bytes(Vec::new()),
            Self::Computed(..) | Self::Late(_) => return None,
        })
    }

    /// For messages and pages: the value in Python's notation, or how it is found.
    pub fn describe(&self) -> String {
        match self {
            Self::Computed(words, _) | Self::Late(words) => (*words).to_owned(),
            constant => constant.constant().map(|value| value.repr()).unwrap_or_default(),
        }
    }
}

impl ClassInfo {
    /// This class and its ancestors, nearest first.
    pub fn chain(&'static self) -> impl Iterator<Item = &'static ClassInfo> {
        std::iter::successors(Some(self), |class| class.parent.map(|parent| parent()))
    }

    /// Whether `name` is this class or one of its ancestors.
    pub fn is_a(&'static self, name: &str) -> bool {
        self.chain().any(|class| class.name == name)
    }

    /// Whether Python may run the class in the place of a native one.
    pub fn may_be_plugin(&'static self) -> bool {
        self.is_a("Authenticator") || self.is_a("Spawner")
    }

    /// The nearest definition of a trait in this class or its ancestors.
    pub fn trait_info(&'static self, name: &str) -> Option<&'static TraitInfo> {
        self.chain().flat_map(|class| class.traits).find(|info| info.name == name)
    }

    /// Our description of a trait; a class that only changes a default inherits the words.
    pub fn trait_help(&'static self, name: &str) -> &'static str {
        self.chain()
            .flat_map(|class| class.traits)
            .find(|info| info.name == name && !info.help.is_empty())
            .map_or("", |info| info.help)
    }

    /// Every trait, inherited ones included, sorted by name.
    pub fn all_traits(&'static self) -> Vec<&'static TraitInfo> {
        let mut seen = std::collections::BTreeMap::new();
        for info in self.chain().flat_map(|class| class.traits) {
            seen.entry(info.name).or_insert(info);
        }
        seen.into_values().collect()
    }

    /// The import string of the class, e.g. `jupyterhub.auth.PAMAuthenticator`.
    pub fn import_string(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// Traitlets' root class. It has no traits, but its section is merged into every other.
pub static CONFIGURABLE: ClassInfo = ClassInfo {
    name: "Configurable",
    module: "traitlets.config.configurable",
    parent: None,
    help: "Ancestor of every configurable class.",
    traits: &[],
};

/// Root of classes that log.
pub static LOGGING_CONFIGURABLE: ClassInfo = ClassInfo {
    name: "LoggingConfigurable",
    module: "traitlets.config.configurable",
    parent: Some(|| &CONFIGURABLE),
    help: "Ancestor of every configurable class that logs.",
    traits: &[],
};

/// Root of classes with one instance.
pub static SINGLETON_CONFIGURABLE: ClassInfo = ClassInfo {
    name: "SingletonConfigurable",
    module: "traitlets.config.configurable",
    parent: Some(|| &LOGGING_CONFIGURABLE),
    help: "Ancestor of every configurable class of which there is one instance.",
    traits: &[],
};
