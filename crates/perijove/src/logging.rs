//! The log: JupyterHub's line format for people and their scripts, or JSON for collectors.
//!
//! A line is `[I 2026-01-31 12:34:56.789 JupyterHub servers:42] message key=value`. Upstream's
//! letters, time stamp and name are kept, because log scrapers (fail2ban and the like) match them.

mod lines;
mod output;

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use anyhow::Context;
use perijove_config::LogFormat;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use lines::JupyterHubLines;
use output::Output;

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Installs the log for the whole process. Third-party crates log from warnings on.
///
/// # Errors
/// When the thread that writes it cannot be started.
pub fn install(level: Level, format: LogFormat) -> anyhow::Result<()> {
    let output = Output::stderr().context("the log cannot be started")?;
    let output = OUTPUT.get_or_init(|| output).clone();
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("perijove", level)
        .with_targets(CRATES.iter().map(|name| (format!("perijove_{name}"), level)));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(output);
    match format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
        LogFormat::Text => {
            let colour = std::io::stderr().is_terminal();
            registry.with(lines.with_ansi(colour).event_format(JupyterHubLines)).init();
        }
    }
    Ok(())
}

/// Writes what waits to be written. To be called before the process ends.
pub fn flush() {
    if let Some(output) = OUTPUT.get() {
        output.flush();
    }
}

const CRATES: [&str; 13] = [
    "authenticators",
    "config",
    "core",
    "crypto",
    "http",
    "model",
    "oauth",
    "proxy",
    "python",
    "spawners",
    "store",
    "sys",
    "web",
];

/// The numeric levels of Python's `logging` and their names, as `JupyterHub.log_level` takes them.
pub fn level(number: i64) -> Level {
    match number {
        ..=10 => Level::DEBUG,
        11..=20 => Level::INFO,
        21..=30 => Level::WARN,
        _ => Level::ERROR,
    }
}

/// Prints the one message of a failed start.
pub fn print_fatal(message: &str) {
    flush();
    let mut stderr = std::io::stderr().lock();
    // Nothing can be done if the last message cannot be written.
    let _written = writeln!(stderr, "perijove: {message}");
}
