//! `--generate-config` and `--generate-certs`.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use perijove_config::Loaded;

use crate::internal_tls::InternalTls;
use crate::parts;
use crate::sections::Sections;

/// Writes a configuration file with every option commented out.
pub fn generate_config(path: &Path, overwrite: bool) -> anyhow::Result<ExitCode> {
    let mut ask = |question: &str| -> std::io::Result<bool> {
        let mut stdout = std::io::stdout().lock();
        write!(stdout, "{question} [y/N] ")?;
        stdout.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_ascii_lowercase().starts_with('y'))
    };
    if perijove_config::generate::write(path, overwrite, &mut ask)? {
        return super::print(&format!("Writing default config to: {}\n", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the certificates of `internal_ssl` that are missing.
pub fn generate_certs(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    parts::install_log(loaded)?;
    parts::apply_process_settings(loaded)?;
    let sections = Sections::read(loaded)?;
    if !sections.hub.internal_ssl {
        tracing::warn!("c.JupyterHub.internal_ssl must be on for the hub to use these certificates");
    }
    let made = InternalTls::make(&sections)?;
    super::print(&format!("Certificates written to directory {}\n", made.folder().display()))
}
