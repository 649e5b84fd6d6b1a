//! Several workers with the same configuration, among which users are spread.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Worker;
use crate::error::WorkerError;
use crate::facts::HubFacts;

/// The workers that run spawners. A plug-in that blocks holds up the users of its own worker only.
#[derive(Clone, Debug)]
pub struct Workers(Arc<[Worker]>);

impl Workers {
    /// This many workers, at least one, with the configuration of `first`, which is one of them if it is `shared`.
    /// The processes of the others start when they are needed.
    pub fn new(first: &Worker, count: usize, shared: bool) -> Self {
        let another = |number| if shared && number == 0 { first.clone() } else { first.replica() };
        Self((0..count.max(1)).map(another).collect())
    }

    /// Tells the processes that run about the hub, and the others when they start.
    ///
    /// # Errors
    /// Those of [`Worker::configure`].
    pub async fn configure(&self, hub: &HubFacts) -> Result<(), WorkerError> {
        for worker in self.0.iter() {
            worker.configure_when_started(hub).await?;
        }
        Ok(())
    }

    /// The worker of a user: always the same.
    pub fn of(&self, user: &str) -> &Worker {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        let count = u64::try_from(self.0.len()).unwrap_or(u64::MAX).max(1);
        let number = usize::try_from(hasher.finish() % count).unwrap_or_default();
        #[expect(
            clippy::indexing_slicing,
            reason = "the remainder is below the length, which is at least one"
        )]
        &self.0[number]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.0.iter()
    }
}
