//! The worker processes that live, for the hub's metrics.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

static ALIVE: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The numbers of the worker processes of this program that live.
pub fn worker_processes() -> Vec<u32> {
    lock().iter().copied().collect()
}

/// Counts a process until this is dropped.
#[derive(Debug)]
pub(crate) struct Alive(u32);

impl Alive {
    pub(crate) fn new(pid: u32) -> Self {
        lock().insert(pid);
        Self(pid)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        lock().remove(&self.0);
    }
}

fn lock() -> MutexGuard<'static, BTreeSet<u32>> {
    ALIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
