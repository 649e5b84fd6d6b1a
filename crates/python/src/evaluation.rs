//! What running the configuration files left behind.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use perijove_model::Value;
use serde::Deserialize;

/// A line of a Python file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct SourceLocation {
    /// The file as Python names it: absolute for configuration files.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The values set in one section: trait name, value, and where it was set if that is known.
pub type SectionValues = Vec<(String, Value, Option<SourceLocation>)>;

/// The outcome of running the configuration files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// Sections in the order of their first use. A section inside a section is named `Outer.Inner`; values set
    /// directly on `c` are in the section `""`.
    pub config: Vec<(String, SectionValues)>,
    /// Every file that was executed, subconfigurations included.
    pub files: Vec<PathBuf>,
    /// Environment variables that the files set (`Some`) or removed (`None`).
    pub environ: Vec<(OsString, Option<OsString>)>,
    /// The file mode creation mask as the files leave it.
    pub umask: u32,
    /// The working directory as the files leave it.
    pub cwd: PathBuf,
    /// Import strings of upstream's classes that the files have changed in place.
    pub patched: Vec<String>,
    /// Whether something stayed in the worker.
    pub has_handles: bool,
    /// The interpreter's version, such as `3.11.7`.
    pub python_version: String,
    /// The interpreter's `sys.prefix`.
    pub python_prefix: PathBuf,
}

/// The wire form of [`Evaluation`].
#[derive(Deserialize)]
pub(crate) struct WireEvaluation {
    config: Vec<WireSection>,
    files: Vec<PathBuf>,
    environ: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    umask: u32,
    cwd: PathBuf,
    #[serde(default)]
    patched: Vec<String>,
    version: String,
    prefix: PathBuf,
}

#[derive(Deserialize)]
struct WireSection {
    name: String,
    traits: Vec<(String, Value, Option<Place>)>,
}

/// File and line.
type Place = (String, u32);

impl From<WireEvaluation> for Evaluation {
    fn from(wire: WireEvaluation) -> Self {
        let location = |place: Option<Place>| place.map(|(file, line)| SourceLocation { file, line });
        let section = |section: WireSection| {
            let traits = section.traits.into_iter();
            (section.name, traits.map(|(name, value, place)| (name, value, location(place))).collect())
        };
        let config: Vec<(String, SectionValues)> = wire.config.into_iter().map(section).collect();
        let has_handles =
            config.iter().flat_map(|(_, traits)| traits).any(|(_, value, _)| value.has_handle());
        let environ = wire.environ.into_iter();
        Self {
            config,
            files: wire.files,
            environ: environ
                .map(|(name, value)| (OsString::from_vec(name), value.map(OsString::from_vec)))
                .collect(),
            patched: wire.patched,
            umask: wire.umask,
            cwd: wire.cwd,
            has_handles,
            python_version: wire.version,
            python_prefix: wire.prefix,
        }
    }
}
