//! One request and its response over one connection, both directions at the same time.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chrono::Utc;
use http_body::Body;
use tokio::io::AsyncWrite;
use tokio::time::{Instant, Sleep};

use super::Connection;
use super::response::{self, Head};
use crate::RequestBody;
use crate::routes::Route;

/// How long a client's `Expect: 100-continue` waits for a target that ignores it.
const CONTINUE_WAIT: Duration = Duration::from_secs(1);
/// Room for reading a head.
const HEAD_ROOM: usize = 8 * 1024;

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The target closed the connection too early.
    #[error("the target closed the connection")]
    Closed,
    /// The target does not speak HTTP properly.
    #[error("the target's answer is not HTTP: {0}")]
    Protocol(&'static str),
    /// The target was silent for too long.
    #[error("the target was silent for {0:?}")]
    TargetSilent(Duration),
    /// The client was silent for too long.
    #[error("the client was silent for {0:?}")]
    ClientSilent(Duration),
    /// The client's request ended before its time.
    #[error("the client's request broke off: {0}")]
    Request(#[source] hyper::Error),
}

/// Longest silences.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) client: Option<Duration>,
    pub(crate) target: Option<Duration>,
}

impl Limits {
    fn first(self) -> Option<Duration> {
        [self.client, self.target].into_iter().flatten().min()
    }

    fn error(self) -> ExchangeError {
        match (self.target, self.client) {
            (Some(target), client) if client.is_none_or(|client| target <= client) => {
                ExchangeError::TargetSilent(target)
            }
            (_, client) => ExchangeError::ClientSilent(client.unwrap_or_default()),
        }
    }
}

/// How the request's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendFraming {
    /// As it is: its length is in the head.
    Plain,
    Chunked,
}

/// The request, as far as it is not sent.
struct Sending {
    sent: usize,
    /// What is being sent of the body, after `Connection::out`.
    data: Bytes,
    tail: &'static [u8],
    body: Option<RequestBody>,
    framing: SendFraming,
    /// The body waits for the target's `100 Continue`.
    hold: Option<Pin<Box<Sleep>>>,
    /// The body has been asked for bytes, so that it cannot be sent again.
    touched: bool,
    /// Everything is sent, or cannot be.
    over: bool,
    failed: bool,
}

/// A request under way.
pub(crate) struct Exchange {
    connection: Connection,
    sending: Sending,
    limits: Limits,
    silence: Option<Pin<Box<Sleep>>>,
    route: Arc<Route>,
    received: bool,
}

/// What to send after the head that is in [`Connection::out`].
pub(crate) struct Outgoing {
    pub(crate) body: Option<RequestBody>,
    pub(crate) framing: SendFraming,
    pub(crate) expects_continue: bool,
}

impl Exchange {
    pub(crate) fn new(connection: Connection, outgoing: Outgoing, route: Arc<Route>, limits: Limits) -> Self {
        let wait = || Box::pin(tokio::time::sleep(CONTINUE_WAIT));
        let sending = Sending {
            sent: 0,
            data: Bytes::new(),
            tail: b"",
            hold: (outgoing.expects_continue && outgoing.body.is_some()).then(wait),
            body: outgoing.body,
            framing: outgoing.framing,
            touched: false,
            over: false,
            failed: false,
        };
        let silence = limits.first().map(|limit| Box::pin(tokio::time::sleep(limit)));
        Self { connection, sending, limits, silence, route, received: false }
    }

