//! The command line: aliases, flags, `--Class.trait=value`, sub-commands.
//!
//! Observable behaviour is that of Traitlets 5 under JupyterHub 6.1.1, exit codes included: 2 for
//! words that cannot be split into options, 1 for values that cannot be used.

use std::path::PathBuf;

use perijove_model::value::Value;

use crate::class::ClassInfo;
use crate::error::ConfigError;
use crate::kind::Kind;
use crate::origin::Origin;
use crate::sections;
use crate::tree::{Entry, Raw, Tree};
use crate::warning::Warning;

mod arguments;
pub mod literal;
pub mod options;
pub mod words;

use options::{LOG_FORMAT, PYTHON, Scope};

/// What the program was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run the hub, or what its configuration says instead (print or write the configuration).
    Hub,
    /// Make a token for this person, or for whoever runs the program.
    Token {
        /// The name, if one was given.
        user: Option<String>,
    },
    /// Bring the database up to date.
    UpgradeDb,
    /// Run a proxy with the command line of configurable-http-proxy.
    Proxy(Vec<String>),
    /// Print help.
    Help {
        /// Every option of every class.
        all: bool,
    },
    /// Print the version.
    Version,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// JupyterHub's layout.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A command line that has been read.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// What to do.
    pub command: Command,
    /// The traits that it sets.
    pub tree: Tree,
    /// `--python`
    pub python: Option<PathBuf>,
    /// `--log-format`
    pub log_format: LogFormat,
    /// `--allow-root`
    pub allow_root: bool,
    /// What should be said about it.
    pub warnings: Vec<Warning>,
}

impl CommandLine {
    fn new(command: Command) -> Self {
        Self {
            command,
            tree: Tree::default(),
            python: None,
            log_format: LogFormat::default(),
            allow_root: false,
            warnings: Vec::new(),
        }
    }

    /// Reads a command line; `argv` is without the name of the program.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] for words that are no options, [`ConfigError::Argument`] for values
    /// that make no sense and for stray words.
    pub fn parse(argv: &[String]) -> Result<Self, ConfigError> {
        match argv.first().map(String::as_str) {
            Some("help") => {
                let argv: Vec<_> = argv.iter().skip(1).cloned().chain(["-h".to_owned()]).collect();
                Self::parse(&argv)
            }
            Some("proxy") => Ok(Self::new(Command::Proxy(argv.iter().skip(1).cloned().collect()))),
            Some("token") => {
                let argv: Vec<_> = argv.iter().skip(1).cloned().collect();
                let (mut line, extra) = Self::read(&argv, Scope::SubCommand)?;
                if extra.len() > 1 {
                    return Err(ConfigError::Argument { problem: "token takes one user name".to_owned() });
                }
                if line.command == Command::Hub {
                    line.command = Command::Token { user: extra.into_iter().next() };
                }
                Ok(line)
            }
            Some("upgrade-db") => {
                let argv: Vec<_> = argv.iter().skip(1).cloned().collect();
                let (mut line, _) = Self::read(&argv, Scope::SubCommand)?;
                if line.command == Command::Hub {
                    line.command = Command::UpgradeDb;
                }
                Ok(line)
            }
            _ => Self::parse_hub(argv),
        }
    }

    fn parse_hub(argv: &[String]) -> Result<Self, ConfigError> {
        let (line, extra) = Self::read(argv, Scope::Hub)?;
        let writes = line.tree.entry("JupyterHub", "generate_config").is_some();
        if extra.is_empty() || writes {
            return Ok(line);
        }
        let problem = format!("unrecognized arguments: {}", extra.join(" "));
        Err(ConfigError::Argument { problem })
    }

