//! A spawner class of Python's own, run by the Python workers.
//!
//! What is around its methods, and in which order they run, is in `python/perijove_worker/own_spawners.py`; here is
//! when they are called, how long they may take, and what their failures mean.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use perijove_model::{ServerName, UserName, Value};
use perijove_python::{
    HubFacts, OwnSpawnerStep, SpawnerFacts, SpawnerTiming, StartedServer, Worker, WorkerError, Workers,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value as Json};

use crate::error::{SetupError, SpawnError};
use crate::launch::{Launch, Options, ServerState, Settings, SpawnFacts, Started, Stopped, Target};
use crate::output::Outputs;
use crate::registry::Context;
use crate::spawner::{Journal, Poll, ProgressEvent, Spawner, Timing};

/// The file of what the spawners, and processes that they start, print.
const OUTPUT_FILE: &str = "python-spawners.log";
/// How long hooks before a start may take, and what is around a stop. Upstream sets them no limit.
const SLOW: Duration = Duration::from_secs(600);
/// How long a look at a server may take.
const LOOK: Duration = Duration::from_secs(60);

/// Runs servers with a Python class. A user's servers are always run by the same worker.
pub struct PythonSpawner {
    class: String,
    workers: Workers,
    with_authenticator: bool,
    timing: Mutex<Timing>,
    has_options_form: AtomicBool,
    /// Follows [`OUTPUT_FILE`] as long as this lives.
    _outputs: Outputs,
}

/// What a Python spawner has instead of options: they are in the worker.
struct PythonOptions(Timing);

impl Options for PythonOptions {
    fn changed(&self, _: &mut SpawnFacts, _: &[(String, Value)]) -> Result<Settings, SpawnError> {
        Ok(Settings::new(Self(self.0)))
    }

    fn value(&self, _: &str) -> Option<Value> {
        None
    }

    fn parsed(&self, _: &str, _: &str) -> Option<Value> {
        None
    }

    fn timing(&self) -> Timing {
        self.0
    }
}

impl PythonSpawner {
    /// A spawner of this class. `hub` is what the workers are told when their processes start; `timing` counts until
    /// the class has been imported.
    ///
    /// # Errors
    /// [`SetupError::Invalid`] if there is no place for what the spawners print; [`SetupError::Python`] if the worker
    /// cannot be told about the hub.
    pub async fn new(
        class: &str,
        workers: Workers,
        hub: HubFacts,
        with_authenticator: bool,
        timing: Timing,
        context: &Context,
    ) -> Result<Self, SetupError> {
        let outputs = Outputs::new(context.output_directory.clone(), context.output_limit);
        let path = outputs.follow_shared(OUTPUT_FILE).map_err(|error| SetupError::Invalid {
            option: "JupyterHub.spawner_class".to_owned(),
            problem: format!(
                "the output of servers cannot be written to {}: {error}\nhint: start in a directory that the hub may write to",
                outputs.directory().display()
            ),
        })?;
        // A start may block as long as it may last.
        let stall_limit = hub.stall_limit.max(timing.start);
        let hub = HubFacts { output_file: Some(path), stall_limit, ..hub };
        workers.configure(&hub).await.map_err(|error| SetupError::Python(error.to_string()))?;
        Ok(Self {
            class: class.to_owned(),
            workers,
            with_authenticator,
            timing: Mutex::new(timing),
            has_options_form: AtomicBool::new(false),
            _outputs: outputs,
        })
    }

