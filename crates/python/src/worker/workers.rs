//! Several workers with the same configuration, among which users are spread.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::Worker;
use crate::error::WorkerError;
use crate::facts::HubFacts;

/// How long Python may take to import JupyterHub and the spawner's module.
pub const IMPORT_DEADLINE: Duration = Duration::from_secs(120);

/// The workers that run spawners. A plug-in that blocks holds up the users of its own worker only.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The worker that serves plug-ins' request handlers.
    first: Worker,
    spread: Vec<Worker>,
    /// Whether the spawner class comes with request handlers, which then look at its instances: all of these are in
    /// the first worker then.
    with_handlers: OnceCell<bool>,
}

impl Workers {
    /// This many workers, at least one, with the configuration of `first`, which is one of them if it is `shared`.
    /// The processes of the others start when they are needed.
    pub fn new(first: &Worker, count: usize, shared: bool) -> Self {
        let another = |number| if shared && number == 0 { first.clone() } else { first.replica() };
        let spread = (0..count.max(1)).map(another).collect();
        Self(Arc::new(Shared { first: first.clone(), spread, with_handlers: OnceCell::new() }))
    }

    /// Tells the processes that run about the hub, and the others when they start.
    ///
    /// # Errors
    /// Those of [`Worker::configure`].
    pub async fn configure(&self, hub: &HubFacts) -> Result<(), WorkerError> {
        for worker in &self.0.spread {
            worker.configure_when_started(hub).await?;
        }
        Ok(())
    }

    /// The worker of a user: always the same. The spawner class is imported first.
    pub async fn of(&self, user: &str) -> &Worker {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        let workers = self.used().await;
        let count = u64::try_from(workers.len()).unwrap_or(u64::MAX).max(1);
        let number = usize::try_from(hasher.finish() % count).unwrap_or_default();
        workers.get(number).unwrap_or(&self.0.first)
    }

    /// All that run spawners.
    pub async fn used(&self) -> &[Worker] {
        let described = async {
            let described = self.0.first.describe_spawner(IMPORT_DEADLINE).await;
            // Whoever starts a server is told what is wrong with the class.
            described.is_ok_and(|class| class.handlers)
        };
        if *self.0.with_handlers.get_or_init(|| described).await {
            std::slice::from_ref(&self.0.first)
        } else {
            &self.0.spread
        }
    }
}
