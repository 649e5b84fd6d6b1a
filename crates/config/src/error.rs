//! What can be wrong with a configuration, said so that an administrator can mend it.

use std::fmt;
use std::path::PathBuf;

use crate::origin::Origin;

/// A trait, and where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The class that was being read.
    pub class: String,
    /// The trait.
    pub name: String,
    /// Where it was set.
    pub origin: Origin,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.class, self.name)
    }
}

/// Why a configuration cannot be used. Every case ends the start with [`ConfigError::exit_status`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value of the wrong type.
    #[error("{place} must be {expected}, not {found}\n  set {}", place.origin)]
    WrongType {
        /// Which trait, and where it was set.
        place: Box<Place>,
        /// What it takes, in words.
        expected: String,
        /// What it got.
        found: String,
    },
    /// A value of the right type that makes no sense.
    #[error("{place}: {problem}\n  set {}", place.origin)]
    BadValue {
        /// Which trait, and where it was set.
        place: Box<Place>,
        /// What is wrong.
        problem: String,
    },
    /// A trait that does nothing yet and that must not be ignored.
    #[error(
        "{place} is set, but this version of Perijove does not act on it, and starting without it would be less safe\n  set {}\nhint: remove it if you can do without, or stay with JupyterHub until docs/configuration-reference.md lists it as honoured",
        place.origin
    )]
    NotYet {
        /// Which trait, and where it was set.
        place: Box<Place>,
    },
    /// A function where only plain values act yet.
    #[error(
        "{place} is, or holds, a function, which this version of Perijove does not call\n  set {}\nhint: give a plain value instead",
        place.origin
    )]
    NotCalled {
        /// Which trait, and where it was set.
        place: Box<Place>,
    },
    /// An environment variable has a value that it must not have.
    #[error("the environment variable {name}: {problem}")]
    BadVariable {
        /// Which.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The code asked for a trait that its class does not have.
    #[error("{class} has no trait {name}")]
    NoSuchTrait {
        /// The class.
        class: String,
        /// The trait.
        name: String,
    },
    /// The named configuration file does not exist.
    #[error("cannot find the configuration file {}\nhint: -f takes the path of an existing file", path.display())]
    FileNotFound {
        /// As given.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A TOML or JSON file that is not well-formed, or not a configuration.
    #[error("{}{}: {problem}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<u32>,
        /// What is wrong.
        problem: String,
    },
    /// The Python interpreter is missing, or the Python file is wrong.
    #[error(transparent)]
    Python(#[from] perijove_python::WorkerError),
    /// More than one thing is wrong.
    #[error("{}", join(.0))]
    Several(Vec<ConfigError>),
    /// Words that are no options: exit status 2, as argparse's.
    #[error("{problem}\nhint: `perijove --help` lists the options")]
    Usage {
        /// What is wrong.
        problem: String,
    },
    /// An argument that cannot be used.
    #[error("{problem}\nhint: `perijove --help` lists the options")]
    Argument {
        /// What is wrong.
        problem: String,
    },
}

fn join(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl ConfigError {
    /// No error, the one, or all together.
    pub(crate) fn all(mut errors: Vec<Self>) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }

    /// Whether the value is right and only Perijove does not act on it.
    pub(crate) fn is_not_yet(&self) -> bool {
        matches!(self, Self::NotYet { .. } | Self::NotCalled { .. })
    }

    /// The exit status of the program: 2 for a command line that cannot be split into options, what
    /// the configuration file gave `sys.exit`, else 1.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Python(error) => {
                let status = error.as_python().and_then(|error| error.exit_status);
                // As the system does, which keeps eight bits.
                status.map_or(1, |status| status.to_le_bytes()[0])
            }
            _ => 1,
        }
    }
}
