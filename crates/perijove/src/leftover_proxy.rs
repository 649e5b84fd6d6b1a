//! A configurable-http-proxy that a JupyterHub left behind: it holds the public port, so it is ended first, as 6.1.1
//! does with the process that its proxy's pid file names.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use perijove_sys::process::PidFd;

/// How long the process has to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the process that the file names, if it is such a proxy, and removes the file.
///
/// Unlike 6.1.1, which ends whatever has the number, this looks at the process first: after a reboot the number may be
/// anybody's.
pub async fn end(pid_file: &str) {
    let path = Path::new(pid_file);
    let Ok(text) = std::fs::read_to_string(path) else { return };
    match text.trim().parse::<u32>() {
        Ok(pid) if is_proxy(pid) => {
            tracing::warn!(process.pid = pid, "Proxy still running at pid={pid}: ending it");
            if let Err(error) = end_process(pid).await {
                tracing::error!(
                    process.pid = pid,
                    "the proxy that {pid_file} names cannot be ended: {error}"
                );
                return;
            }
        }
        Ok(pid) => tracing::info!(
            process.pid = pid,
            "{pid_file} names a process that is no proxy (any more); removing the file"
        ),
        Err(_) => tracing::warn!("{pid_file} holds no process id; removing it"),
    }
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!("{pid_file} cannot be removed: {error}");
    }
}

fn is_proxy(pid: u32) -> bool {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).contains("configurable-http-proxy")
}

async fn end_process(pid: u32) -> std::io::Result<()> {
    let process = PidFd::open(pid)?;
    // The number may have passed to another process since the first look; the hold above cannot.
    if !is_proxy(pid) {
        return Ok(());
    }
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        process.signal(signal)?;
        if tokio::time::timeout(PATIENCE, process.ended()).await.is_ok() {
            return Ok(());
        }
    }
    Err(std::io::Error::other("it does not end"))
}
