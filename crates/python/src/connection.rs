//! One worker process and the JSON-RPC connection to it.
//!
//! The process gets one end of a socket pair as its standard input and moves it away before it runs anybody's
//! code; what it prints goes through pipes to the output sink. It ends at the end of file of the socket, so dropping
//! the [`Connection`] ends it, and so does the death of the hub.

mod pending;
mod stalls;

use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use perijove_model::Value;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

pub(crate) use self::pending::Call;
use self::pending::Pending;
use crate::alive::Alive;
use crate::error::WorkerError;
use crate::hub_calls::Callee;
use crate::output::{LastLines, OutputSink, OutputStream, relay};
use crate::source;

/// How long a worker may take to end by itself once its socket is closed.
const END_GRACE: Duration = Duration::from_secs(5);
/// How long to wait for the last printed lines of a worker that has ended. Its children may hold the pipes.
const LAST_OUTPUT_GRACE: Duration = Duration::from_millis(300);
/// How long the worker's reading thread may take to say what the main thread is doing.
const RESPONSE_GRACE: Duration = Duration::from_secs(3);
/// The longest message accepted from a worker.
const LONGEST_FRAME: usize = 256 * 1024 * 1024;

/// The sending side of the socket.
#[derive(Clone)]
struct Outgoing(mpsc::UnboundedSender<Vec<u8>>);

impl Outgoing {
    fn send(&self, message: &Json) {
        // A closed channel means that the process is gone, which its pending calls learn from `Process`.
        let _ = self.0.send(message.to_string().into_bytes());
    }
}

/// A running worker process.
pub(crate) struct Connection {
    outgoing: Outgoing,
    pending: Arc<Pending>,
    kill: Mutex<Option<oneshot::Sender<()>>>,
    ended: watch::Receiver<bool>,
}

impl Connection {
    /// Starts the interpreter and sends it the worker's source. `command` names the interpreter, environment and
    /// working directory, `callee` answers what Python code asks of the hub.
    pub(crate) fn start(mut command: Command, sink: &OutputSink, callee: Callee) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        command.args(["-c", source::BOOTSTRAP]);
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        drop(command); // holds the worker's end of the socket
        let (reading, writing) = UnixStream::from_std(ours)?.into_split();
        let output = LastLines::default();
        let relays = start_relays(&mut child, sink, &output);
        let pending = Arc::new(Pending::default());
        let (outgoing, outbox) = mpsc::unbounded_channel();
        let (kill, killed) = oneshot::channel();
        let (end, ended) = watch::channel(false);
        tokio::spawn(write_frames(writing, outbox));
        let outgoing = Outgoing(outgoing);
        let alive = child.id().map(Alive::new);
        let process = Process { child, _alive: alive, relays, output, pending: Arc::clone(&pending) };
        let calls = Incoming { reading, callee, outgoing: outgoing.0.downgrade() };
        tokio::spawn(async move {
            process.live(calls, killed).await;
            let _ = end.send(true);
        });
        outgoing.send(&source::bundle());
        Ok(Self { outgoing, pending, kill: Mutex::new(Some(kill)), ended })
    }

    /// Sends a request; the answer is awaited on the returned call.
    pub(crate) fn call(&self, method: &str, params: &Json) -> Result<Call, WorkerError> {
        let call = self.pending.register(&self.outgoing)?;
        self.outgoing.send(&json!({ "jsonrpc": "2.0", "id": call.id(), "method": method, "params": params }));
        Ok(call)
    }

    /// Sends a request and waits for its answer, at most `deadline`, after which the call is cancelled and the
    /// process ended if it is stuck in it. `what` names the call in the error.
    pub(crate) async fn request(
        &self,
        method: &str,
        params: &Json,
        deadline: Duration,
        what: &str,
    ) -> Result<Json, WorkerError> {
        self.request_telling(method, params, Some(deadline), what, &|_| ()).await
    }

    /// The same, with what the call says before it has ended, and perhaps without a deadline.
    pub(crate) async fn request_telling(
        &self,
        method: &str,
        params: &Json,
        deadline: Option<Duration>,
        what: &str,
        told: &(dyn Fn(Value) + Send + Sync),
    ) -> Result<Json, WorkerError> {
        let mut call = self.call(method, params)?;
        let id = call.id();
        let mut events = call.events();
        let answer = async {
            loop {
                tokio::select! {
                    biased;
                    Some(event) = events.recv() => match serde_json::from_value(event) {
                        Ok(event) => told(event),
                        Err(error) => tracing::warn!(call = what, "the Python worker said something odd: {error}"),
                    },
                    answer = call.answer() => return answer,
                }
            }
        };
        let Some(deadline) = deadline else { return answer.await };
        if let Ok(answer) = timeout(deadline, answer).await {
            return answer;
        }
        drop(call);
        if self.is_stuck(id).await {
            tracing::error!(call = what, "the Python worker is stuck and is replaced");
            self.kill();
        }
        Err(WorkerError::Deadline { what: what.to_owned(), seconds: deadline.as_secs_f64() })
    }

    /// Whether the main thread hangs in this call, or in another one that nobody waits for any more.
    async fn is_stuck(&self, id: u64) -> bool {
        let Ok(mut cancel) = self.call("cancel", &json!({ "call": id })) else { return false };
        match timeout(RESPONSE_GRACE, cancel.answer()).await {
            Ok(Ok(answer)) => {
                let responsive = answer.get("responsive").and_then(Json::as_bool).unwrap_or(false);
                let other = answer.get("stuck_in").and_then(Json::as_u64);
                !responsive && !other.is_some_and(|other| self.pending.is_awaited(other))
            }
            Ok(Err(_)) => false,
            Err(_) => true,
        }
    }

    /// Whether the process has ended, or is about to.
    pub(crate) fn has_ended(&self) -> bool {
        let killed = self.kill.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        killed || self.pending.has_ended()
    }

    /// Waits until the process has ended and what it printed is relayed, but no longer than `limit`.
    pub(crate) async fn wait_for_end(&self, limit: Duration) {
        let mut ended = self.ended.clone();
        let _ = timeout(limit, ended.wait_for(|ended| *ended)).await;
    }

    /// Ends the process now; calls that wait fail.
    pub(crate) fn kill(&self) {
        if let Some(kill) = self.kill.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = kill.send(());
        }
    }
}

