//! What a handler says: in pieces, as it says them, or over a connection that it took for another protocol.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use perijove_proxy::{BoxError, is_hop_by_hop};
use tokio::net::UnixStream;
use tokio::time::sleep;

use super::super::Plugins;
use super::{Broken, Upload};
use crate::app::App;

/// How long a handler may say nothing to a client once the hub is ending.
const FAREWELL: Duration = Duration::from_secs(1);

/// A request that is being answered. The connection ends with it, which tells the handler that nobody listens.
pub(super) struct Talk {
    response: hyper::Response<Incoming>,
    /// Moves the bytes, and never ends.
    driver: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Talk {
    /// Sends the request, and waits for the head of the answer.
    pub(super) async fn begin(socket: UnixStream, request: hyper::Request<Upload>) -> Result<Self, Broken> {
        let talk = |error: hyper::Error| Broken::Talk(error.into());
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(talk)?;
        let connection = connection.with_upgrades();
        let mut driver: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async {
            // How the connection ended the talk learns by itself.
            let _ = connection.await;
            std::future::pending().await
        });
        let response = tokio::select! {
            biased;
            response = sender.send_request(request) => response.map_err(talk)?,
            () = &mut driver => return Err(Broken::Talk("the connection ended".into())),
        };
        Ok(Self { response, driver })
    }
}

/// An answer that has begun.
pub(super) struct Answer {
    pub(super) talk: Talk,
    /// The handler's class.
    pub(super) handler: &'static str,
    /// The serving that answers.
    pub(super) served: u64,
    /// After how long without a word the process is asked whether it lives.
    pub(super) silence: Duration,
}

impl Answer {
    /// Whether the connection is to carry another protocol from now on.
    pub(super) fn is_upgrade(&self) -> bool {
        self.talk.response.status() == StatusCode::SWITCHING_PROTOCOLS
    }

    /// The switch of protocols; from then on bytes go both ways, until both sides or the hub have ended.
    pub(super) async fn relayed(mut self, app: &App, client: OnUpgrade) -> Result<Response, BoxError> {
        let switched = hyper::upgrade::on(&mut self.talk.response);
        let upgraded = tokio::select! {
            upgraded = switched => upgraded?,
            () = &mut self.talk.driver => return Err("the connection ended".into()),
        };
        let Ok(parts) = upgraded.downcast::<TokioIo<UnixStream>>() else {
            return Err("an upgraded connection is of an unknown kind".into());
        };
        let (socket, said) = (parts.io.into_inner(), BytesMut::from(parts.read_buf));
        app.hub.run_task(perijove_proxy::relay(client, socket, said, app.hub.shutdown_begun()));
        let mut response = with_head(&self.talk.response, Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        if let Some(protocol) = self.talk.response.headers().get(header::UPGRADE) {
            headers.insert(header::UPGRADE, protocol.clone());
        }
        Ok(response)
    }

    /// The answer, whose parts are sent on as they come.
    pub(super) fn streamed(self, app: &App, plugins: &Arc<Plugins>) -> Response {
        if self.talk.response.body().is_end_stream() {
            return with_head(&self.talk.response, Body::empty());
        }
        let Self { talk: Talk { response, driver }, handler, served, silence } = self;
        let (parts, incoming) = response.into_parts();
        let ending = Box::pin(app.hub.shutdown_begun());
        let plugins = Arc::clone(plugins);
        let pieces = Pieces { incoming, driver, plugins, ending, is_ending: false, handler, served, silence };
        let body = futures_util::stream::unfold(Some(pieces), |pieces| async {
            let mut pieces = pieces?;
            match pieces.next().await? {
                Ok(piece) => Some((Ok(piece), Some(pieces))),
                Err(error) => Some((Err(error), None)),
            }
        });
        with_head(&hyper::Response::from_parts(parts, ()), Body::from_stream(body))
    }
}

/// The same status and headers, without what is between us and the process.
fn with_head<B>(response: &hyper::Response<B>, body: Body) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = response.status();
    copy(response.headers(), answer.headers_mut());
    answer
}

fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if !is_hop_by_hop(name) && name != header::SERVER {
            to.append(name, value.clone());
        }
    }
}

/// The rest of an answer.
struct Pieces {
    incoming: Incoming,
    driver: Pin<Box<dyn Future<Output = ()> + Send>>,
    plugins: Arc<Plugins>,
    ending: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_ending: bool,
    handler: &'static str,
    served: u64,
    silence: Duration,
}

impl Pieces {
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        loop {
            let silence = if self.is_ending { FAREWELL } else { self.silence };
            tokio::select! {
                biased;
                frame = self.incoming.frame() => match frame? {
                    Ok(frame) => match frame.into_data() {
                        Ok(piece) => return Some(Ok(piece)),
                        Err(_trailers) => {}
                    },
                    Err(error) => {
                        tracing::error!(handler = self.handler, "a handler of a plug-in broke off its answer: {error}");
                        self.plugins.broke(self.served);
                        return Some(Err(error.into()));
                    }
                },
                () = &mut self.driver => {}
                () = &mut self.ending, if !self.is_ending => self.is_ending = true,
                () = sleep(silence) => {
                    if self.is_ending {
                        return Some(Err("the hub ends".into()));
                    }
                    // A process that is stuck is replaced, which ends this answer too.
                    self.plugins.options.worker.check().await;
                }
            }
        }
    }
}
