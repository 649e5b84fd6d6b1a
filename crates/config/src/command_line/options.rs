//! The names of the command line: upstream's aliases and flags, and the few options of our own.

use perijove_model::value::Value;

/// Which command the words belong to. Sub-commands know fewer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The hub itself.
    Hub,
    /// `token` and `upgrade-db`.
    SubCommand,
}

/// A short name of a trait; it takes a value.
#[derive(Debug)]
pub struct Alias {
    /// Without dashes; a single letter has one dash.
    pub name: &'static str,
    /// `Class.trait`.
    pub target: &'static str,
    /// Whether sub-commands know it too.
    pub everywhere: bool,
}

/// A word that sets a trait to a fixed value.
#[derive(Debug)]
pub struct Flag {
    /// Without dashes.
    pub name: &'static str,
    /// The section.
    pub class: &'static str,
    /// The trait.
    pub trait_name: &'static str,
    /// The value.
    pub value: FlagValue,
    /// Whether sub-commands know it too.
    pub everywhere: bool,
    /// Our description.
    pub help: &'static str,
}

/// The value that a flag sets.
#[derive(Clone, Copy, Debug)]
pub enum FlagValue {
    /// `True`
    True,
    /// A whole number.
    Int(i64),
    /// A string.
    Text(&'static str),
}

/// An option that is no trait and that JupyterHub does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnOption {
    /// Without dashes.
    pub name: &'static str,
    /// What stands for the value in the help, if it takes one.
    pub value: Option<&'static str>,
    /// Our description.
    pub help: &'static str,
}

impl FlagValue {
    /// As a configuration value.
    pub fn value(self) -> Value {
        match self {
            Self::True => Value::Bool(true),
            Self::Int(number) => Value::Int(number),
            Self::Text(text) => Value::from(text),
        }
    }
}

const fn alias(name: &'static str, target: &'static str) -> Alias {
    Alias { name, target, everywhere: false }
}

const fn common(name: &'static str, target: &'static str) -> Alias {
    Alias { name, target, everywhere: true }
}

/// Every alias.
pub const ALIASES: &[Alias] = &[
    common("f", "JupyterHub.config_file"),
    common("config", "JupyterHub.config_file"),
    alias("url", "JupyterHub.bind_url"),
    alias("ip", "JupyterHub.ip"),
    alias("port", "JupyterHub.port"),
    alias("base-url", "JupyterHub.base_url"),
    alias("ssl-key", "JupyterHub.ssl_key"),
    alias("ssl-cert", "JupyterHub.ssl_cert"),
    common("db", "JupyterHub.db_url"),
    alias("pid-file", "JupyterHub.pid_file"),
    alias("log-file", "JupyterHub.extra_log_file"),
    common("log-level", "Application.log_level"),
    alias("y", "JupyterHub.answer_yes"),
];

const fn hub_flag(
    name: &'static str,
    trait_name: &'static str,
    value: FlagValue,
    help: &'static str,
) -> Flag {
    Flag { name, class: "JupyterHub", trait_name, value, everywhere: false, help }
}

const fn application_flag(
    name: &'static str,
    trait_name: &'static str,
    value: FlagValue,
    help: &'static str,
) -> Flag {
    Flag { name, class: "Application", trait_name, value, everywhere: true, help }
}

/// Every flag.
pub const FLAGS: &[Flag] = &[
    application_flag("debug", "log_level", FlagValue::Int(10), "Log everything."),
    application_flag(
        "show-config",
        "show_config",
        FlagValue::True,
        "Print the configuration as it was read, and end.",
    ),
    application_flag(
        "show-config-json",
        "show_config_json",
        FlagValue::True,
        "Print the configuration as it was read, as JSON, and end.",
    ),
    hub_flag(
        "generate-config",
        "generate_config",
        FlagValue::True,
        "Write a configuration file with every option commented out, and end.",
    ),
    hub_flag(
        "generate-certs",
        "generate_certs",
        FlagValue::True,
        "Make the certificates of internal_ssl, and end.",
    ),
    hub_flag(
        "no-db",
        "db_url",
        FlagValue::Text("sqlite:///:memory:"),
        "Keep the database in memory: everything is forgotten at the end.",
    ),
    hub_flag("upgrade-db", "upgrade_db", FlagValue::True, "Bring an older database up to date at start."),
    hub_flag("no-ssl", "confirm_no_ssl", FlagValue::True, "Without effect."),
];

/// `--python`
pub const PYTHON: OwnOption = OwnOption {
    name: "python",
    value: Some("PATH"),
    help: "The Python interpreter that runs jupyterhub_config.py and plug-ins.",
};

/// `--log-format`
pub const LOG_FORMAT: OwnOption = OwnOption {
    name: "log-format",
    value: Some("text|json"),
    help: "How log lines are written: as JupyterHub does (text), or one JSON object a line.",
};

/// `--allow-root`
pub const ALLOW_ROOT: OwnOption = OwnOption {
    name: "allow-root",
    value: None,
    help: "Let the server of root run as root, for a first try.",
};

/// Every option of our own.
pub const OWN: &[OwnOption] = &[PYTHON, LOG_FORMAT, ALLOW_ROOT];

impl Scope {
    /// The aliases that this command knows.
    pub fn aliases(self) -> impl Iterator<Item = &'static Alias> {
        ALIASES.iter().filter(move |alias| self == Self::Hub || alias.everywhere)
    }

    /// The flags that this command knows.
    pub fn flags(self) -> impl Iterator<Item = &'static Flag> {
        FLAGS.iter().filter(move |flag| self == Self::Hub || flag.everywhere)
    }

    /// The section in which a value for `Application` ends up: the hub is the only application of
    /// its command line, so Traitlets moves such options to its section.
    pub fn section(self, class: &'static str) -> &'static str {
        if self == Self::Hub && class == "Application" { "JupyterHub" } else { class }
    }
}
