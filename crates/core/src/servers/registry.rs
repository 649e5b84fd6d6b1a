//! The servers that are not simply stopped: those starting, running, stopping, or failed.
//!
//! The cost of everything here grows with running servers, not with users. The database holds the
//! truth; this is what a poll or a task in this process knows on top of it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use perijove_model::name::ServerName;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::progress::ProgressLog;
use super::state::{Event, IllegalTransition, ServerState};

/// Which server: the user's row and the server's name. A user may be renamed; the row stays.
pub type ServerKey = (i64, ServerName);

/// What this process knows of one server.
#[derive(Debug)]
pub struct LiveServer {
    /// Which server it is.
    pub key: ServerKey,
    /// The events of its last start.
    pub progress: ProgressLog,
    state: watch::Sender<ServerState>,
    failed_stops: AtomicU64,
    task: Mutex<TaskEnds>,
}

/// The two ends of a background task: asked for, and come.
#[derive(Debug, Default)]
struct TaskEnds {
    cancel: CancellationToken,
    ended: Option<CancellationToken>,
}

impl TaskEnds {
    fn replaced(&mut self) -> TaskHandle {
        let (cancel, ended) = (CancellationToken::new(), CancellationToken::new());
        self.cancel.cancel();
        *self = Self { cancel: cancel.clone(), ended: Some(ended.clone()) };
        TaskHandle { cancel, _ended: ended.drop_guard() }
    }
}

/// The background task (start or watch) of a server, as the task itself holds it. Dropping it says
/// that the task has ended.
#[derive(Debug)]
pub struct TaskHandle {
    /// Cancelled when the task is to end.
    pub cancel: CancellationToken,
    _ended: DropGuard,
}

impl LiveServer {
    fn new(key: ServerKey) -> Self {
        Self {
            key,
            progress: ProgressLog::default(),
            state: watch::channel(ServerState::Stopped).0,
            failed_stops: AtomicU64::new(0),
            task: Mutex::default(),
        }
    }

    /// The present state.
    pub fn state(&self) -> ServerState {
        self.state.borrow().clone()
    }

    /// A receiver that sees each change of state.
    pub fn watch(&self) -> watch::Receiver<ServerState> {
        self.state.subscribe()
    }

    /// Takes an event; returns the state after it.
    ///
    /// # Errors
    /// [`IllegalTransition`] where the event cannot happen now. Of two competing callers exactly
    /// one succeeds: this is what a start or stop claims the server with.
    pub fn apply(&self, event: Event) -> Result<ServerState, IllegalTransition> {
        let mut outcome = None;
        self.state.send_if_modified(|state| {
            let next = state.after(event.clone());
            let changed = next.is_ok();
            if let Ok(next) = &next {
                *state = next.clone();
            }
            outcome = Some(next);
            changed
        });
        outcome.unwrap_or_else(|| Err(IllegalTransition { state: self.state(), event }))
    }

    /// How many stops have failed: whoever waits for one sees by this that it did.
    pub fn failed_stops(&self) -> u64 {
        self.failed_stops.load(Ordering::SeqCst)
    }

    /// Counts a stop that failed. Comes before the change of state that waiters see.
    pub(super) fn count_failed_stop(&self) {
        self.failed_stops.fetch_add(1, Ordering::SeqCst);
    }

    /// Begins a background task of the server; the one before it is cancelled.
    pub fn new_task(&self) -> TaskHandle {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).replaced()
    }

    /// Takes [`Event::StartRequested`] and begins the start's task. A stop that comes at the same time
    /// cancels that task, not the one before it.
    ///
    /// # Errors
    /// [`IllegalTransition`] where the server cannot be started now.
    fn begin_start(&self) -> Result<TaskHandle, IllegalTransition> {
        let mut slot = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        self.apply(Event::StartRequested)?;
        Ok(slot.replaced())
    }

    /// Asks the present background task to end. The token is cancelled once it has; there is none if
    /// there never was a task.
    pub fn cancel_task(&self) -> Option<CancellationToken> {
        let slot = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        slot.cancel.cancel();
        slot.ended.clone()
    }
}

/// How many servers are in which kind of state.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Not stopped.
    pub active: usize,
    /// Starting.
    pub starting: usize,
    /// Ready.
    pub ready: usize,
}

