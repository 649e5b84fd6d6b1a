//! Signals that end the hub.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Waits for the first of SIGINT, SIGTERM, or `shutdown`. A second signal ends the process at once.
pub async fn wait(shutdown: &CancellationToken) {
    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    let (mut interrupt, mut terminate) = match (interrupt, terminate) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!("signals cannot be handled: {error}");
            shutdown.cancelled().await;
            return;
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => (),
        _ = interrupt.recv() => tracing::info!("received SIGINT"),
        _ = terminate.recv() => tracing::info!("received SIGTERM"),
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
        tracing::error!("a second signal: ending at once, servers keep running");
        std::process::exit(1);
    });
}
