//! Servers that are tasks of the test: they answer every request with an empty 200.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use perijove_model::Value as PythonValue;
use perijove_spawners::{
    ExitReport, Journal, Launch, Options, Poll, ProgressEvent, Settings, SpawnError, SpawnFacts, Spawner,
    Started, Target, Timing,
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
    running: Mutex<HashMap<(String, String), Running>>,
}

impl FakeSpawner {
    /// From now on starts do this.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
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
struct FakeOptions;

impl Options for FakeOptions {
    fn changed(&self, _: &mut SpawnFacts, _: &[(String, PythonValue)]) -> Result<Settings, SpawnError> {
        Ok(Settings::new(Self))
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
            answer: Duration::from_secs(30),
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
        Settings::new(FakeOptions)
    }

    async fn start(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError> {
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
            Behaviour::Works | Behaviour::Exits(_) => (),
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
        let report = match behaviour {
            Behaviour::Exits(output) => Some(ExitReport { code: Some(1), output }),
            _ => None,
        };
        let works = report.is_none();
        let running = Running {
            ended: watch::channel(report).0,
            task: tokio::spawn(async move {
                if works {
                    serve(listener).await;
                }
            }),
            launch: launch.clone(),
        };
        let key = (launch.facts.user.to_string(), launch.facts.server.to_string());
        self.running().insert(key, running);
        Ok(Started { url: format!("http://{address}"), state, process: None, log_file: None })
    }

    async fn poll(&self, target: &Target) -> Poll {
        match self.running().get(&key(target)) {
            Some(running) if running.ended.borrow().is_none() => Poll::Running,
            Some(running) => Poll::Stopped(running.ended.borrow().as_ref().and_then(|report| report.code)),
            None => Poll::Stopped(None),
        }
    }

    async fn stop(&self, target: &Target, _: bool) -> Result<(), SpawnError> {
        if let Some(running) = self.running().remove(&key(target)) {
            running.task.abort();
            running.ended.send_replace(Some(ExitReport { code: Some(0), output: String::new() }));
        }
        Ok(())
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
