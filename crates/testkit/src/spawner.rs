//! Servers that are tasks of the test: they answer every request with an empty 200.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use perijove_model::Value as PythonValue;
use perijove_spawners::{
    ExitReport, Journal, Launch, Options, Poll, ProgressEvent, Settings, SpawnError, SpawnFacts, Spawner,
    Started, Stopped, Target, Timing,
};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the next starts do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// The server starts and answers.
    #[default]
    Works,
    /// The start itself fails, with this text for the user.
    Refuses(u16, String),
    /// The process ends before it answers, with these last words.
    Exits(String),
    /// The start never returns.
    Hangs,
    /// The server starts, and takes connections, but never answers.
    Silent,
}

struct Running {
    ended: watch::Sender<Option<ExitReport>>,
    task: tokio::task::JoinHandle<()>,
    launch: Launch,
}

/// The spawner; what it does is set by the test.
#[derive(Default)]
pub struct FakeSpawner {
    behaviour: Mutex<Behaviour>,
    polls: Mutex<Option<Poll>>,
    stops_fail: AtomicBool,
    impatient: AtomicBool,
    starts: AtomicUsize,
    running: Mutex<HashMap<(String, String), Running>>,
}

impl FakeSpawner {
    /// From now on starts do this.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }

    /// From now on polls answer this, whatever runs; None for the truth.
    pub fn poll_as(&self, answer: Option<Poll>) {
        *self.polls.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Whether stops fail from now on, and leave the server running.
    pub fn fail_stops(&self, fail: bool) {
        self.stops_fail.store(fail, Ordering::SeqCst);
    }

    /// From now on servers have a moment only to answer.
    pub fn be_impatient(&self) {
        self.impatient.store(true, Ordering::SeqCst);
    }

    /// How many starts there were.
    pub fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }

    /// What a running server was started with.
    pub fn launch_of(&self, user: &str, server: &str) -> Option<Launch> {
        self.running().get(&(user.to_owned(), server.to_owned())).map(|running| running.launch.clone())
    }

    /// Ends a server from the outside, as a crash does.
    pub fn crash(&self, user: &str, server: &str) {
        if let Some(running) = self.running().get(&(user.to_owned(), server.to_owned())) {
            running.task.abort();
            running.ended.send_replace(Some(ExitReport { code: Some(-9), output: "crashed".into() }));
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(String, String), Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Options that hold nothing.
struct FakeOptions {
    answer: Duration,
}

impl Options for FakeOptions {
    fn changed(&self, _: &mut SpawnFacts, _: &[(String, PythonValue)]) -> Result<Settings, SpawnError> {
        Ok(Settings::new(Self { answer: self.answer }))
    }

    fn value(&self, _: &str) -> Option<PythonValue> {
        None
    }

    fn parsed(&self, _: &str, _: &str) -> Option<PythonValue> {
        None
    }

    fn timing(&self) -> Timing {
        Timing {
            start: Duration::from_secs(60),
            answer: self.answer,
            poll_interval: Some(Duration::from_secs(30)),
            poll_jitter: 0.0,
        }
    }
}

fn key(target: &Target) -> (String, String) {
    (target.user.to_string(), target.server.to_string())
}

async fn serve(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut head = [0; 4096];
            let _read = stream.read(&mut head).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _written = stream.write_all(answer.as_bytes()).await;
        });
    }
}

#[async_trait]
impl Spawner for FakeSpawner {
    fn upstream_class(&self) -> &str {
        "jupyterhub.spawner.SimpleLocalProcessSpawner"
    }

    fn settings(&self) -> Settings {
        let impatient = self.impatient.load(Ordering::SeqCst);
        Settings::new(FakeOptions { answer: Duration::from_millis(if impatient { 50 } else { 30_000 }) })
    }

    async fn start(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        let behaviour = self.behaviour.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match &behaviour {
            Behaviour::Refuses(status, message) => {
                return Err(SpawnError::Refused {
                    status: *status,
                    message: message.clone(),
                    reason: "test".into(),
                });
            }
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Works | Behaviour::Silent | Behaviour::Exits(_) => (),
        }
        let launch_error = |error: std::io::Error| SpawnError::Launch { problem: error.to_string() };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(launch_error)?;
        let address = listener.local_addr().map_err(launch_error)?;
        let mut state = Map::new();
        state.insert("pid".into(), Value::from(address.port()));
        journal.started(&state, None).await?;
        journal.progress(ProgressEvent {
            progress: Some(20),
            message: "working on it".into(),
            html_message: None,
        });
        let silent = behaviour == Behaviour::Silent;
        let report = match behaviour {
            Behaviour::Exits(output) => Some(ExitReport { code: Some(1), output }),
            _ => None,
        };
        let works = report.is_none();
        let running = Running {
            ended: watch::channel(report).0,
            task: tokio::spawn(async move {
                if silent {
                    std::future::pending::<()>().await;
                } else if works {
                    serve(listener).await;
                }
            }),
            launch: launch.clone(),
        };
        let key = (launch.facts.user.to_string(), launch.facts.server.to_string());
        self.running().insert(key, running);
        Ok(Started {
            url: format!("http://{address}"),
            state,
            process: None,
            log_file: None,
            api_token: None,
            settings: None,
        })
    }

    async fn poll(&self, target: &Target) -> Poll {
        if let Some(answer) = self.polls.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return answer;
        }
        match self.running().get(&key(target)) {
            Some(running) if running.ended.borrow().is_none() => Poll::Running,
            Some(running) => Poll::Stopped(running.ended.borrow().as_ref().and_then(|report| report.code)),
            None => Poll::Stopped(None),
        }
    }

    async fn stop(&self, target: &Target, _: bool) -> Result<Stopped, SpawnError> {
        if self.stops_fail.load(Ordering::SeqCst) {
            return Err(SpawnError::Process("it cannot be signalled".into()));
        }
        if let Some(running) = self.running().remove(&key(target)) {
            running.task.abort();
            running.ended.send_replace(Some(ExitReport { code: Some(0), output: String::new() }));
        }
        Ok(Stopped::default())
    }

    async fn wait(&self, target: &Target) -> ExitReport {
        let Some(mut ended) = self.running().get(&key(target)).map(|running| running.ended.subscribe())
        else {
            return ExitReport::default();
        };
        match ended.wait_for(Option::is_some).await {
            Ok(report) => report.clone().unwrap_or_default(),
            Err(_) => ExitReport::default(),
        }
    }
}
