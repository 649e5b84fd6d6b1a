//! The proxy as a process with CHP's command line, for measuring it beside others.

use std::process::ExitCode;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(perijove_proxy::run_proxy_command(std::env::args_os())),
        Err(_) => ExitCode::FAILURE,
    }
}
