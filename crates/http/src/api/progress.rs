//! The progress stream of a start: server-sent events, as `EventSource` reads them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use perijove_core::Hub;
use perijove_core::error::Failure as StartFailure;
use perijove_core::records::UserRecord;
use perijove_core::servers::progress::ProgressEvent;
use perijove_core::servers::registry::LiveServer;
use perijove_core::servers::state::ServerState;
use perijove_model::ServerName;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};
use crate::pages::not_found;
use crate::python_json;
use crate::server_path::ServerPath;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// An empty line after this silence keeps proxies from closing the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(8);

/// Streams a start until it ends; a ready server has one event.
pub async fn stream(State(app): State<App>, Path(path): Path<ServerPath>) -> Answer {
    let missing = || Failure::not_found("");
    let user = path.user(&app.hub).await?;
    let server = match user.spawner(&path.server_name) {
        Some(spawner) => spawner.name.clone(),
        // The default server has no row before its first start.
        None if path.server_name.is_empty() => ServerName::default(),
        None => return Err(missing()),
    };
    let live = app.hub.live_server(user.row.id, &server);
    match live.as_ref().map(|live| live.state()) {
        Some(ServerState::Ready) => {
            let event = line(&app.hub.ready_event(&user, &server).await);
            Ok(events(stream::iter([Ok(event)])))
        }
        Some(ServerState::Failed(failure)) => Ok(events(stream::iter([Ok(line(&failed_event(&failure)))]))),
        Some(ServerState::Starting(_)) => {
            let live = live.ok_or_else(missing)?;
            let (hub, seen, ended, failed_stops) = (app.hub.clone(), 0, false, live.failed_stops());
            Ok(events(follow(Follower { hub, user, server, live, seen, ended, failed_stops })))
        }
        // Upstream does not find a server of which it keeps no object, whether or not there is a row.
        _ if !app.hub.knew_server(user.row.id, &server) => Err(missing()),
        _ => {
            let name = user.server_log_name(&path.server_name);
            Err(Failure::bad_request(format!("{name} is not starting...")))
        }
    }
}

/// A method that the stream does not have.
pub async fn wrong_method(method: Method) -> Answer {
    let mut response = not_found::wrong_method_of_api(method).await?;
    response.headers_mut().insert(header::CONTENT_TYPE, EVENT_STREAM);
    Ok(response)
}

fn failed_event(failure: &StartFailure) -> Value {
    // What the server wrote last follows the first line. The page shows it apart, as text.
    let (message, output) = match failure.message.split_once('\n') {
        Some((message, output)) if failure.status == 500 => (message, Some(output.trim_end())),
        // As upstream, which tells here what its pages do not.
        _ => (failure.text(), None),
    };
    let mut event = json!({
        "progress": 100, "failed": true, "message": format!("Spawn failed: {message}"),
    });
    if let Some(fields) = event.as_object_mut() {
        if let Some(output) = output.filter(|output| !output.is_empty()) {
            fields.insert("output".into(), Value::String(output.to_owned()));
        }
        if let Some(html) = failure.html_message() {
            fields.insert("html_message".into(), Value::String(html.to_owned()));
        }
    }
    event
}

fn line<T: serde::Serialize>(event: &T) -> Bytes {
    let json = python_json::to_vec(event).unwrap_or_else(|_| b"{}".to_vec());
    Bytes::from([b"data: ".as_slice(), &json, b"\n\n"].concat())
}

type Chunk = Result<Bytes, std::convert::Infallible>;

fn events(chunks: impl Stream<Item = Chunk> + Send + 'static) -> Response {
    let headers =
        [(header::CONTENT_TYPE, EVENT_STREAM), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    (StatusCode::OK, headers, Body::from_stream(chunks)).into_response()
}

/// Where a reader of the stream stands.
struct Follower {
    hub: Arc<Hub>,
    user: Arc<UserRecord>,
    server: ServerName,
    live: Arc<LiveServer>,
    seen: usize,
    ended: bool,
    /// Those before: one more says that the start failed, though something runs.
    failed_stops: u64,
}

impl Follower {
    /// The next events, an empty line after a silence, or nothing after the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let mut count = self.live.progress.watch();
        let mut states = self.live.watch();
        let new: Vec<ProgressEvent> = self.live.progress.since(self.seen);
        if !new.is_empty() {
            self.seen += new.len();
            return Some(new.iter().flat_map(|event| line(event).to_vec()).collect());
        }
        let seen = self.seen;
        let state = tokio::select! {
            // Both senders live as long as the server's entry, which this holds.
            _ = count.wait_for(|count| *count > seen) => return Some(Bytes::new()),
            state = states.wait_for(|state| !state.start_goes_on()) => {
                state.map_or(ServerState::Stopped, |state| state.clone())
            }
            () = tokio::time::sleep(KEEP_ALIVE) => return Some(Bytes::from_static(b"\n\n")),
        };
        self.ended = true;
        Some(line(&self.last_event(&state).await))
    }

    async fn last_event(&self, state: &ServerState) -> Value {
        match state {
            _ if self.live.failed_stops() > self.failed_stops => {
                let message = "Spawn failed, and what it left could not be stopped";
                json!({ "progress": 100, "failed": true, "message": message })
            }
            ServerState::Ready => self.hub.ready_event(&self.user, &self.server).await,
            ServerState::Failed(failure) => failed_event(failure),
            _ => json!({ "progress": 100, "failed": true, "message": "Spawn cancelled" }),
        }
    }
}

fn follow(follower: Follower) -> impl Stream<Item = Chunk> + Send {
    stream::unfold(follower, |mut follower| async move {
        loop {
            let chunk = follower.next().await?;
            if !chunk.is_empty() {
                return Some((Ok(chunk), follower));
            }
        }
    })
}

/// See [`stream`].
pub fn stream_docs() -> Operation {
    let event = schema::object([("data", schema::text(), "The event's JSON.")]);
    Operation::new("How a start goes on, as server-sent events.")
        .details("Each event is a JSON object with `progress` (0 to 100), `message`, and at the end `ready` or `failed`.")
        .streams(200, "text/event-stream", event, "The events, until the start has ended.")
        .refuses(400, "The server is not starting.")
}
