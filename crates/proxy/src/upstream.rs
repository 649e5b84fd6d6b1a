//! HTTP/1.1 towards targets: connections, their pool, and one exchange of request and response.
//!
//! An exchange runs inside the task that serves the client: no task per connection, no channel between them.

mod body;
mod chunks;
mod connect;
mod exchange;
mod pool;
mod response;

pub(crate) use body::ResponseBody;
pub(crate) use connect::{ConnectError, Connector};
pub(crate) use exchange::{Exchange, ExchangeError, Limits, Outgoing, SendFraming};
pub(crate) use pool::Pool;
pub(crate) use response::Head;

use bytes::BytesMut;

use crate::stream::Stream;

/// A connection to a target, with what was read from it and not used yet.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) buffer: BytesMut,
    /// The head being sent; kept for its allocation.
    pub(crate) out: Vec<u8>,
    /// An earlier exchange went over it, so that the target may have closed it meanwhile.
    pub(crate) reused: bool,
}

impl Connection {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, buffer: BytesMut::new(), out: Vec::with_capacity(1024), reused: false }
    }
}
