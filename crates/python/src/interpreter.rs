//! Which Python runs the configuration.
//!
//! In order: the command line (`--python`), `PERIJOVE_PYTHON`, the active virtual environment, the interpreter
//! beside `jupyterhub-singleuser` on `PATH`, and `python3` on `PATH`. A configuration imports what JupyterHub's
//! environment has installed, so the environment of the single-user servers is a better guess than any `python3`.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::WorkerError;

/// An interpreter and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The executable.
    pub path: PathBuf,
    /// Which rule chose it.
    pub origin: Origin,
}

/// The rule that chose an interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--python`.
    CommandLine,
    /// `PERIJOVE_PYTHON`.
    Environment,
    /// `VIRTUAL_ENV`.
    VirtualEnvironment,
    /// The directory, or the `#!` line, of `jupyterhub-singleuser`.
    SingleUser,
    /// `python3` on `PATH`.
    Path,
}

impl Origin {
    /// The setting that an admin knows this rule by.
    pub fn name(self) -> &'static str {
        match self {
            Self::CommandLine => "--python",
            Self::Environment => "PERIJOVE_PYTHON",
            Self::VirtualEnvironment => "the active virtual environment",
            Self::SingleUser => "jupyterhub-singleuser on PATH",
            Self::Path => "PATH",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Finds the interpreter; `env` reads environment variables.
///
/// # Errors
/// [`WorkerError::BadInterpreter`] if a named one is not there, [`WorkerError::NoInterpreter`] if there is none.
pub fn discover(
    option: Option<&Path>,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Interpreter, WorkerError> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let search: Vec<PathBuf> =
        env("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    if let Some(path) = option {
        return named(path, Origin::CommandLine, &search);
    }
    if let Some(path) = set("PERIJOVE_PYTHON") {
        return named(&path, Origin::Environment, &search);
    }
    let in_virtual_environment = set("VIRTUAL_ENV").and_then(|root| python_in(&root.join("bin")));
    let found = in_virtual_environment
        .map(|path| (path, Origin::VirtualEnvironment))
        .or_else(|| beside_single_user(&search).map(|path| (path, Origin::SingleUser)))
        .or_else(|| on_path("python3", &search).map(|path| (path, Origin::Path)));
    match found {
        Some((path, origin)) => Ok(Interpreter { path, origin }),
        None => Err(WorkerError::NoInterpreter { needed_for: "a Python configuration".to_owned() }),
    }
}

/// A path that somebody wrote: as it is, or, without a directory, looked up on `PATH`.
fn named(path: &Path, origin: Origin, search: &[PathBuf]) -> Result<Interpreter, WorkerError> {
    let bare = path.components().count() == 1 && !path.is_absolute();
    let found = if bare { path.to_str().and_then(|name| on_path(name, search)) } else { None };
    match found.or_else(|| is_executable(path).then(|| path.to_owned())) {
        Some(path) => Ok(Interpreter { path, origin }),
        None => Err(WorkerError::BadInterpreter { path: path.to_owned(), origin: origin.name() }),
    }
}

fn on_path(name: &str, search: &[PathBuf]) -> Option<PathBuf> {
    search.iter().map(|directory| directory.join(name)).find(|path| is_executable(path))
}

fn python_in(directory: &Path) -> Option<PathBuf> {
    ["python3", "python"].iter().map(|name| directory.join(name)).find(|path| is_executable(path))
}

/// The interpreter that `jupyterhub-singleuser` uses: its neighbour, the neighbour of what it links to, or the
/// one in its first line.
fn beside_single_user(search: &[PathBuf]) -> Option<PathBuf> {
    let script = on_path("jupyterhub-singleuser", search)?;
    let target = script.canonicalize().ok();
    let neighbour = |script: &Path| script.parent().and_then(python_in);
    neighbour(&script).or_else(|| target.as_deref().and_then(neighbour)).or_else(|| first_line(&script))
}

fn first_line(script: &Path) -> Option<PathBuf> {
    let content = std::fs::read(script).ok()?;
    let line = content.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let path = PathBuf::from(std::str::from_utf8(line).ok()?.trim());
    let is_python = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
    (is_python && is_executable(&path)).then_some(path)
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests;
