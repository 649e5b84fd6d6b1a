//! The pid file: the bare decimal number, removed at the end.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A pid file that is removed when this is dropped.
pub struct PidFile(Option<PathBuf>);

impl PidFile {
    /// Writes the file; an empty path is none.
    pub fn write(path: &str) -> anyhow::Result<Self> {
        if path.is_empty() {
            return Ok(Self(None));
        }
        let path = Path::new(path).to_owned();
        std::fs::write(&path, std::process::id().to_string())
            .with_context(|| format!("the pid file {} cannot be written", path.display()))?;
        Ok(Self(Some(path)))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!("the pid file {} cannot be removed: {error}", path.display());
        }
    }
}
