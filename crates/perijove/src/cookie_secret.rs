//! Where the cookie secret comes from: configuration, environment, file; in this order.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use perijove_config::sections::JupyterHub;
use perijove_crypto::cookie_secret::{CookieSecret, is_private_mode};

use crate::environment::Environment;

/// The environment variable that beats the file, hexadecimal.
const VARIABLE: &str = "JPY_COOKIE_SECRET";

/// Finds the secret, or makes one and writes it to the file, which only the hub's account can read.
///
/// # Errors
/// A file that others can read or write, or that holds no secret: the start must end.
pub fn load(section: &JupyterHub, environment: &Environment) -> anyhow::Result<CookieSecret> {
    if let Some(bytes) = section.cookie_secret.bytes() {
        return Ok(warn_short(CookieSecret::from_bytes(bytes.to_vec())));
    }
    if let Some(text) = environment.get(VARIABLE) {
        tracing::info!("Loading cookie_secret from env[{VARIABLE}]");
        return Ok(warn_short(CookieSecret::from_hex(text.trim()).with_context(|| format!("${VARIABLE}"))?));
    }
    let path = Path::new(&section.cookie_secret_file);
    if path.exists() { read(path) } else { create(path) }
}

fn read(path: &Path) -> anyhow::Result<CookieSecret> {
    let name = path.display();
    tracing::info!("Loading cookie_secret from {name}");
    let mode =
        std::fs::metadata(path).with_context(|| format!("{name} cannot be read"))?.permissions().mode();
    if !is_private_mode(mode) {
        bail!("Bad cookie_secret_file: {name} can be read or written by anybody\n  hint: chmod 600 {name}");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
    let secret =
        CookieSecret::from_file_text(&text).with_context(|| format!("{name} holds no cookie secret"))?;
    match secret {
        Some(secret) => Ok(warn_short(secret)),
        None => {
            bail!("{name} is empty\n  hint: delete it to get a new secret; everybody must log in again then")
        }
    }
}

fn create(path: &Path) -> anyhow::Result<CookieSecret> {
    let name = path.display();
    let secret = CookieSecret::generate();
    tracing::info!("Writing cookie_secret to {name}");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{name} cannot be written"))?;
    file.write_all(secret.to_file_text().as_bytes()).with_context(|| format!("{name} cannot be written"))?;
    file.sync_all().with_context(|| format!("{name} cannot be written"))?;
    Ok(secret)
}

fn warn_short(secret: CookieSecret) -> CookieSecret {
    if !secret.has_expected_length() {
        tracing::warn!("the cookie secret should be 32 bytes long");
    }
    secret
}
