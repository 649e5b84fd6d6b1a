//! The embedded route table: longest prefix by path segments, looked up without locks.
//!
//! The prefix tree is flattened into a hash map from whole prefixes to routes, spread over shards. A lookup asks for each
//! prefix of the path, no deeper than the deepest route; a change copies one shard, a few dozen entries with 5,000 routes.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{RouteEntry, RouteError, Routes, path_from_spec, spec_from_path};
use crate::target::Target;
use crate::upstream::Pool;

const SHARDS: usize = 128;

/// The mark of the hub's routes in CHP's API.
pub(crate) const HUB_MARK: &str = "jupyterhub";

/// One route of the embedded table.
pub struct Route {
    path: Box<str>,
    by_host: bool,
    target: Target,
    data: Map<String, Value>,
    last_activity: AtomicI64,
    pub(crate) pool: Pool,
}

impl Route {
    /// The decoded path, with the host as its first part where routing is by host; `/` or without a slash at the end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The first part of the path is a host name.
    pub(crate) fn by_host(&self) -> bool {
        self.by_host
    }

    /// Where requests go.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What was given along when the route was added.
    #[must_use]
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// When the route was last active, to the millisecond.
    #[must_use]
    pub fn last_activity(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.last_activity.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Records activity at `now`; never turns time back.
    pub fn touch(&self, now: DateTime<Utc>) {
        self.last_activity.fetch_max(now.timestamp_millis(), Ordering::Relaxed);
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("path", &self.path)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

type Shard = HashMap<Box<str>, Arc<Route>>;

/// The embedded route table. Clones share the routes.
#[derive(Clone)]
pub struct RouteTable(Arc<Inner>);

struct Inner {
    host_routing: bool,
    root: ArcSwapOption<Route>,
    shards: Box<[ArcSwap<Shard>]>,
    /// Segments of the deepest route there ever was.
    depth: AtomicUsize,
    writing: Mutex<()>,
}

impl Default for RouteTable {
    fn default() -> Self {
        Self::new(false)
    }
}

impl fmt::Debug for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteTable").field("host_routing", &self.0.host_routing).finish_non_exhaustive()
    }
}

impl RouteTable {
    /// An empty table; with `host_routing` the first part of every path but `/` is a host name.
    #[must_use]
    pub fn new(host_routing: bool) -> Self {
        Self(Arc::new(Inner {
            host_routing,
            root: ArcSwapOption::empty(),
            shards: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            depth: AtomicUsize::new(0),
            writing: Mutex::new(()),
        }))
    }

    /// Whether the first part of a path is a host name.
    #[must_use]
    pub fn host_routing(&self) -> bool {
        self.0.host_routing
    }

    /// Adds or replaces the route of a decoded path, active as of `now`.
    pub fn insert(&self, path: &str, target: Target, mut data: Map<String, Value>, now: DateTime<Utc>) {
        let key = key_of(path, self.0.host_routing);
        let shown: Box<str> = format!("/{}", path.trim_matches('/')).into();
        if self.0.host_routing && !key.is_empty() {
            let host = shown.split('/').nth(1).unwrap_or_default();
            data.insert("host".to_owned(), Value::String(host.to_owned()));
        }
        let last_activity = AtomicI64::new(now.timestamp_millis());
        let by_host = self.0.host_routing && !key.is_empty();
        let route =
            Arc::new(Route { path: shown, by_host, target, data, last_activity, pool: Pool::default() });
        let _writing = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if key.is_empty() {
            self.0.root.store(Some(route));
            return;
        }
        self.0.depth.fetch_max(key.matches('/').count() + 1, Ordering::Release);
        self.change(&key, |shard| {
            shard.insert(key.as_str().into(), Arc::clone(&route));
        });
    }

    /// Removes the route of a decoded path and gives it back.
    pub fn take(&self, path: &str) -> Option<Arc<Route>> {
        let key = key_of(path, self.0.host_routing);
        let _writing = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if key.is_empty() {
            return self.0.root.swap(None);
        }
        self.exact(&key)?;
        let mut taken = None;
        self.change(&key, |shard| taken = shard.remove(key.as_str()));
        taken
    }

    /// The route of exactly this decoded path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Arc<Route>> {
        self.exact(&key_of(path, self.0.host_routing))
    }

