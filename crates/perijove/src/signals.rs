//! Signals that end the hub.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Takes SIGINT and SIGTERM over: the first cancels `shutdown`, a second one ends the process at once. To be called
/// before there is anything to clean up, since until then a signal ends the process without a word.
///
/// # Errors
/// If the system refuses.
pub fn take(shutdown: CancellationToken) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        }
    };
    tokio::spawn(async move {
        tracing::info!("received {}", next().await);
        shutdown.cancel();
        let second = next().await;
        tracing::error!("received {second} again: ending at once, servers keep running");
        std::process::exit(1);
    });
    Ok(())
}