    /// Sends, and waits for the head of the response. `upgrade` tells that `101` is an answer.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        to_head: bool,
        upgrade: bool,
    ) -> Poll<Result<Head, ExchangeError>> {
        loop {
            while let Some(head) = response::parse(&mut self.connection.buffer, to_head)? {
                match head.status.as_u16() {
                    101 if upgrade => return Poll::Ready(Ok(head)),
                    101 => return Poll::Ready(Err(ExchangeError::Protocol("it switches protocols unasked"))),
                    100 => self.sending.hold = None,
                    102..=199 => {}
                    _ => return Poll::Ready(Ok(head)),
                }
            }
            self.poll_send(cx)?;
            match self.poll_fill(cx, HEAD_ROOM) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ExchangeError::Closed)),
                Poll::Ready(Ok(_)) => self.received = true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => return self.poll_silence(cx).map(Err),
            }
        }
    }

    /// Whether nothing came back and the body can be sent again.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.connection.reused && !self.received && !self.sending.touched
    }

    /// The untouched body, to send it again.
    pub(crate) fn take_body(self) -> Option<RequestBody> {
        self.sending.body
    }

    /// Everything of the connection, after an upgrade.
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Gives the connection back to the route's pool, if the request is sent and nothing but the response was received.
    pub(crate) fn recycle(self, most: usize) {
        if self.sending.over && !self.sending.failed && self.connection.buffer.is_empty() {
            self.route.pool.put(self.connection, most);
        }
    }

    /// Received bytes that are not taken yet.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.connection.buffer
    }

    /// The route that the request goes by.
    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    /// Ready when a limit of silence is over.
    pub(crate) fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<ExchangeError> {
        match &mut self.silence {
            Some(silence) => silence.as_mut().poll(cx).map(|()| self.limits.error()),
            None => Poll::Pending,
        }
    }

    fn stir(&mut self) {
        if let (Some(silence), Some(limit)) = (&mut self.silence, self.limits.first()) {
            silence.as_mut().reset(Instant::now() + limit);
        }
    }

    /// Reads into the buffer, with at least `room` bytes of room; 0 is the end.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<usize>> {
        let Connection { stream, buffer, .. } = &mut self.connection;
        buffer.reserve(room);
        let mut limited = bytes::BufMut::limit(buffer, room);
        let read = ready!(tokio_util::io::poll_read_buf(Pin::new(stream), cx, &mut limited))?;
        self.stir();
        Poll::Ready(Ok(read))
    }

    /// Sends what can be sent. Only the client's own failure is an error: when the target takes no more, what it answers tells.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
        if !self.sending.touched && self.sending.hold.is_none() && self.sending.body.is_some() {
            // What is there of the body goes out along with the head.
            let _ = self.poll_body(cx)?;
        }
        while !self.sending.over {
            match self.poll_write(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.sending.over = true;
                    self.sending.failed = true;
                    self.sending.body = None;
                    return Ok(());
                }
            }
            if let Some(hold) = &mut self.sending.hold {
                if hold.as_mut().poll(cx).is_pending() {
                    return Ok(());
                }
                self.sending.hold = None;
            }
            if self.poll_body(cx)?.is_pending() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gets the next piece of the body; ready when there is something to write or nothing more to send.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, ExchangeError> {
        let Some(body) = &mut self.sending.body else {
            self.sending.over = true;
            return Ok(Poll::Ready(()));
        };
        self.sending.touched = true;
        let chunked = self.sending.framing == SendFraming::Chunked;
        let frame = match Pin::new(body).poll_frame(cx) {
            Poll::Pending => return Ok(Poll::Pending),
            Poll::Ready(frame) => frame.transpose().map_err(ExchangeError::Request)?,
        };
        let out = &mut self.connection.out;
        match frame.map(http_body::Frame::into_data) {
            Some(Ok(data)) if !data.is_empty() => {
                self.route.touch(Utc::now());
                if chunked {
                    out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
                    self.sending.tail = b"\r\n";
                }
                self.sending.data = data;
            }
            Some(Ok(_)) => {}
            Some(Err(frame)) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                self.sending.body = None;
                if chunked {
                    out.extend_from_slice(b"0\r\n");
                    for (name, value) in &trailers {
                        crate::forward::write_header(out, name, value.as_bytes());
                    }
                    out.extend_from_slice(b"\r\n");
                }
            }
            None => {
                self.sending.body = None;
                if chunked {
                    out.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
        self.stir();
        Ok(Poll::Ready(()))
    }

    /// Writes head, data and tail.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Connection { stream, out, .. } = &mut self.connection;
        let sending = &mut self.sending;
        loop {
            let head = out.get(sending.sent..).unwrap_or_default();
            let left = head.len() + sending.data.len() + sending.tail.len();
            if left == 0 {
                out.clear();
                sending.sent = 0;
                return Pin::new(stream).poll_flush(cx);
            }
            let written = if sending.data.is_empty() && sending.tail.is_empty() {
                ready!(Pin::new(&mut *stream).poll_write(cx, head))?
            } else {
                let pieces = [IoSlice::new(head), IoSlice::new(&sending.data), IoSlice::new(sending.tail)];
                ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &pieces))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_head = written.min(head.len());
            let of_data = (written - of_head).min(sending.data.len());
            sending.sent += of_head;
            sending.data.advance(of_data);
            sending.tail = sending.tail.get(written - of_head - of_data..).unwrap_or_default();
        }
    }
}
