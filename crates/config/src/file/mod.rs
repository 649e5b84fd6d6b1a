//! Configuration files: Python (through the worker), TOML and JSON.

pub(crate) mod json;
pub(crate) mod python;
pub(crate) mod toml;

use std::path::Path;

use crate::error::ConfigError;

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}
