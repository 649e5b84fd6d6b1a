//! The `perijove` binary: command line and wiring.

mod app_hooks;
mod authenticator;
mod commands;
mod cookie_secret;
mod environment;
mod event_log;
mod failure;
mod hub_calls;
mod hub_facts;
mod hub_settings;
mod internal_tls;
mod leftover_proxy;
mod logging;
mod metrics_options;
mod parts;
mod pid_file;
mod plugin_handlers;
mod plugin_hooks;
mod plugins;
mod proxying;
mod python_authenticator;
mod python_hooks;
mod python_proxy;
mod sections;
mod seed;
mod signals;
mod subdomain_hook;
mod tornado_settings;

use std::process::ExitCode;

use anyhow::Context;
use perijove_config::{Action, Config, LoadOptions};

fn main() -> ExitCode {
    // A PAM transaction runs in a process of its own: this program again, and nothing else of it.
    if let Some(code) = perijove_sys::pam::helper_main() {
        return code;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            logging::print_fatal(&format!("the runtime cannot be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run());
    // Blocking work that hangs (a slow name service, say) must not keep the process alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    logging::flush();
    outcome
}

async fn run() -> ExitCode {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        logging::print_fatal("the TLS provider is installed twice");
        return ExitCode::FAILURE;
    }
    let options = match load_options() {
        Ok(options) => options,
        Err(error) => {
            logging::print_fatal(&failure::describe(&error));
            return ExitCode::FAILURE;
        }
    };
    let loaded = match Config::load(options).await {
        Ok(loaded) => loaded,
        Err(error) => {
            logging::print_fatal(&error.to_string());
            return ExitCode::from(error.exit_status());
        }
    };
    let outcome = match loaded.action.clone() {
        Action::Proxy(arguments) => return commands::proxy(&arguments, loaded.log_format).await,
        Action::Help { all } => commands::print(&perijove_config::help::text(all)),
        Action::Version => commands::print(&format!("{}\n", env!("CARGO_PKG_VERSION"))),
        Action::ShowConfig => commands::print(&perijove_config::show::text(&loaded.shown, &loaded.files)),
        Action::ShowConfigJson => commands::print(&perijove_config::show::json(&loaded.shown)),
        Action::GenerateConfig { path, overwrite } => commands::generate_config(&path, overwrite),
        Action::GenerateCerts => commands::generate_certs(&loaded),
        Action::Token { user } => commands::token(&loaded, user.as_deref()).await,
        Action::UpgradeDb => commands::upgrade_db(&loaded).await,
        Action::Run => commands::run(loaded).await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            logging::print_fatal(&failure::describe(&error));
            ExitCode::FAILURE
        }
    }
}

fn load_options() -> anyhow::Result<LoadOptions> {
    let arguments = std::env::args_os().skip(1).map(|argument| {
        argument.into_string().map_err(|argument| anyhow::anyhow!("the argument {argument:?} is not UTF-8"))
    });
    Ok(LoadOptions {
        argv: arguments.collect::<anyhow::Result<_>>()?,
        cwd: std::env::current_dir().context("the working directory cannot be read")?,
        env: std::env::vars_os().collect(),
    })
}
