//! Upgraded connections: bytes both ways until both sides have ended.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chrono::Utc;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use tokio::io::AsyncWrite;
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep};

use super::Relays;
use crate::routes::Route;
use crate::stream::Stream;
use crate::upstream::Connection;

/// Longest time for a client to be there after its upgrade was granted.
const UPGRADE: Duration = Duration::from_secs(30);
/// Longest silence after one side has ended, so that a vanished other side does not hold the connection.
const LINGER: Duration = Duration::from_secs(60);
/// Read at most so much before writing it.
const ROOM: usize = 16 * 1024;

/// Relays between a client that is being upgraded and its target, in a task of its own, until both have ended or the proxy stops.
pub(crate) fn spawn(relays: &Relays, client: OnUpgrade, target: Connection, route: Arc<Route>) {
    let shutdown = relays.shutdown.clone();
    let target = Side { stream: target.stream, read: target.buffer };
    relays.tasks.spawn(async move { run(client, target, Some(route), shutdown.cancelled()).await });
}

/// Relays between a client that is being upgraded and what serves it on a Unix socket, until both have ended or `shutdown` has.
/// `said` are the bytes that have come from the socket already. For upgrades that a [`crate::LocalService`] grants.
pub async fn relay(
    client: OnUpgrade,
    target: UnixStream,
    said: BytesMut,
    shutdown: impl Future<Output = ()>,
) {
    run(client, Side { stream: Stream::Unix(target), read: said }, None, shutdown).await;
}

/// One end, with what was read from it already.
struct Side {
    stream: Stream,
    read: BytesMut,
}

async fn run(client: OnUpgrade, target: Side, route: Option<Arc<Route>>, shutdown: impl Future<Output = ()>) {
    let upgraded = match tokio::time::timeout(UPGRADE, client).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => return tracing::debug!(%error, "a client went away while it was upgraded"),
        Err(_) => return,
    };
    let Some(client) = unwrap(upgraded) else { return };
    client.stream.keep_alive();
    target.stream.keep_alive();
    let mut relay = Relay::new(client, target, route);
    let ended = tokio::select! {
        ended = poll_fn(|cx| relay.poll(cx)) => Some(ended),
        () = shutdown => None,
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a relayed connection broke"),
        None => relay.say_goodbye().await,
    }
}

fn unwrap(upgraded: Upgraded) -> Option<Side> {
    match downcast::<TokioIo<Stream>>(upgraded) {
        Ok(parts) => Some(Side { stream: parts.io.into_inner(), read: BytesMut::from(parts.read_buf) }),
        Err(_) => {
            tracing::error!("an upgraded connection is of an unknown kind");
            None
        }
    }
}

/// How far one direction is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Running,
    /// The source has ended; the end is to be passed on.
    Ending,
    Ended,
}

struct Direction {
    buffer: BytesMut,
    flow: Flow,
    unflushed: bool,
}

impl Direction {
    fn new(buffer: BytesMut) -> Self {
        Self { buffer, flow: Flow::Running, unflushed: false }
    }

    /// Moves bytes until one side would block; `Ready` after the end was passed on. `stirred` tells that something arrived.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        to: &mut Stream,
        stirred: &mut bool,
    ) -> Poll<io::Result<()>> {
        loop {
            while !self.buffer.is_empty() {
                let written = ready!(Pin::new(&mut *to).poll_write(cx, &self.buffer))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.buffer.advance(written);
                self.unflushed = true;
            }
            match self.flow {
                Flow::Running => {}
                Flow::Ending => {
                    ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                    self.flow = Flow::Ended;
                }
                Flow::Ended => return Poll::Ready(Ok(())),
            }
            if self.flow == Flow::Running {
                match self.poll_read(cx, from) {
                    Poll::Ready(read) => {
                        *stirred = true;
                        if read? == 0 {
                            self.flow = Flow::Ending;
                        }
                    }
                    Poll::Pending => {
                        if self.unflushed {
                            ready!(Pin::new(&mut *to).poll_flush(cx))?;
                            self.unflushed = false;
                        }
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, from: &mut Stream) -> Poll<io::Result<usize>> {
        self.buffer.reserve(ROOM);
        let read = ready!(tokio_util::io::poll_read_buf(Pin::new(from), cx, &mut self.buffer));
        Poll::Ready(read)
    }
}

struct Relay {
    client: Stream,
    target: Stream,
    upward: Direction,
    downward: Direction,
    linger: Option<Pin<Box<Sleep>>>,
    /// Whose activity it is.
    route: Option<Arc<Route>>,
}

impl Relay {
    fn new(client: Side, target: Side, route: Option<Arc<Route>>) -> Self {
        if let Some(route) = route.as_ref().filter(|_| !client.read.is_empty()) {
            route.touch(Utc::now());
        }
        let (upward, downward) = (Direction::new(client.read), Direction::new(target.read));
        Self { client: client.stream, target: target.stream, upward, downward, linger: None, route }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (mut from_client, mut from_target) = (false, false);
        let up = self.upward.poll(cx, &mut self.client, &mut self.target, &mut from_client)?;
        let down = self.downward.poll(cx, &mut self.target, &mut self.client, &mut from_target)?;
        if let Some(route) = self.route.as_ref().filter(|_| from_client) {
            // CHP counts what comes from the client, pongs included, and not what the server says.
            route.touch(Utc::now());
        }
        match (up, down) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(())),
            (Poll::Pending, Poll::Pending) => Poll::Pending,
            _ => self.poll_linger(cx, from_client || from_target),
        }
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>, stirred: bool) -> Poll<io::Result<()>> {
        let linger = self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if stirred {
            linger.as_mut().reset(Instant::now() + LINGER);
        }
        linger.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Ends both sides in order, for what was written to arrive.
    async fn say_goodbye(mut self) {
        let ends = async {
            let _ = poll_fn(|cx| Pin::new(&mut self.client).poll_shutdown(cx)).await;
            let _ = poll_fn(|cx| Pin::new(&mut self.target).poll_shutdown(cx)).await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), ends).await;
    }
}
