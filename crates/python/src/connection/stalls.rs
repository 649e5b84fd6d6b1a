//! Notices a worker whose main thread hangs in somebody's code.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{Connection, RESPONSE_GRACE};

/// How often a worker with calls in hand is asked whether its main thread is free.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the worker's reading thread says.
#[derive(Deserialize)]
struct Look {
    responsive: bool,
    /// The call that its main thread runs, if it can be told.
    stuck_in: Option<u64>,
    /// Where it is, as Python prints it.
    #[serde(default)]
    stack: String,
}

/// A stall that goes on.
struct Stall {
    since: Instant,
    call: Option<u64>,
}

impl Connection {
    /// Looks after the worker as long as it lives: a stall is logged with its Python stack, and a process that stays in
    /// the same call for `limit` is ended, so that it is replaced.
    pub(crate) fn watch_for_stalls(self: &Arc<Self>, limit: Duration) {
        let connection = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut stall: Option<Stall> = None;
            loop {
                sleep(INTERVAL).await;
                match look(&connection).await {
                    None => return,
                    Some(look) if look.responsive => stall = None,
                    Some(look) => note(&connection, look, &mut stall, limit),
                }
            }
        });
    }
}

/// `None` once there is nothing to look after.
async fn look(connection: &Weak<Connection>) -> Option<Look> {
    let free = Look { responsive: true, stuck_in: None, stack: String::new() };
    let mut call = {
        let connection = connection.upgrade().filter(|connection| !connection.has_ended())?;
        if connection.pending.is_idle() {
            return Some(free);
        }
        connection.call("stall", &json!({})).ok()?
    };
    match timeout(RESPONSE_GRACE, call.answer()).await {
        Ok(answer) => serde_json::from_value(answer.ok()?).ok(),
        // The reading thread does not answer: code that holds the interpreter's lock.
        Err(_) => Some(Look { responsive: false, ..free }),
    }
}

fn note(connection: &Weak<Connection>, look: Look, stall: &mut Option<Stall>, limit: Duration) {
    let since = match stall {
        Some(known) if known.call == look.stuck_in => known.since,
        _ => {
            tracing::warn!(
                "the Python worker does not answer, since code of a plug-in blocks it\n{}",
                look.stack.trim_end()
            );
            let since = Instant::now();
            *stall = Some(Stall { since, call: look.stuck_in });
            since
        }
    };
    if since.elapsed() >= limit
        && let Some(connection) = connection.upgrade()
    {
        let seconds = limit.as_secs_f64();
        tracing::error!(
            "the Python worker is stuck for {seconds} seconds and is replaced\n{}",
            look.stack.trim_end()
        );
        connection.kill();
    }
}
