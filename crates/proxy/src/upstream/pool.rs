//! Idle connections of one route. They go away with the route.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use super::Connection;

struct Idle {
    connection: Connection,
    since: Instant,
}

/// A stack of idle connections; the one used last is used first.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Idle>>);

impl Pool {
    /// A connection that has been idle no longer than `max_idle` and that the target has not closed, as far as is known.
    pub(crate) fn take(&self, max_idle: Duration) -> Option<Connection> {
        loop {
            let idle = {
                let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                // The others are older still: the sweep closes them.
                if idle.last()?.since.elapsed() > max_idle {
                    return None;
                }
                idle.pop()?
            };
            let mut connection = idle.connection;
            if is_quiet(&mut connection) {
                connection.reused = true;
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose exchange is over, unless there are `most` already.
    pub(crate) fn put(&self, mut connection: Connection, most: usize) {
        if connection.out.capacity() > 16 * 1024 {
            connection.out = Vec::new();
        }
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < most {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Closes what is idle, for instance since the target was restarted.
    pub(crate) fn clear(&self) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Closes what has been idle for longer than `max_idle` or was closed by the target.
    pub(crate) fn sweep(&self, max_idle: Duration) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(|idle| idle.since.elapsed() <= max_idle && is_quiet(&mut idle.connection));
        if idle.is_empty() {
            idle.shrink_to_fit();
        }
    }
}

/// Nothing to read: neither an end nor bytes that no request asked for.
fn is_quiet(connection: &mut Connection) -> bool {
    let mut byte = [0];
    let mut byte = ReadBuf::new(&mut byte);
    let mut context = Context::from_waker(Waker::noop());
    matches!(Pin::new(&mut connection.stream).poll_read(&mut context, &mut byte), Poll::Pending)
}
