//! Several workers with the same configuration, among which users are spread.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::{SpawnerClass, Worker};
use crate::error::WorkerError;
use crate::facts::HubFacts;

/// How long Python may take to import JupyterHub and the spawner's module.
const IMPORT_DEADLINE: Duration = Duration::from_secs(120);

/// The workers that run spawners. A plug-in that blocks holds up the users of its own worker only.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The worker that serves plug-ins' request handlers.
    first: Worker,
    spread: Vec<Worker>,
    /// What the first worker says of the spawner class. A class that comes with request handlers has all its instances
    /// there, since the handlers look at them.
    class: OnceCell<SpawnerClass>,
}

impl Workers {
    /// This many workers, at least one, with the configuration of `first`, which is one of them if it is `shared`.
    /// The processes of the others start when they are needed.
    pub fn new(first: &Worker, count: usize, shared: bool) -> Self {
        let another = |number| if shared && number == 0 { first.clone() } else { first.replica() };
        let spread = (0..count.max(1)).map(another).collect();
        Self(Arc::new(Shared { first: first.clone(), spread, class: OnceCell::new() }))
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

    /// Imports the spawner class everywhere where it will run.
    ///
    /// # Errors
    /// Those of [`Worker::describe_spawner`].
    pub async fn warm_up(&self) -> Result<&SpawnerClass, WorkerError> {
        let class = self.class().await?;
        for worker in self.used().await? {
            if !worker.is(&self.0.first) {
                worker.describe_spawner(IMPORT_DEADLINE).await?;
            }
        }
        Ok(class)
    }

    /// The worker of a user: always the same. The spawner class is imported first.
    ///
    /// # Errors
    /// Those of [`Worker::describe_spawner`]: whose worker it is depends on the class.
    pub async fn of(&self, user: &str) -> Result<&Worker, WorkerError> {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        let workers = self.used().await?;
        let count = u64::try_from(workers.len()).unwrap_or(u64::MAX).max(1);
        let number = usize::try_from(hasher.finish() % count).unwrap_or_default();
        Ok(workers.get(number).unwrap_or(&self.0.first))
    }

    /// All that run spawners.
    async fn used(&self) -> Result<&[Worker], WorkerError> {
        let in_first = self.class().await?.handlers;
        Ok(if in_first { std::slice::from_ref(&self.0.first) } else { &self.0.spread })
    }

    /// Asked until it is answered: a process that dies meanwhile says nothing about the class.
    async fn class(&self) -> Result<&SpawnerClass, WorkerError> {
        self.0.class.get_or_try_init(|| self.0.first.describe_spawner(IMPORT_DEADLINE)).await
    }
}
