//! The life of one single-user server: one state, one transition function.

use std::fmt;

use crate::error::Failure;

/// Where a server is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// Not running.
    Stopped,
    /// Being started.
    Starting(StartPhase),
    /// Found running after a restart of the hub, its answer not seen yet.
    Checking,
    /// Running, and its route is in the proxy.
    Ready,
    /// Being stopped.
    Stopping,
    /// The start failed, for this reason, and what it left is being stopped. Counts as stopping, as upstream.
    CleaningUp(Failure),
    /// Being renamed or moved; nothing else may happen to it.
    Renaming,
    /// The last start failed, for this reason. It counts as stopped.
    Failed(Failure),
}

/// How far a start has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartPhase {
    /// Hooks, tokens, and the spawner itself.
    Launching,
    /// The process runs; its first HTTP answer is awaited.
    WaitingForAnswer,
    /// The server answers; its route is being added.
    AddingRoute,
}

/// What happens to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody asked for a start.
    StartRequested,
    /// The spawner returned: the process is there.
    Launched,
    /// The server answered over HTTP.
    Answered,
    /// The route is in the proxy.
    Routed,
    /// The start failed; what it left has to be stopped.
    StartFailed(Failure),
    /// Somebody asked for a stop, or the process is gone.
    StopRequested,
    /// The server is stopped and cleaned up.
    StopDone,
    /// The server could not be stopped: it may still run.
    StopFailed,
    /// The hub found the server's record at start-up.
    Found,
    /// A rename began.
    RenameBegan,
    /// A rename ended, well or not.
    RenameEnded,
}

/// An event that makes no sense in the present state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a server that is {state} cannot take {event:?}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub state: ServerState,
    /// What should have happened.
    pub event: Event,
}

impl ServerState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalTransition`] where the event cannot happen in this state; nothing changes then.
    pub fn after(&self, event: Event) -> Result<ServerState, IllegalTransition> {
        use ServerState as S;
        use StartPhase as P;
        let next = match (self, &event) {
            (S::Stopped | S::Failed(_), Event::StartRequested) => S::Starting(P::Launching),
            (S::Starting(P::Launching), Event::Launched) => S::Starting(P::WaitingForAnswer),
            (S::Starting(P::WaitingForAnswer), Event::Answered) => S::Starting(P::AddingRoute),
            (S::Starting(P::AddingRoute), Event::Routed) | (S::Checking, Event::Answered) => S::Ready,
            (S::Starting(_), Event::StartFailed(failure)) => S::CleaningUp(failure.clone()),
            (S::CleaningUp(failure), Event::StopDone) => S::Failed(failure.clone()),
            (S::Starting(_) | S::Ready | S::Checking, Event::StopRequested) => S::Stopping,
            (S::Stopping, Event::StopDone) => S::Stopped,
            (S::Stopping | S::CleaningUp(_), Event::StopFailed) => S::Ready,
            (S::Stopped, Event::Found) => S::Checking,
            (S::Stopped | S::Failed(_), Event::RenameBegan) => S::Renaming,
            (S::Renaming, Event::RenameEnded) => S::Stopped,
            _ => return Err(IllegalTransition { state: self.clone(), event }),
        };
        Ok(next)
    }

    /// The REST API's `pending` word: `spawn`, `stop`, `check`, `rename` or nothing.
    pub fn pending(&self) -> Option<&'static str> {
        match self {
            Self::Starting(_) => Some("spawn"),
            Self::Stopping | Self::CleaningUp(_) => Some("stop"),
            Self::Checking => Some("check"),
            Self::Renaming => Some("rename"),
            Self::Stopped | Self::Ready | Self::Failed(_) => None,
        }
    }

    /// True when requests can be sent to the server.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }

    /// True while it is not known yet how the last start ended, or what is left of it.
    pub fn start_goes_on(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::CleaningUp(_))
    }

    /// True while the server is being stopped, for whatever reason.
    pub fn is_stopping(&self) -> bool {
        matches!(self, Self::Stopping | Self::CleaningUp(_))
    }

    /// True unless the server is stopped, for whatever reason.
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Failed(_))
    }
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "stopped",
            Self::Starting(_) => "starting",
            Self::Checking => "being checked",
            Self::Ready => "ready",
            Self::Stopping | Self::CleaningUp(_) => "stopping",
            Self::Renaming => "being renamed",
            Self::Failed(_) => "failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure { message: "no".into(), status: 500, exception: None }
    }

    #[test]
    fn a_whole_life() {
        let mut state = ServerState::Stopped;
        for event in [
            Event::StartRequested,
            Event::Launched,
            Event::Answered,
            Event::Routed,
            Event::StopRequested,
            Event::StopDone,
        ] {
            state = state.after(event).unwrap();
        }
        assert_eq!(state, ServerState::Stopped);
    }

    #[test]
    fn a_failed_start_can_be_tried_again() {
        let failing =
            ServerState::Starting(StartPhase::Launching).after(Event::StartFailed(failure())).unwrap();
        assert!(failing.is_active() && failing.start_goes_on());
        assert_eq!(failing.pending(), Some("stop"));
        assert!(
            failing.after(Event::StartRequested).is_err() && failing.after(Event::StopRequested).is_err()
        );
        let failed = failing.after(Event::StopDone).unwrap();
        assert_eq!(failed, ServerState::Failed(failure()));
        assert!(!failed.is_active() && !failed.start_goes_on());
        assert_eq!(failed.pending(), None);
        assert_eq!(
            failed.after(Event::StartRequested).unwrap(),
            ServerState::Starting(StartPhase::Launching)
        );
    }

    #[test]
    fn a_server_that_cannot_be_stopped_stays() {
        let state = ServerState::Ready.after(Event::StopRequested).unwrap().after(Event::StopFailed).unwrap();
        assert_eq!(state, ServerState::Ready);
        assert_eq!(state.after(Event::StopRequested).unwrap(), ServerState::Stopping);
        assert!(ServerState::Starting(StartPhase::Launching).after(Event::StopFailed).is_err());
        assert_eq!(ServerState::CleaningUp(failure()).after(Event::StopFailed).unwrap(), ServerState::Ready);
    }

    #[test]
    fn a_stopped_server_cannot_be_stopped_and_a_running_one_not_started() {
        assert!(ServerState::Stopped.after(Event::StopRequested).is_err());
        assert!(ServerState::Ready.after(Event::StartRequested).is_err());
        assert!(ServerState::Stopping.after(Event::StartRequested).is_err());
    }
}