fn start_relays(child: &mut Child, sink: &OutputSink, output: &LastLines) -> Vec<JoinHandle<()>> {
    let mut relays = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        relays.push(tokio::spawn(relay(OutputStream::Stdout, stdout, Arc::clone(sink), output.clone())));
    }
    if let Some(stderr) = child.stderr.take() {
        relays.push(tokio::spawn(relay(OutputStream::Stderr, stderr, Arc::clone(sink), output.clone())));
    }
    relays
}

async fn write_frames(mut writing: OwnedWriteHalf, mut outbox: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(body) = outbox.recv().await {
        let Ok(size) = u32::try_from(body.len()) else { break };
        if writing.write_all(&size.to_be_bytes()).await.is_err() || writing.write_all(&body).await.is_err() {
            break;
        }
    }
}

/// The receiving side of the socket, and who answers what comes from there.
struct Incoming {
    reading: OwnedReadHalf,
    callee: Callee,
    /// Weak: nothing more is sent once the connection is dropped, which is how the worker learns of its end.
    outgoing: mpsc::WeakUnboundedSender<Vec<u8>>,
}

/// Reads until the end. Calls to the hub that are not answered by then end with the process that made them.
async fn read_frames(incoming: Incoming, pending: &Pending) {
    let Incoming { mut reading, callee, outgoing } = incoming;
    let mut calls = JoinSet::new();
    let mut size = [0; 4];
    while reading.read_exact(&mut size).await.is_ok() {
        let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
        if size > LONGEST_FRAME {
            tracing::error!(size, "the Python worker sent an oversized message");
            return;
        }
        let mut body = vec![0; size];
        if reading.read_exact(&mut body).await.is_err() {
            return;
        }
        match serde_json::from_slice::<Json>(&body) {
            Ok(message) => match request(&message) {
                Some(id) => {
                    while calls.try_join_next().is_some() {}
                    calls.spawn(answer(callee.clone(), outgoing.clone(), id, message));
                }
                None => pending.receive(message),
            },
            Err(error) => tracing::error!(%error, "the Python worker sent a message that is not JSON"),
        }
    }
}

/// The number of a message that wants an answer.
fn request(message: &Json) -> Option<u64> {
    message.get("method")?;
    message.get("id")?.as_u64()
}

async fn answer(callee: Callee, outgoing: mpsc::WeakUnboundedSender<Vec<u8>>, id: u64, mut message: Json) {
    let params = message.get_mut("params").map(Json::take).unwrap_or_default();
    let method = message.get("method").and_then(Json::as_str).unwrap_or_default();
    let answer = callee.answer(id, method, params).await;
    if let Some(outgoing) = outgoing.upgrade() {
        Outgoing(outgoing).send(&answer);
    }
}

/// The child process, watched from its start to its end.
struct Process {
    child: Child,
    _alive: Option<Alive>,
    relays: Vec<JoinHandle<()>>,
    output: LastLines,
    pending: Arc<Pending>,
}

impl Process {
    async fn live(mut self, incoming: Incoming, killed: oneshot::Receiver<()>) {
        let pending = Arc::clone(&self.pending);
        let mut frames = Box::pin(read_frames(incoming, &pending));
        let by_itself = tokio::select! {
            () = &mut frames => true,
            killed = killed => killed.is_err() && timeout(END_GRACE, &mut frames).await.is_ok(),
        };
        drop(frames);
        let status = self.end(by_itself).await;
        for relay in self.relays.drain(..) {
            let _ = timeout(LAST_OUTPUT_GRACE, relay).await;
        }
        self.pending.end(status, self.output.text());
    }

    async fn end(&mut self, by_itself: bool) -> String {
        if by_itself && let Ok(Ok(status)) = timeout(END_GRACE, self.child.wait()).await {
            return status.to_string();
        }
        if let Err(error) = self.child.start_kill() {
            tracing::warn!(%error, "cannot kill the Python worker");
        }
        match self.child.wait().await {
            Ok(status) => format!("killed by the hub, {status}"),
            Err(error) => error.to_string(),
        }
    }
}
