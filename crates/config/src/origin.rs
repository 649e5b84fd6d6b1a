//! Where a value was set.

use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a file, at a line (from 1) where that is known.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line.
        line: Option<u32>,
    },
    /// On the command line.
    CommandLine,
    /// Nowhere: the default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line) } => write!(f, "at {}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "in {}", path.display()),
            Self::CommandLine => f.write_str("on the command line"),
            Self::Default => f.write_str("by default"),
        }
    }
}
