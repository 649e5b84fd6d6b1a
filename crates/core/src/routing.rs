//! The proxy's routes of servers and of the hub, kept in step with what runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use perijove_model::name::ServerName;
use perijove_proxy::{RouteEntry, Target};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::metrics::outcome;
use crate::records::UserRecord;

/// What is given along with a route.
pub(crate) type RouteData = Map<String, Value>;

/// Routes that the configuration adds: specification → URL (`Proxy.extra_routes`).
pub type ExtraRoutes = BTreeMap<String, String>;

impl Hub {
    /// Adds or replaces a server's route. It is in effect when this returns.
    pub(crate) async fn add_server_route(
        &self,
        user: &UserRecord,
        server: &ServerName,
        url: &str,
    ) -> Result<()> {
        let spec = self.settings.server_route(&user.name, server);
        let target = Target::url(url).map_err(Error::internal)?;
        let data = object(json!({ "user": user.name.as_str(), "server_name": server.as_str() }));
        tracing::info!("Adding user {} to proxy {spec} => {url}", user.name);
        let began = Instant::now();
        let added = self.routes.add(&spec, &target, data).await;
        self.metrics.proxy_adds.observe([outcome(&added)], began.elapsed());
        added.map_err(Error::internal)
    }

    pub(crate) async fn remove_server_route(&self, user: &UserRecord, server: &ServerName) -> Result<()> {
        let spec = self.settings.server_route(&user.name, server);
        tracing::info!("Removing user {} from proxy ({spec})", user.name);
        let began = Instant::now();
        let deleted = self.routes.delete(&spec).await;
        self.metrics.proxy_deletes.observe([outcome(&deleted)], began.elapsed());
        deleted.map(drop).map_err(Error::internal)
    }

    /// Adds the hub's own route, the default one.
    pub async fn add_hub_route(&self) -> Result<()> {
        let spec = &self.settings.hub_route;
        let target = self.settings.hub_target.clone();
        tracing::info!("Adding route for Hub: {spec} => {target}");
        self.routes.add(spec, &target, object(json!({ "hub": true }))).await.map_err(Error::internal)
    }

    /// All routes, as `GET /api/proxy` shows them.
    pub async fn proxy_routes(&self) -> Result<BTreeMap<String, RouteEntry>> {
        let began = Instant::now();
        let routes = self.routes.get_all(None).await.map_err(Error::internal)?;
        self.metrics.proxy_polls.observe(began.elapsed());
        Ok(routes)
    }

    /// Drives another proxy from now on: at another address, with another token, or both.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the proxy is part of this program, or the address or token is wrong.
    pub fn move_proxy(&self, api_url: Option<&str>, token: Option<SecretString>) -> Result<()> {
        let moved = self.routes.move_to(api_url, token);
        moved.map_err(|error| Error::Invalid(error.to_string()))?;
        tracing::info!(url = api_url, "Updated proxy");
        Ok(())
    }

    /// Brings the proxy in step with what runs: adds what is missing, updates what moved, removes
    /// what is stale. What is right is left alone.
    pub async fn check_routes(self: &Arc<Self>) -> Result<()> {
        let began = Instant::now();
        let routes = self.proxy_routes().await?;
        self.note_route_activity(&routes).await?;
        let wanted = self.wanted_routes().await?;
        for (spec, (target, data)) in &wanted {
            let right = routes.get(spec).is_some_and(|route| route.target == target.as_str());
            if !right {
                tracing::warn!("Adding missing route {spec} => {target}");
                self.routes.add(spec, target, data.clone()).await.map_err(Error::internal)?;
            }
        }
        let pending = self.pending_specs().await?;
        for spec in routes.keys() {
            if !wanted.contains_key(spec) && !pending.contains(spec) {
                tracing::warn!("Deleting stale route {spec}");
                self.routes.delete(spec).await.map_err(Error::internal)?;
            }
        }
        self.metrics.route_checks.observe(began.elapsed());
        Ok(())
    }

    async fn wanted_routes(&self) -> Result<BTreeMap<String, (Target, Map<String, Value>)>> {
        let mut wanted = BTreeMap::new();
        let hub = (self.settings.hub_target.clone(), object(json!({ "hub": true })));
        wanted.insert(self.settings.hub_route.clone(), hub);
        for (spec, url) in &self.settings.extra_routes {
            let target = Target::url(url).map_err(Error::internal)?;
            wanted.insert(spec.clone(), (target, object(json!({ "extra": true }))));
        }
        wanted.extend(self.service_routes().await?);
        for live in self.servers.all().into_iter().filter(|live| live.state().is_ready()) {
            let Some(name) = self.user_name(live.key.0).await? else { continue };
            let Some(url) = self.target_url(live.key.0, &live.key.1).await? else { continue };
            let spec = self.settings.server_route(&name, &live.key.1);
            let data = object(json!({ "user": name.as_str(), "server_name": live.key.1.as_str() }));
            wanted.insert(spec, (Target::url(&url).map_err(Error::internal)?, data));
        }
        Ok(wanted)
    }

    /// Routes of servers on their way up or down are nobody's business but their task's.
    async fn pending_specs(&self) -> Result<Vec<String>> {
        let mut specs = Vec::new();
        for live in self.servers.all().into_iter().filter(|live| live.state().pending().is_some()) {
            if let Some(name) = self.user_name(live.key.0).await? {
                specs.push(self.settings.server_route(&name, &live.key.1));
            }
        }
        Ok(specs)
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