    fn timing(&self) -> Timing {
        *self.timing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn worker(&self, user: &UserName) -> Result<&Worker, WorkerError> {
        self.workers.of(user.as_str()).await
    }

    /// A step that needs the server's instance only.
    async fn step_by_name(
        &self,
        user: &UserName,
        server: &ServerName,
        step: OwnSpawnerStep<'_>,
        deadline: Option<Duration>,
        told: &(dyn Fn(Value) + Send + Sync),
    ) -> Result<Value, WorkerError> {
        let names = (user.as_str(), server.as_str());
        self.worker(user).await?.own_spawner_by_name(names, step, deadline, told).await
    }

    async fn step(
        &self,
        user: &UserName,
        shown: Option<&Arc<SpawnerFacts>>,
        step: OwnSpawnerStep<'_>,
        deadline: Duration,
    ) -> Result<Value, WorkerError> {
        let Some(facts) = shown else {
            return Err(WorkerError::Protocol("the hub did not say whose server it is".to_owned()));
        };
        self.worker(user).await?.own_spawner(facts, step, Some(deadline), &|_| ()).await
    }

    /// The same again if the worker has died meanwhile: its successor makes the instance from the stored state.
    async fn look(&self, target: &Target, step: OwnSpawnerStep<'_>) -> Result<Value, WorkerError> {
        match self.step(&target.user, target.shown.as_ref(), step, LOOK).await {
            Err(WorkerError::Died { .. }) => self.step(&target.user, target.shown.as_ref(), step, LOOK).await,
            answer => answer,
        }
    }
}

#[async_trait]
impl Spawner for PythonSpawner {
    fn upstream_class(&self) -> &str {
        &self.class
    }

    fn settings(&self) -> Settings {
        Settings::new(PythonOptions(self.timing()))
    }

    async fn warm_up(&self) -> Result<(), SetupError> {
        let class = self.workers.warm_up().await.map_err(|error| SetupError::Python(error.explained()))?;
        self.has_options_form.store(class.options_form, Ordering::Relaxed);
        if let Some(timing) = class.timing {
            *self.timing.lock().unwrap_or_else(PoisonError::into_inner) = from_python(timing);
        }
        Ok(())
    }

    fn needs_facts(&self) -> bool {
        true
    }

    fn journals(&self) -> bool {
        false
    }

    fn keeps_start_timeout(&self) -> bool {
        true
    }

    fn has_options_form(&self) -> bool {
        self.has_options_form.load(Ordering::Relaxed)
    }

    async fn start(&self, launch: &Launch, _: &dyn Journal) -> Result<Started, SpawnError> {
        let step = OwnSpawnerStep::Start { with_authenticator: self.with_authenticator };
        let deadline = SLOW.saturating_add(self.timing().start);
        let answer = self.step(&launch.facts.user, launch.shown.as_ref(), step, deadline).await;
        let answer = answer.map_err(|error| plugin_error(&error))?.to_plain_json();
        let started: StartedServer = answer
            .and_then(|json| serde_json::from_value(json).ok())
            .ok_or_else(|| unusable("Spawner.get_state() returned something that JSON cannot hold"))?;
        let Json::Object(state) = started.state else {
            return Err(unusable("Spawner.get_state() did not return a dictionary"));
        };
        let own = started.api_token != launch.facts.api_token.expose_secret();
        let token = Some(started.api_token).filter(|token| own && !token.is_empty());
        Ok(Started {
            url: started.url,
            state,
            process: None,
            log_file: None,
            api_token: token.map(SecretString::from),
            settings: Some(Settings::new(PythonOptions(from_python(started.timing)))),
        })
    }

    async fn progress(&self, user: &UserName, server: &ServerName, journal: &dyn Journal) {
        let told = |event: Value| {
            if let Some(event) = progress_event(&event) {
                journal.progress(event);
            }
        };
        if let Err(error) = self.step_by_name(user, server, OwnSpawnerStep::Progress, None, &told).await {
            tracing::warn!(user.name = %user, "Spawner.progress failed: {}", error.explained());
        }
        std::future::pending().await
    }

    async fn start_ended(&self, user: &UserName, server: &ServerName) {
        let told = self.step_by_name(user, server, OwnSpawnerStep::Ready, Some(LOOK), &|_| ()).await;
        if let Err(error) = told {
            tracing::debug!(user.name = %user, "the worker could not be told that a start has ended: {error}");
        }
    }

    async fn url(&self, target: &Target) -> Option<String> {
        match self.look(target, OwnSpawnerStep::GetUrl).await {
            Ok(url) => url.as_str().map(str::to_owned),
            Err(error) => {
                tracing::warn!(user.name = %target.user, "Spawner.get_url failed: {}", error.explained());
                None
            }
        }
    }

