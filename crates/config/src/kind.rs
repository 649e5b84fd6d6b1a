//! Which values a trait takes: Traitlets' types, as data.

/// The type of a trait.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Anything.
    Any,
    /// `True` or `False` (and 1 or 0).
    Bool,
    /// A whole number.
    Int,
    /// A number, with inclusive bounds.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Text.
    Unicode,
    /// Bytes.
    Bytes,
    /// A number of bytes, or text with the suffix K, M, G or T.
    ByteSpecification,
    /// Text that gets a `/` in front and at the end.
    UrlPrefix,
    /// A function, class or callable object.
    Callable,
    /// One of a few values.
    Enum(&'static [Choice]),
    /// One of a few texts, whatever their case.
    CaselessEnum(&'static [&'static str]),
    /// A list (or tuple) of one type of item.
    List(&'static Kind),
    /// A set (or list, or tuple) of one type of item.
    Set(&'static Kind),
    /// A mapping; the types of keys and values.
    Dict(&'static Kind, &'static Kind),
    /// A list of texts of at least this length; one text is a list of one.
    Command(usize),
    /// A class: an import string, a registered short name, or the class itself.
    Class(ClassGroup),
    /// A Python object of the named class.
    Instance(&'static str),
    /// A list of Python's logging handlers.
    LoggingHandlers,
    /// The first type that fits.
    Union(&'static [Kind]),
    /// That type, or `None`.
    Optional(&'static Kind),
}

/// An item of [`Kind::Enum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
}

/// Which registry of short names a class trait uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassGroup {
    /// `jupyterhub.authenticators`
    Authenticators,
    /// `jupyterhub.spawners`
    Spawners,
    /// `jupyterhub.proxies`
    Proxies,
}

/// A number without bounds.
pub const FLOAT: Kind = Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY };

/// A mapping of anything to anything.
pub const DICT: Kind = Kind::Dict(&Kind::Any, &Kind::Any);

/// A list of anything.
pub const LIST: Kind = Kind::List(&Kind::Any);

/// A set of anything.
pub const SET: Kind = Kind::Set(&Kind::Any);

impl Kind {
    /// The type in the notation of upstream's introspection, e.g. `List(Unicode)|None`.
    pub fn upstream_name(&self) -> String {
        match self {
            Self::Any => "Any".to_owned(),
            Self::Bool => "Bool".to_owned(),
            Self::Int => "Int".to_owned(),
            Self::Float { .. } => "Float".to_owned(),
            Self::Unicode => "Unicode".to_owned(),
            Self::Bytes => "Bytes".to_owned(),
            Self::ByteSpecification => "ByteSpecification|None".to_owned(),
            Self::UrlPrefix => "URLPrefix".to_owned(),
            Self::Callable => "Callable".to_owned(),
            Self::Enum(choices) => {
                format!("Enum({})", choices.iter().map(Choice::repr).collect::<Vec<_>>().join(", "))
            }
            Self::CaselessEnum(choices) => {
                let quoted: Vec<_> = choices.iter().map(|choice| format!("'{choice}'")).collect();
                format!("CaselessStrEnum({})", quoted.join(", "))
            }
            Self::List(Self::Any) => "List".to_owned(),
            Self::List(item) => format!("List({})", item.upstream_name()),
            Self::Set(Self::Any) => "Set".to_owned(),
            Self::Set(item) => format!("Set({})", item.upstream_name()),
            Self::Dict(Self::Any, Self::Any) => "Dict".to_owned(),
            Self::Dict(key, value) => format!("Dict({}, {})", key.upstream_name(), value.upstream_name()),
            Self::Command(_) => "Command(Unicode)".to_owned(),
            Self::Class(group) => format!("EntryPointType({})", group.base_class()),
            Self::Instance(class) => format!("Instance({class})"),
            Self::LoggingHandlers => "Handlers".to_owned(),
            Self::Union(kinds) => {
                format!("Union({})", kinds.iter().map(Self::upstream_name).collect::<Vec<_>>().join(", "))
            }
            Self::Optional(kind) => format!("{}|None", kind.upstream_name()),
        }
    }

    /// What a value must be, in words, for messages and pages.
    pub fn describe(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Bool => "True or False".to_owned(),
            Self::Int => "a whole number".to_owned(),
            Self::Float { min, max } if min.is_finite() && max.is_finite() => {
                format!("a number from {min} to {max}")
            }
            Self::Float { .. } => "a number".to_owned(),
            Self::Unicode => "a string".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::ByteSpecification => {
                "a number of bytes, or a string such as '512M' or '2G', or None".to_owned()
            }
            Self::UrlPrefix => "a URL path".to_owned(),
            Self::Callable => "a callable".to_owned(),
            Self::Enum(choices) => {
                format!("one of {}", choices.iter().map(Choice::repr).collect::<Vec<_>>().join(", "))
            }
            Self::CaselessEnum(choices) => format!("one of {}", choices.join(", ")),
            Self::List(Self::Any) => "a list".to_owned(),
            Self::List(item) => format!("a list, each item {}", item.describe()),
            Self::Set(Self::Any) => "a set".to_owned(),
            Self::Set(item) => format!("a set, each item {}", item.describe()),
            Self::Dict(Self::Any, Self::Any) => "a dictionary".to_owned(),
            Self::Dict(key, value) => {
                format!("a dictionary, each key {} and each value {}", key.describe(), value.describe())
            }
            Self::Command(_) => "a command: a list of strings, or one string".to_owned(),
            Self::Class(group) => {
                format!("a {} class, its import string or its short name", group.base_class())
            }
            Self::Instance(class) => format!("a Python {class} object"),
            Self::LoggingHandlers => "a list of Python's logging handlers".to_owned(),
            Self::Union(kinds) => kinds.iter().map(Self::describe).collect::<Vec<_>>().join(", or "),
            Self::Optional(kind) => format!("{}, or None", kind.describe()),
        }
    }

    /// Whether repeated command-line options add up: lists, sets, commands and mappings.
    pub fn is_container(&self) -> bool {
        match self {
            Self::List(_) | Self::Set(_) | Self::Dict(..) | Self::Command(_) => true,
            Self::Optional(kind) => kind.is_container(),
            _ => false,
        }
    }
}

impl Choice {
    /// In Python's notation.
    pub fn repr(&self) -> String {
        match self {
            Self::Int(value) => value.to_string(),
            Self::Text(value) => format!("'{value}'"),
        }
    }
}

impl ClassGroup {
    /// The class that every member of the group extends.
    pub fn base_class(self) -> &'static str {
        match self {
            Self::Authenticators => "Authenticator",
            Self::Spawners => "Spawner",
            Self::Proxies => "Proxy",
        }
    }
}