    /// Reads options; also gives the words that belong to none.
    fn read(argv: &[String], scope: Scope) -> Result<(Self, Vec<String>), ConfigError> {
        let end = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
        let has = |names: &[&str]| argv.iter().take(end).any(|word| names.contains(&word.as_str()));
        if has(&["-h", "--help", "--help-all"]) {
            return Ok((Self::new(Command::Help { all: has(&["--help-all"]) }), Vec::new()));
        }
        if has(&["--version", "-V"]) {
            return Ok((Self::new(Command::Version), Vec::new()));
        }
        let arguments = arguments::split(argv, scope).map_err(|problem| ConfigError::Usage { problem })?;
        let mut line = Self::new(Command::Hub);
        line.allow_root = arguments.allow_root;
        for (name, words) in arguments.options {
            line.set(&name, words).map_err(|problem| ConfigError::Argument { problem })?;
        }
        for flag in arguments.flags {
            let class = scope.section(flag.class);
            line.tree.set(class, flag.trait_name, flag.value.value(), Origin::CommandLine);
        }
        Ok((line, arguments.extra))
    }

    fn set(&mut self, name: &str, words: Vec<String>) -> Result<(), String> {
        if self.set_own(name, &words)? {
            return Ok(());
        }
        if !name.contains('.') {
            self.warnings.push(Warning::new(
                format!("unrecognized option {name}: it has no effect"),
                Origin::CommandLine,
            ));
        }
        let raw = interpret(name, words)?;
        let mut path: Vec<&str> = name.split('.').collect();
        let Some(last) = path.pop() else { return Ok(()) };
        let mut tree = &mut self.tree;
        for part in path {
            if !is_section_name(part) {
                return Err(format!(
                    "{name}: {part} is no section\nhint: entries of a dictionary are set as --Class.trait key=value"
                ));
            }
            tree = tree.section_mut(part);
        }
        if is_section_name(last) {
            return Err(format!("{name}: {last} is a section and takes no value"));
        }
        tree.entries.insert(last.to_owned(), Entry { raw, origin: Origin::CommandLine });
        Ok(())
    }

    /// Options that are no traits. Says whether this was one.
    fn set_own(&mut self, name: &str, words: &[String]) -> Result<bool, String> {
        let Some(word) = words.last() else { return Ok(false) };
        if name == PYTHON.name {
            self.python = Some(PathBuf::from(word));
        } else if name == LOG_FORMAT.name {
            self.log_format = match word.as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => return Err(format!("--log-format is text or json, not {other:?}")),
            };
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

/// Whether Traitlets takes a name for that of a section: it starts with a capital letter (or with
/// something that has no capitals, except an underscore).
pub(crate) fn is_section_name(name: &str) -> bool {
    name.chars().next().is_some_and(|first| first != '_' && first.to_uppercase().eq([first]))
}

/// The value of an option whose class Traitlets knows; else the words, for the reader of the
/// section to interpret.
fn interpret(name: &str, words: Vec<String>) -> Result<Raw, String> {
    let Some(kind) = known_kind(name) else { return Ok(Raw::Words(words)) };
    if !kind.is_container() && words.len() > 1 {
        return Err(format!("{name} takes one value, got {}", words.join(", ")));
    }
    Ok(Raw::Value(words::from_words(&kind, &words)))
}

/// The type of `Class.trait`, for the classes that upstream lists in its help.
fn known_kind(name: &str) -> Option<Kind> {
    const NOT_LISTED: &[&str] = &["EventLogger", "JupyterHubHTTPClient", "PeriodicMetricsCollector"];
    let (class, trait_name) = name.split_once('.')?;
    let class: &'static ClassInfo =
        sections::find(class).filter(|class| !NOT_LISTED.contains(&class.name))?;
    class.trait_info(trait_name).map(|info| info.kind)
}

/// The words of an option without a known class, as a value: one is a string, several are a list.
pub(crate) fn plain_words(words: &[String]) -> Value {
    match words {
        [word] => Value::Str(words::expand_user(word)),
        words => Value::List(words.iter().cloned().map(Value::Str).collect()),
    }
}

#[cfg(test)]
mod tests;
