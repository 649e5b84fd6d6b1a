//! Services while the hub runs: their routes, and the processes of those that the hub runs itself.

mod process;
mod registration;

pub use registration::{KeptFields, Registration};

use std::sync::Arc;
use std::time::Duration;

use perijove_proxy::Target;
use perijove_store::{self as store, Tx};
use serde_json::json;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::server_url;
use crate::routing::{RouteData, object};
use crate::startup::ServiceSeed;

/// A service with what models show of it.
#[derive(Debug, Clone)]
pub struct ListedService {
    /// The row.
    pub row: store::Service,
    /// Names of its roles.
    pub roles: Vec<String>,
}

impl ListedService {
    async fn of_row(tx: &mut Tx, row: store::Service) -> Result<Self> {
        let roles = tx.roles().for_service(row.id).await?.into_iter().map(|role| role.name).collect();
        Ok(Self { row, roles })
    }
}

impl Hub {
    /// Starts the services that the hub runs and gives those with an address their routes. A service
    /// that does not answer is only warned of, unless it is the hub's own: then the hub ends.
    pub async fn start_services(self: &Arc<Self>, services: &[ServiceSeed]) -> Result<()> {
        for spec in services {
            let shown = spec
                .url
                .as_ref()
                .map_or_else(|| spec.name.to_string(), |url| format!("{} at {url}", spec.name));
            match &spec.process {
                None => tracing::info!("Adding external service {shown}"),
                Some(process) => {
                    tracing::info!("Starting managed service {shown}");
                    self.start_service(spec, process).await?;
                }
            }
        }
        for (spec, (target, data)) in self.service_routes().await? {
            tracing::info!("Adding service to proxy {spec} => {target}");
            self.routes.add(&spec, &target, data).await.map_err(Error::internal)?;
        }
        for row in self.services().await?.into_iter().map(|service| service.row) {
            if !row.from_config {
                tracing::info!("Loaded service {} from database", row.name);
            }
            if row.server_id.is_some() {
                let hub = self.clone();
                self.tasks.spawn(async move { hub.wait_for_service(&row).await });
            }
        }
        self.refresh_menu().await?;
        self.check_services_periodically();
        Ok(())
    }

    /// Services with a page, unless the configuration or their maker hides them.
    pub fn menu(&self) -> Arc<Vec<store::Service>> {
        self.menu.load_full()
    }

    async fn refresh_menu(&self) -> Result<()> {
        let mut tx = self.store.read().await?;
        let mut rows = tx.services().all().await?;
        rows.retain(|row| row.server_id.is_some() && row.display != Some(false));
        self.menu.store(Arc::new(rows));
        Ok(())
    }

    /// Waits until a service answers, for as long as it may take.
    async fn wait_for_service(&self, row: &store::Service) {
        let managed = !row.command.is_empty();
        let limit = Duration::from_secs(u64::try_from(row.timeout).unwrap_or_default());
        tokio::select! {
            () = self.shutdown.cancelled() => (),
            answered = self.service_answers(row, limit) => {
                if !answered && managed {
                    self.give_up();
                }
            }
        }
    }

    /// Asks all services with an address now and then whether they answer, for the log.
    fn check_services_periodically(self: &Arc<Self>) {
        let Ok(seconds @ 1..) = u64::try_from(self.settings.service_check_interval) else { return };
        self.every(Duration::from_secs(seconds), "checking services", |hub| async move {
            for service in hub.services().await? {
                if service.row.server_id.is_some() {
                    let limit = Duration::from_secs(u64::try_from(service.row.timeout).unwrap_or_default());
                    hub.service_answers(&service.row, limit).await;
                }
            }
            Ok(())
        });
    }

    /// All services, with what models show of them.
    pub async fn services(&self) -> Result<Vec<ListedService>> {
        let mut tx = self.store.read().await?;
        let mut services = Vec::new();
        for row in tx.services().all().await? {
            services.push(ListedService::of_row(&mut tx, row).await?);
        }
        Ok(services)
    }

    /// One service by name.
    pub async fn find_service(&self, name: &str) -> Result<Option<ListedService>> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.services().by_name(name).await? else { return Ok(None) };
        ListedService::of_row(&mut tx, row).await.map(Some)
    }

    /// Whether a service answers within `limit`; the log says so.
    async fn service_answers(&self, row: &store::Service, limit: Duration) -> bool {
        let name = &row.name;
        let (kind, sentence) =
            if row.command.is_empty() { ("external", "External") } else { ("managed", "Managed") };
        let url = match self.service_address(name).await {
            Ok(Some(address)) => format!("{}{}", server_url(&address), address.base_url),
            Ok(None) => return true,
            Err(error) => {
                tracing::error!("the address of the service {name} cannot be read: {error}");
                return true;
            }
        };
        let answered = timeout(limit, self.poll_url(&url)).await.is_ok();
        if answered {
            tracing::debug!("{sentence} service {name} running at {url}");
        } else if kind == "managed" {
            tracing::error!("Cannot connect to managed service {name} at {url}");
        } else {
            tracing::warn!("Cannot connect to external service {name} at {url}. Is it running?");
        }
        answered
    }

    async fn service_address(&self, name: &str) -> Result<Option<store::Server>> {
        let mut tx = self.store.read().await?;
        let Some(id) = tx.services().by_name(name).await?.and_then(|service| service.server_id) else {
            return Ok(None);
        };
        Ok(tx.servers().find(id).await?)
    }

    /// The routes of services with an address.
    pub(crate) async fn service_routes(&self) -> Result<Vec<(String, (Target, RouteData))>> {
        let mut tx = self.store.read().await?;
        let mut routes = Vec::new();
        for service in tx.services().all().await? {
            let Some(id) = service.server_id else { continue };
            let Some(address) = tx.servers().find(id).await? else { continue };
            let target = Target::url(&server_url(&address)).map_err(Error::internal)?;
            let route = self.settings.service_route(&service.name);
            routes.push((route, (target, object(json!({ "service": service.name })))));
        }
        Ok(routes)
    }
}
