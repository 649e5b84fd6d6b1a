//! The task that follows all files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use perijove_sys::watch::DirectoryWatch;

use super::{Followed, Tail};

/// Notices within this time are handled together, so that a server that prints all the time costs little.
const GATHER: Duration = Duration::from_millis(100);
/// How often files are looked at where the kernel gives no notice.
const POLL: Duration = Duration::from_secs(1);

/// Follows for ever; the owner aborts it.
pub(super) async fn run(directory: PathBuf, followed: Arc<Followed>) {
    let watch = match DirectoryWatch::new(&directory) {
        Ok(watch) => Some(watch),
        Err(error) => {
            tracing::warn!(
                "output of servers is looked for every second, since there is no notice of it: {error}"
            );
            None
        }
    };
    // What was written before the watch began.
    catch_up(followed.all()).await;
    loop {
        let tails = match &watch {
            Some(watch) => match watch.changes().await {
                Ok(changes) if !changes.overflow => followed.named(changes.names),
                Ok(_) => followed.all(),
                // The runtime is shutting down.
                Err(_) => return,
            },
            None => followed.all(),
        };
        catch_up(tails).await;
        tokio::time::sleep(if watch.is_some() { GATHER } else { POLL }).await;
    }
}

async fn catch_up(tails: Vec<Arc<Tail>>) {
    if tails.is_empty() {
        return;
    }
    let work = tokio::task::spawn_blocking(move || tails.iter().for_each(|tail| tail.catch_up()));
    if let Err(error) = work.await {
        tracing::error!("following the output of servers broke: {error}");
    }
}
