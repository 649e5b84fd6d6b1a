//! The body of a client's request.
//!
//! A request may be answered before its body was read: it is refused by its headers, or its target is dead. On
//! HTTP/1.1 the connection can carry another request only after the rest of the body was read. hyper reads what is
//! there already, and otherwise closes the connection behind an answer that promised to keep it: a client whose body
//! comes in a packet of its own finds its next request unanswered. So the rest is read first, or the answer says that
//! the connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Longer rests are not worth the connection.
const READ_AT_MOST: usize = 10 * 1024 * 1024;
/// Slower ones neither.
const WAIT_AT_MOST: Duration = Duration::from_secs(10);

type Slot = Arc<Mutex<Option<Incoming>>>;

/// The body of a request, as it comes in. What is left of it when it is dropped goes back to the connection.
#[derive(Debug)]
pub struct ClientBody {
    incoming: Option<Incoming>,
    left: Option<Slot>,
}

/// Where the rest of a body turns up after the request was answered.
#[derive(Debug)]
pub(crate) struct Rest {
    left: Option<Slot>,
    /// The client sends the body only when it is asked to.
    waits: bool,
}

/// Splits off the rest, which is nothing where there is no body or the protocol does not care.
pub(crate) fn lend(request: Request<Incoming>) -> (Request<ClientBody>, Rest) {
    let http1 = matches!(request.version(), Version::HTTP_10 | Version::HTTP_11);
    let left: Option<Slot> = (http1 && !request.body().is_end_stream()).then(Arc::default);
    let waits = request.headers().contains_key(header::EXPECT);
    let lent = left.clone();
    (request.map(|incoming| ClientBody { incoming: Some(incoming), left: lent }), Rest { left, waits })
}

impl Rest {
    /// Reads what the answer left of the body, or makes the answer the connection's last one.
    pub(crate) async fn settle<B>(self, answer: &mut Response<B>) {
        let Some(left) = self.left else { return };
        let rest = left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(rest) = rest else { return };
        let read = !self.waits && matches!(tokio::time::timeout(WAIT_AT_MOST, read(rest)).await, Ok(true));
        if !read {
            close_after(answer.headers_mut());
        }
    }
}

fn close_after(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// Whether it could be read to its end.
async fn read(mut body: Incoming) -> bool {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > READ_AT_MOST {
            return false;
        }
    }
    true
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.incoming {
            Some(incoming) => Pin::new(incoming).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for ClientBody {
    fn drop(&mut self) {
        let (Some(left), Some(rest)) = (&self.left, self.incoming.take()) else { return };
        if !rest.is_end_stream() {
            *left.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
        }
    }
}

#[cfg(test)]
mod tests;
