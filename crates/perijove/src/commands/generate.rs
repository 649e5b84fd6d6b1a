//! `--generate-config` and `--generate-certs`.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

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

/// Internal TLS is not there yet, so there is nothing to make certificates for.
pub fn generate_certs() -> anyhow::Result<ExitCode> {
    anyhow::bail!("--generate-certs: internal TLS is not supported yet; nothing was written")
}