/// All servers that are not simply stopped.
#[derive(Debug, Default)]
pub struct Registry {
    servers: Mutex<HashMap<ServerKey, Arc<LiveServer>>>,
    known: Mutex<HashMap<i64, HashSet<ServerName>>>,
    leaving: Mutex<HashSet<i64>>,
}

/// As long as this is held, nothing of the user is started: the user is being deleted.
#[derive(Debug)]
pub struct Leaving<'a> {
    registry: &'a Registry,
    user_id: i64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.registry.leaving.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user_id);
    }
}

impl Registry {
    /// The server, if it is more than stopped.
    pub fn get(&self, key: &ServerKey) -> Option<Arc<LiveServer>> {
        self.lock().get(key).cloned()
    }

    /// Whether upstream would keep an object of the server, and so show empty options where its row has none: from
    /// when it is made, started or looked for until it is stopped or renamed.
    pub fn knows(&self, key: &ServerKey) -> bool {
        let mut known = self.known();
        let Some(servers) = known.get_mut(&key.0) else { return false };
        // Where there is one of another server, whoever looks at the user gets one of the default server.
        if key.1.as_str().is_empty() {
            servers.insert(key.1.clone());
        }
        servers.contains(&key.1)
    }

    /// The servers that something is being done with, and what: the REST API's `pending` word.
    pub fn pending(&self) -> Vec<(ServerKey, &'static str)> {
        let servers = self.lock();
        servers.iter().filter_map(|(key, live)| Some((key.clone(), live.state().pending()?))).collect()
    }

    /// From now on upstream would keep one.
    pub fn know(&self, key: &ServerKey) {
        self.known().entry(key.0).or_default().insert(key.1.clone());
    }

    fn unknow(&self, key: &ServerKey) {
        let mut known = self.known();
        if let Some(servers) = known.get_mut(&key.0) {
            servers.remove(&key.1);
            if servers.is_empty() {
                known.remove(&key.0);
            }
        }
    }

    /// Forgets a user who is deleted: the number may become somebody else's.
    pub fn forget_user(&self, user_id: i64) {
        for server in self.of_user(user_id) {
            self.remove(&server.key);
        }
        self.known().remove(&user_id);
    }

    /// Takes an event on behalf of a server that may not be here yet. Meanwhile no other caller can
    /// forget the server, so that there are never two of it.
    ///
    /// # Errors
    /// [`IllegalTransition`] where the event cannot happen now.
    pub fn claim(&self, key: ServerKey, event: Event) -> Result<Arc<LiveServer>, IllegalTransition> {
        self.claim_with(key, |server| server.apply(event)).map(|(server, _)| server)
    }

    /// The same for a start, whose task begins with it.
    ///
    /// # Errors
    /// [`IllegalTransition`] where the server cannot be started now.
    pub fn claim_start(&self, key: ServerKey) -> Result<(Arc<LiveServer>, TaskHandle), IllegalTransition> {
        self.claim_with(key, LiveServer::begin_start)
    }

    /// Undoes a claim for a start that may not be. Where a stop came in between, that one ends it.
    ///
    /// # Errors
    /// [`IllegalTransition`] never: nobody else may end what this call has begun.
    pub fn give_back(&self, server: &LiveServer) -> Result<(), IllegalTransition> {
        if server.apply(Event::StopRequested).is_ok() {
            server.apply(Event::StopDone)?;
            self.forget_stopped(&server.key);
        }
        Ok(())
    }

    fn claim_with<T>(
        &self,
        key: ServerKey,
        take: impl FnOnce(&LiveServer) -> Result<T, IllegalTransition>,
    ) -> Result<(Arc<LiveServer>, T), IllegalTransition> {
        self.know(&key);
        let mut servers = self.lock();
        let server = match servers.get(&key) {
            Some(server) => server.clone(),
            None => Arc::new(LiveServer::new(key)),
        };
        let taken = take(&server)?;
        servers.insert(server.key.clone(), server.clone());
        Ok((server, taken))
    }

