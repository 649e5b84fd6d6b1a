//! The accept loop and its connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{Answerer, Routed};
use crate::client_body::lend;
use crate::connection::{ConnInfo, Remote};
use crate::forward::{Forwarder, Relays};
use crate::listener::{Listener, Socketed};
use crate::local::LocalService;
use crate::metrics::ProxyMetrics;
use crate::options::ProxyOptions;
use crate::routes::RouteTable;
use crate::stream::Stream;
use crate::tls::TlsError;

/// Longest time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// How long to wait when the system has no more file descriptors.
const OUT_OF_FILES: Duration = Duration::from_millis(50);

/// The embedded proxy: a route table, a local service and options. Clones share all of it.
#[derive(Clone)]
pub struct ProxyServer(Arc<Shared>);

struct Shared {
    answerer: Answerer,
    options: ProxyOptions,
}

impl ProxyServer {
    /// A proxy that answers requests of [`crate::Target::Local`] routes with `local` and forwards the others.
    ///
    /// # Errors
    /// When a file of the options' TLS part is wrong.
    pub fn new(
        local: Arc<dyn LocalService>,
        routes: RouteTable,
        options: ProxyOptions,
    ) -> Result<Self, TlsError> {
        let forwarder = Forwarder::new(options.clone())?;
        let routed = Some(Routed { routes, forwarder, metrics: Arc::default() });
        Ok(Self(Arc::new(Shared { answerer: Answerer { local, routed }, options })))
    }

    /// What the proxy has done so far.
    #[must_use]
    pub fn metrics(&self) -> Arc<ProxyMetrics> {
        self.0.answerer.routed.as_ref().map(|routed| Arc::clone(&routed.metrics)).unwrap_or_default()
    }

    /// Serves `listener` until `shutdown` is cancelled, then until the requests in progress are answered or the options'
    /// `drain` is over. WebSockets are closed as soon as the shutdown begins.
    pub async fn serve(&self, listener: Listener, shutdown: CancellationToken) {
        serve(Arc::clone(&self.0), listener, shutdown).await;
    }
}

/// Serves `listener` with `local` alone, forwarding nothing: for the hub's own address.
/// Of the options, those of client connections count.
pub async fn serve_local(
    local: Arc<dyn LocalService>,
    listener: Listener,
    options: ProxyOptions,
    shutdown: CancellationToken,
) {
    let answerer = Answerer { local, routed: None };
    serve(Arc::new(Shared { answerer, options }), listener, shutdown).await;
}

/// What the tasks of one listener have in common.
#[derive(Clone)]
struct Serving {
    shared: Arc<Shared>,
    relays: Relays,
    /// Cancelled when the time to finish is over.
    end: CancellationToken,
}

async fn serve(shared: Arc<Shared>, listener: Listener, shutdown: CancellationToken) {
    let drain = shared.options.drain;
    let relays = Relays { tasks: TaskTracker::new(), shutdown };
    let serving = Serving { shared, relays, end: CancellationToken::new() };
    let accepting = listener.sockets.iter().map(|socket| accept(&serving, socket, listener.tls.as_ref()));
    tokio::select! {
        _ = futures_util::future::join_all(accepting) => {}
        () = sweep(&serving.shared) => {}
    }
    drop(listener);
    let tasks = &serving.relays.tasks;
    tasks.close();
    if tokio::time::timeout(drain, tasks.wait()).await.is_err() {
        serving.end.cancel();
        tasks.wait().await;
    }
}

/// Closes, for ever, connections to targets that have been idle for too long.
async fn sweep(shared: &Shared) {
    let Some(routed) = &shared.answerer.routed else { return std::future::pending().await };
    let idle = shared.options.upstream_idle;
    let mut ticks = tokio::time::interval((idle / 4).max(Duration::from_secs(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for route in routed.routes.list(None) {
            route.pool.sweep(idle);
        }
    }
}

async fn accept(serving: &Serving, socket: &Socketed, tls: Option<&TlsAcceptor>) {
    loop {
        let accepted = tokio::select! {
            () = serving.relays.shutdown.cancelled() => return,
            accepted = take(socket) => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                let connection = connection(serving.clone(), stream, remote, tls.cloned());
                let end = serving.end.clone();
                serving.relays.tasks.spawn(async move { end.run_until_cancelled(connection).await });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(OUT_OF_FILES).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

async fn take(socket: &Socketed) -> io::Result<(Accepted, Remote)> {
    match socket {
        Socketed::Tcp(listener) => {
            let (stream, peer) = listener.accept().await?;
            // Fails only when the peer is gone already, which the first read tells as well.
            let _ = stream.set_nodelay(true);
            Ok((Accepted::Tcp(stream), Remote::of_peer(peer)))
        }
        Socketed::Unix(listener, _) => Ok((Accepted::Unix(listener.accept().await?.0), Remote::Unix)),
    }
}

async fn connection(serving: Serving, accepted: Accepted, remote: Remote, tls: Option<TlsAcceptor>) {
    let info = ConnInfo { remote, tls: tls.is_some() };
    let Some(stream) = encrypt(accepted, tls).await else { return };
    let context = Arc::new((Arc::clone(&serving.shared), serving.relays.clone()));
    let service = service_fn(move |request| {
        let context = Arc::clone(&context);
        async move {
            let (request, rest) = lend(request);
            let mut answered = context.0.answerer.answer(request, info, &context.1).await;
            if let Ok(answer) = &mut answered {
                rest.settle(answer).await;
            }
            answered
        }
    });
    let options = &serving.shared.options;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.max_head_bytes.max(16 * 1024));
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return log_end(ended),
        () = serving.relays.shutdown.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    log_end(connection.await);
}

fn log_end(ended: Result<(), crate::BoxError>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's connection ended badly");
    }
}

async fn encrypt(accepted: Accepted, tls: Option<TlsAcceptor>) -> Option<Stream> {
    let Some(tls) = tls else {
        return Some(match accepted {
            Accepted::Tcp(stream) => Stream::Tcp(stream),
            Accepted::Unix(stream) => Stream::Unix(stream),
        });
    };
    let handshake = async {
        Ok::<_, io::Error>(match accepted {
            Accepted::Tcp(stream) => Stream::Tls(Box::new(tls.accept(stream).await?.into())),
            Accepted::Unix(stream) => Stream::UnixTls(Box::new(tls.accept(stream).await?.into())),
        })
    };
    match tokio::time::timeout(HANDSHAKE, handshake).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}
