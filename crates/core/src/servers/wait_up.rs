//! Waiting for a server's first HTTP answer.

use std::time::Duration;

use perijove_spawners::Target;
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Error, Result};
use crate::hub::Hub;

/// The pause between two tries is this part of the time waited so far: what starts fast is noticed at once, and what
/// starts slowly is not asked all the time.
const PAUSE_PART: u32 = 8;
const SHORTEST_PAUSE: Duration = Duration::from_millis(3);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// One try may take this long.
const ONE_TRY: Duration = Duration::from_secs(10);

impl Hub {
    /// Waits until `GET {url}{base URL}api` is answered with anything but a server error. Ends
    /// early, with its last lines of output, if the server does.
    ///
    /// # Errors
    /// [`Error::Status`] after `http_timeout`, or if the process ended.
    pub(super) async fn wait_up(&self, target: &Target, url: &str) -> Result<()> {
        let limit = target.settings.timing().answer;
        let probe = format!("{url}{}api", target.base_url);
        tokio::select! {
            up = timeout(limit, self.poll_url(&probe)) => match up {
                Ok(version) => {
                    check_version(version.as_deref());
                    Ok(())
                }
                Err(_) => Err(Error::spawn_failed(format!("The server did not answer within {} seconds.", limit.as_secs_f64()
                ))),
            },
            report = self.spawner.wait(target) => {
                let code = report.code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
                Err(Error::spawn_failed(format!(
                    "The server ended before it answered (exit code {code}).\n{}", report.output
                )))
            }
        }
    }

    /// Asks until there is an answer; returns the server's `X-JupyterHub-Version`.
    pub(crate) async fn poll_url(&self, url: &str) -> Option<String> {
        let began = Instant::now();
        loop {
            match self.http.get(url).timeout(ONE_TRY).send().await {
                Ok(answer) if answer.status().as_u16() < 500 => {
                    let version = answer.headers().get("x-jupyterhub-version");
                    return version.and_then(|version| version.to_str().ok()).map(str::to_owned);
                }
                Ok(answer) => {
                    tracing::debug!(status = answer.status().as_u16(), "the server is not ready yet")
                }
                Err(error) => tracing::trace!("no answer yet: {error}"),
            }
            sleep((began.elapsed() / PAUSE_PART).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
        }
    }
}

/// Upstream warns where hub and server differ in their major version.
fn check_version(server: Option<&str>) {
    match server {
        None => tracing::warn!("the single-user server tells no X-JupyterHub-Version; is it very old?"),
        Some(version) if version.split('.').next() != crate::UPSTREAM_VERSION.split('.').next() => {
            tracing::info!(
                version,
                "the single-user server is of another major version than {}",
                crate::UPSTREAM_VERSION
            );
        }
        Some(_) => (),
    }
}
