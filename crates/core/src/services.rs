//! Services while the hub runs: their routes, and the processes of those that the hub runs itself.

mod process;

use std::sync::Arc;
use std::time::Duration;

use perijove_model::name::ServiceName;
use perijove_proxy::Target;
use perijove_store as store;
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
        for spec in services.iter().filter(|spec| spec.url.is_some()) {
            let (hub, name, managed) = (self.clone(), spec.name.clone(), spec.process.is_some());
            let limit = Duration::from_secs(spec.timeout.into());
            self.tasks.spawn(async move {
                tokio::select! {
                    () = hub.shutdown.cancelled() => (),
                    () = hub.check_service(&name, managed, limit) => (),
                }
            });
        }
        Ok(())
    }

    /// All services, with what models show of them.
    pub async fn services(&self) -> Result<Vec<ListedService>> {
        let mut tx = self.store.read().await?;
        let mut services = Vec::new();
        for row in tx.services().all().await? {
            let roles = tx.roles().for_service(row.id).await?.into_iter().map(|role| role.name).collect();
            services.push(ListedService { row, roles });
        }
        Ok(services)
    }

    async fn check_service(&self, name: &ServiceName, managed: bool, limit: Duration) {
        let address = match self.service_address(name.as_str()).await {
            Ok(Some(address)) => address,
            Ok(None) => return,
            Err(error) => {
                return tracing::error!("the address of the service {name} cannot be read: {error}");
            }
        };
        let url = format!("{}{}", server_url(&address), address.base_url);
        if timeout(limit, self.poll_url(&url)).await.is_ok() {
            tracing::debug!("service {name} running at {url}");
        } else if managed {
            tracing::error!("Cannot connect to managed service {name} at {url}");
            self.give_up();
        } else {
            tracing::warn!("Cannot connect to external service {name} at {url}. Is it running?");
        }
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
            routes.push((address.base_url, (target, object(json!({ "service": service.name })))));
        }
        Ok(routes)
    }
}