    /// Marks a user as being deleted. None if that is under way already.
    pub fn leave(&self, user_id: i64) -> Option<Leaving<'_>> {
        let new = self.leaving.lock().unwrap_or_else(PoisonError::into_inner).insert(user_id);
        // Made only then: a mark that is refused and dropped would take the first one away.
        new.then(|| Leaving { registry: self, user_id })
    }

    /// Whether the user is being deleted.
    pub fn is_leaving(&self, user_id: i64) -> bool {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).contains(&user_id)
    }

    /// The state of a server; [`ServerState::Stopped`] for one that is not here.
    pub fn state(&self, key: &ServerKey) -> ServerState {
        self.get(key).map_or(ServerState::Stopped, |server| server.state())
    }

    /// Forgets a server if it is stopped. A failed one stays: pages show its failure.
    pub fn forget_stopped(&self, key: &ServerKey) {
        let mut servers = self.lock();
        if servers.get(key).is_some_and(|server| server.state() == ServerState::Stopped) {
            servers.remove(key);
            self.unknow(key);
        }
    }

    /// Forgets a server whatever its state, after its row was deleted.
    pub fn remove(&self, key: &ServerKey) {
        if let Some(server) = self.lock().remove(key) {
            server.cancel_task();
        }
    }

    /// The servers of one user.
    pub fn of_user(&self, user_id: i64) -> Vec<Arc<LiveServer>> {
        self.lock().values().filter(|server| server.key.0 == user_id).cloned().collect()
    }

    /// All servers here.
    pub fn all(&self) -> Vec<Arc<LiveServer>> {
        self.lock().values().cloned().collect()
    }

    /// Counts by kind of state.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for server in self.lock().values() {
            let state = server.state();
            counts.active += usize::from(state.is_active());
            counts.starting += usize::from(matches!(state, ServerState::Starting(_)));
            counts.ready += usize::from(state.is_ready());
        }
        counts
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<i64, HashSet<ServerName>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ServerKey, Arc<LiveServer>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ServerKey {
        (1, ServerName::default())
    }

    #[test]
    fn only_one_of_two_starts_wins() {
        let registry = Registry::default();
        assert!(registry.claim(key(), Event::StartRequested).is_ok());
        assert!(registry.claim(key(), Event::StartRequested).is_err());
        assert_eq!(registry.counts(), Counts { active: 1, starting: 1, ready: 0 });
    }

    #[test]
    fn a_claim_is_given_back_unless_a_stop_has_taken_it() {
        let registry = Registry::default();
        let (server, _task) = registry.claim_start(key()).unwrap();
        registry.give_back(&server).unwrap();
        assert!(registry.get(&key()).is_none());
        let (server, _task) = registry.claim_start(key()).unwrap();
        server.apply(Event::StopRequested).unwrap();
        registry.give_back(&server).unwrap();
        assert_eq!(registry.state(&key()), ServerState::Stopping);
    }

    #[test]
    fn a_stop_reaches_the_task_of_the_start() {
        let registry = Registry::default();
        let (server, task) = registry.claim_start(key()).unwrap();
        server.apply(Event::StopRequested).unwrap();
        let ended = server.cancel_task().unwrap();
        assert!(task.cancel.is_cancelled() && !ended.is_cancelled());
        drop(task);
        assert!(ended.is_cancelled());
    }

    #[test]
    fn what_upstream_keeps_an_object_of() {
        let registry = Registry::default();
        let lab = (1, ServerName::parse("lab").unwrap());
        assert!(!registry.knows(&key()) && !registry.knows(&lab));
        registry.know(&lab);
        assert!(registry.knows(&lab) && registry.knows(&key()));
        registry.claim(lab.clone(), Event::RenameBegan).unwrap().apply(Event::RenameEnded).unwrap();
        registry.forget_stopped(&lab);
        assert!(!registry.knows(&lab) && registry.knows(&key()));
        registry.forget_user(1);
        assert!(!registry.knows(&key()));
    }

    #[test]
    fn a_refused_second_deletion_leaves_the_mark_of_the_first() {
        let registry = Registry::default();
        let first = registry.leave(1).unwrap();
        assert!(registry.leave(1).is_none());
        assert!(registry.is_leaving(1), "starts are let in while the user is being deleted");
        drop(first);
        assert!(!registry.is_leaving(1));
    }

    #[test]
    fn only_stopped_servers_are_forgotten() {
        let registry = Registry::default();
        registry.claim(key(), Event::StartRequested).unwrap();
        registry.forget_stopped(&key());
        assert!(registry.get(&key()).is_some());
        registry.remove(&key());
        assert!(registry.get(&key()).is_none());
    }
}