    async fn poll(&self, target: &Target) -> Poll {
        let answer = match self.look(target, OwnSpawnerStep::Poll).await {
            Ok(answer) => answer.to_plain_json().unwrap_or_default(),
            Err(error) => return Poll::Unknown(error.explained()),
        };
        match answer.get("status") {
            Some(Json::Null) => Poll::Running,
            Some(status) => Poll::Stopped(status.as_i64().and_then(|code| i32::try_from(code).ok())),
            None => Poll::Unknown("Spawner.poll returned nothing that can be understood".to_owned()),
        }
    }

    async fn stop(&self, target: &Target, _: bool) -> Result<Stopped, SpawnError> {
        let answer = self.step(&target.user, target.shown.as_ref(), OwnSpawnerStep::Stop, SLOW).await;
        let answer = answer.map_err(|error| plugin_error(&error))?.to_plain_json().unwrap_or_default();
        Ok(Stopped { will_resume: answer.get("will_resume").and_then(Json::as_bool).unwrap_or(false) })
    }

    async fn after_stop(&self, target: &Target) -> ServerState {
        let step = OwnSpawnerStep::PostStop { with_authenticator: self.with_authenticator };
        match self.step(&target.user, target.shown.as_ref(), step, SLOW).await {
            Ok(state) => match state.to_plain_json() {
                Some(Json::Object(state)) => state,
                _ => {
                    tracing::error!(user.name = %target.user, "the state that a spawner keeps is nothing that JSON can hold");
                    Map::new()
                }
            },
            Err(error) => {
                tracing::error!(user.name = %target.user, "what follows a stop failed: {}", error.explained());
                Map::new()
            }
        }
    }

    async fn rename(&self, target: &Target, new_name: &ServerName) -> Result<(), SpawnError> {
        let step = OwnSpawnerStep::Rename { new_name: new_name.as_str() };
        let answer = self.step(&target.user, target.shown.as_ref(), step, SLOW).await;
        answer.map(drop).map_err(|error| plugin_error(&error))
    }

    async fn delete_forever(&self, target: &Target) {
        let answer =
            self.step(&target.user, target.shown.as_ref(), OwnSpawnerStep::DeleteForever, SLOW).await;
        if let Err(error) = answer {
            tracing::error!(user.name = %target.user, "Spawner.delete_forever failed: {}", error.explained());
        }
    }
}

fn unusable(problem: &str) -> SpawnError {
    SpawnError::Launch { problem: problem.to_owned() }
}

/// Seconds as Python has them, where negative ones and those that are no number are none.
fn from_python(timing: SpawnerTiming) -> Timing {
    let seconds = |count: f64| Duration::try_from_secs_f64(count).unwrap_or_default();
    Timing::new(
        seconds(timing.start),
        seconds(timing.answer),
        seconds(timing.poll_interval),
        timing.poll_jitter,
    )
}

/// An event of `Spawner.progress`: a dictionary.
fn progress_event(event: &Value) -> Option<ProgressEvent> {
    let event = event.to_plain_json()?;
    let text = |name: &str| event.get(name).and_then(Json::as_str).map(str::to_owned);
    let progress = event.get("progress").and_then(Json::as_f64);
    Some(ProgressEvent {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 100"
        )]
        progress: progress.map(|progress| progress.clamp(0.0, 100.0) as u8),
        message: text("message").unwrap_or_default(),
        html_message: text("html_message"),
    })
}

/// What the failure of a plug-in means for whoever waits for it.
pub fn plugin_error(error: &WorkerError) -> SpawnError {
    let Some(exception) = error.as_python() else {
        return SpawnError::Process(error.to_string());
    };
    let cause = match exception.status {
        // As upstream: an answer for the user, not a fault that needs a traceback.
        Some(_) => exception.to_string(),
        None => error.explained(),
    };
    let words = exception.user_text();
    let (message, unexpected) = match exception.status {
        Some(_) => (words.unwrap_or(&exception.message).to_owned(), None),
        None => (words.unwrap_or_default().to_owned(), Some(exception.message.as_str().into())),
    };
    SpawnError::Plugin {
        status: exception.status.unwrap_or(500),
        message,
        html_message: exception.user_html_message.clone(),
        headers: exception.headers.clone(),
        unexpected,
        cause,
    }
}