    /// The route of the longest prefix of a decoded request path. `host` (without port) counts only where routing is by host.
    #[must_use]
    pub fn find(&self, host: Option<&str>, path: &str) -> Option<Arc<Route>> {
        if !self.0.host_routing {
            return self.longest(path.trim_matches('/'));
        }
        match host {
            Some(host) => self.longest(key_of(&format!("{host}/{}", path.trim_matches('/')), true).as_str()),
            None => self.0.root.load_full(),
        }
    }

    /// All routes, by path; with `inactive_since` only those that were last active before it.
    #[must_use]
    pub fn list(&self, inactive_since: Option<DateTime<Utc>>) -> Vec<Arc<Route>> {
        let mut routes: Vec<Arc<Route>> = self.0.root.load_full().into_iter().collect();
        for shard in &self.0.shards {
            routes.extend(shard.load().values().cloned());
        }
        if let Some(limit) = inactive_since {
            routes.retain(|route| route.last_activity() < limit);
        }
        routes.sort_by(|a, b| a.path.cmp(&b.path));
        routes
    }

    fn exact(&self, key: &str) -> Option<Arc<Route>> {
        if key.is_empty() { self.0.root.load_full() } else { self.shard(key)?.load().get(key).cloned() }
    }

    fn longest(&self, key: &str) -> Option<Arc<Route>> {
        let depth = self.0.depth.load(Ordering::Acquire);
        let mut found = None;
        let ends = memchr::memchr_iter(b'/', key.as_bytes()).chain(std::iter::once(key.len()));
        for end in ends.take(depth) {
            let Some(prefix) = key.get(..end) else { break };
            if let Some(route) = self.shard(prefix).and_then(|shard| shard.load().get(prefix).cloned()) {
                found = Some(route);
            }
        }
        found.or_else(|| self.0.root.load_full())
    }

    fn shard(&self, key: &str) -> Option<&ArcSwap<Shard>> {
        // FNV-1a: it only spreads keys; the maps themselves hash with a secret.
        let hash = key
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        self.0.shards.get(hash as usize % SHARDS)
    }

    fn change(&self, key: &str, edit: impl FnOnce(&mut Shard)) {
        if let Some(shard) = self.shard(key) {
            let mut copy = Shard::clone(&shard.load());
            edit(&mut copy);
            shard.store(Arc::new(copy));
        }
    }
}

/// Path without outer slashes; host names compare without case.
fn key_of(path: &str, host_routing: bool) -> String {
    let path = path.trim_matches('/');
    match path.split_once('/') {
        _ if !host_routing => path.to_owned(),
        Some((host, rest)) => format!("{}/{rest}", host.to_ascii_lowercase()),
        None => path.to_ascii_lowercase(),
    }
}

#[async_trait]
impl Routes for RouteTable {
    async fn add(&self, spec: &str, target: &Target, mut data: Map<String, Value>) -> Result<(), RouteError> {
        let path = path_from_spec(spec, self.0.host_routing)?;
        data.insert(HUB_MARK.to_owned(), Value::Bool(true));
        self.insert(&path, target.clone(), data, Utc::now());
        Ok(())
    }

    async fn delete(&self, spec: &str) -> Result<bool, RouteError> {
        Ok(self.take(&path_from_spec(spec, self.0.host_routing)?).is_some())
    }

    async fn get_all(
        &self,
        inactive_since: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<String, RouteEntry>, RouteError> {
        let routes = self.list(inactive_since);
        let of_the_hub = routes.iter().filter(|route| route.data.contains_key(HUB_MARK));
        Ok(of_the_hub.map(|route| self.entry(route)).map(|entry| (entry.spec.clone(), entry)).collect())
    }
}

impl RouteTable {
    fn entry(&self, route: &Route) -> RouteEntry {
        let mut data = route.data.clone();
        data.shift_remove(HUB_MARK);
        let last_activity = route.last_activity();
        data.insert("last_activity".to_owned(), Value::String(iso_millis(last_activity)));
        RouteEntry {
            spec: spec_from_path(&route.path, self.0.host_routing),
            target: route.target.as_str().to_owned(),
            data,
            last_activity: Some(last_activity),
        }
    }
}

/// `2026-01-31T23:59:59.999Z`, as JavaScript writes dates.
pub(crate) fn iso_millis(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
