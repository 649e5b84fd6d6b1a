//! The body of a request on its way to the process.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

/// A body that tells how far it is. How much a handler takes its own server limits, as upstream's does.
pub(super) struct Upload {
    body: Body,
    progress: Progress,
}

/// How far a body is.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<State>>);

struct State {
    last: Instant,
    failed: bool,
}

impl Upload {
    pub(super) fn new(body: Body) -> (Self, Progress) {
        let progress = Progress(Arc::new(Mutex::new(State { last: Instant::now(), failed: false })));
        (Self { body, progress: progress.clone() }, progress)
    }
}

impl Progress {
    /// When a part came last.
    pub(super) fn last(&self) -> Instant {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// Whether the client broke off.
    pub(super) fn has_failed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed
    }

    fn note(&self, failed: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State { last: Instant::now(), failed };
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.progress.note(matches!(frame, Some(Err(_))));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
