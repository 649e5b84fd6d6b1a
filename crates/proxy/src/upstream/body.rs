//! The body of a target's response, as a stream that ends by giving the connection back.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chrono::Utc;
use http_body::{Body, Frame, SizeHint};

use super::chunks::Chunk;
use super::exchange::{Exchange, ExchangeError};
use super::response::Framing;

/// Least and most room for reading at once.
const ROOM: (usize, usize) = (16 * 1024, 128 * 1024);

/// A response body that reads from the target as fast as the client takes it, and goes on sending the request meanwhile.
pub(crate) struct ResponseBody {
    /// `None` after the end.
    exchange: Option<Exchange>,
    framing: Framing,
    keep: Option<usize>,
    is_activity: bool,
    room: usize,
}

impl ResponseBody {
    /// `keep` is how many idle connections the route may have, if this one can be used again; `is_activity` makes the end of the
    /// body count as activity of the route.
    pub(crate) fn new(exchange: Exchange, framing: Framing, keep: Option<usize>, is_activity: bool) -> Self {
        let mut body = Self { exchange: Some(exchange), framing, keep, is_activity, room: ROOM.0 };
        if matches!(body.framing, Framing::Length(0)) {
            body.finish();
        }
        body
    }

    /// A body with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { exchange: None, framing: Framing::Length(0), keep: None, is_activity: false, room: 0 }
    }

    fn finish(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            if self.is_activity {
                exchange.route().touch(Utc::now());
            }
            if let Some(most) = self.keep {
                exchange.recycle(most);
            }
        }
    }

    /// What is in the buffer already; `Wanting` asks for more.
    fn take(&mut self) -> Result<Chunk, ExchangeError> {
        let Some(exchange) = &mut self.exchange else { return Ok(Chunk::End) };
        let buffer = exchange.buffer();
        let chunk = match &mut self.framing {
            Framing::Length(left) if !buffer.is_empty() => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                *left -= length as u64;
                Chunk::Data(buffer.split_to(length).freeze())
            }
            Framing::Close if !buffer.is_empty() => Chunk::Data(buffer.split().freeze()),
            Framing::Chunked(chunks) => chunks.decode(buffer)?,
            Framing::Length(_) | Framing::Close => Chunk::Wanting,
        };
        let ended = match (&chunk, &self.framing) {
            (Chunk::End | Chunk::Trailers(_), _) | (_, Framing::Length(0)) => true,
            (_, Framing::Chunked(chunks)) => chunks.is_done(),
            _ => false,
        };
        if ended {
            self.finish();
        }
        Ok(chunk)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ExchangeError>>> {
        if let Some(exchange) = &mut self.exchange {
            exchange.poll_send(cx)?;
        }
        loop {
            match self.take()? {
                Chunk::Data(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Chunk::Trailers(trailers) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Chunk::End => return Poll::Ready(None),
                Chunk::Wanting => {}
            }
            let Some(exchange) = &mut self.exchange else { return Poll::Ready(None) };
            match exchange.poll_fill(cx, self.room) {
                Poll::Ready(Ok(0)) if matches!(self.framing, Framing::Close) => self.finish(),
                Poll::Ready(Ok(0)) => return Poll::Ready(Some(Err(ExchangeError::Closed))),
                Poll::Ready(Ok(read)) if read == self.room => self.room = (self.room * 2).min(ROOM.1),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Pending => return exchange.poll_silence(cx).map(|error| Some(Err(error))),
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ExchangeError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let body = self.get_mut();
        let polled = body.poll(cx);
        if matches!(polled, Poll::Ready(Some(Err(_)))) {
            // The connection cannot be used for anything any more.
            body.exchange = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.exchange.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            Framing::Length(left) => SizeHint::with_exact(left),
            Framing::Chunked(_) | Framing::Close => SizeHint::default(),
        }
    }
}
