//! `perijove proxy`: the proxy as a process of its own, with configurable-http-proxy's command line.

use std::process::ExitCode;

use perijove_config::LogFormat;
use perijove_proxy::{LogLevel, ProxyCommand, ProxySecrets};
use tracing::Level;

use crate::{failure, logging};

/// Runs the proxy until a signal. `arguments` are those after the word `proxy`.
pub async fn proxy(arguments: &[String], format: LogFormat) -> ExitCode {
    let line = std::iter::once("perijove proxy").chain(arguments.iter().map(String::as_str));
    let command = match ProxyCommand::parse(line, ProxySecrets::from_environment()) {
        Ok(command) => command,
        Err(error) => {
            // There is nowhere to tell that the terminal is gone.
            let _printed = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    let level = match command.log_level() {
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warn => Level::WARN,
        LogLevel::Error => Level::ERROR,
    };
    if let Err(error) = logging::install(level, format) {
        logging::print_fatal(&failure::describe(&error));
        return ExitCode::FAILURE;
    }
    command.run_until_signal().await
}
