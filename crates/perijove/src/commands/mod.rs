//! What the program can be asked to do, a file each.

mod generate;
mod proxy;
mod run;
mod token;
mod upgrade_db;

use std::io::Write;
use std::process::ExitCode;

pub use generate::{generate_certs, generate_config};
pub use proxy::proxy;
pub use run::run;
pub use token::token;
pub use upgrade_db::upgrade_db;

/// Prints to standard output.
pub fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
