//! `/services` and `/services/NAME`.

mod create;
mod delete;

use std::collections::BTreeMap;

pub use create::{create, create_docs};
pub use delete::{delete, delete_docs};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::ServiceModel;
use perijove_model::scope::Resource;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Lists the services that the caller may see, by name.
pub async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let scopes = caller.authorisation();
    let found = app.hub.services().await?;
    let shown =
        found.iter().filter(|service| scopes.allows("list:services", &Resource::Service(&service.row.name)));
    let services: BTreeMap<&str, _> = shown
        .map(|service| (service.row.name.as_str(), models::service(&app.hub, &scopes, service)))
        .collect();
    json(StatusCode::OK, &services)
}

/// Shows one service.
pub async fn show(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let missing = || Failure::not_found(format!("No such service: {name}"));
    let found = app.hub.find_service(&name).await?.ok_or_else(missing)?;
    json(StatusCode::OK, &models::service(&app.hub, &caller.authorisation(), &found))
}

/// See [`list`].
pub fn list_docs() -> Operation {
    let services = schema::map(schema::model::<ServiceModel>());
    Operation::new("Services that the caller may see.").sends_page(services, "The services, by name.")
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("A service.").sends::<ServiceModel>(200, "What the caller may see of the service.")
}
