//! The servers that are not simply stopped: those starting, running, stopping, or failed.
//!
//! The cost of everything here grows with running servers, not with users. The database holds the
//! truth; this is what a poll or a task in this process knows on top of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use perijove_model::name::ServerName;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

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
    task: Mutex<CancellationToken>,
}

impl LiveServer {
    fn new(key: ServerKey) -> Self {
        Self {
            key,
            progress: ProgressLog::default(),
            state: watch::channel(ServerState::Stopped).0,
            task: Mutex::new(CancellationToken::new()),
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

    /// Hands out the token that ends the present background task (start or watch) of the server;
    /// the one before it is cancelled.
    pub fn new_task(&self) -> CancellationToken {
        let token = CancellationToken::new();
        let mut slot = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        slot.cancel();
        *slot = token.clone();
        token
    }

    /// Ends the present background task.
    pub fn cancel_task(&self) {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).cancel();
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
    users: Mutex<HashSet<i64>>,
}

impl Registry {
    /// The server, if it is more than stopped.
    pub fn get(&self, key: &ServerKey) -> Option<Arc<LiveServer>> {
        self.lock().get(key).cloned()
    }

    /// The server; made, in the state stopped, if need be.
    pub fn entry(&self, key: ServerKey) -> Arc<LiveServer> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(key.0);
        self.lock().entry(key.clone()).or_insert_with(|| Arc::new(LiveServer::new(key))).clone()
    }

    /// Whether a server of the user was ever more than stopped since the hub began. Upstream then
    /// shows empty options and states where it otherwise shows none.
    pub fn knew_user(&self, user_id: i64) -> bool {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).contains(&user_id)
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
        let server = registry.entry(key());
        assert!(server.apply(Event::StartRequested).is_ok());
        assert!(registry.entry(key()).apply(Event::StartRequested).is_err());
        assert_eq!(registry.counts(), Counts { active: 1, starting: 1, ready: 0 });
    }

    #[test]
    fn only_stopped_servers_are_forgotten() {
        let registry = Registry::default();
        registry.entry(key()).apply(Event::StartRequested).unwrap();
        registry.forget_stopped(&key());
        assert!(registry.get(&key()).is_some());
        registry.remove(&key());
        assert!(registry.get(&key()).is_none());
    }
}
