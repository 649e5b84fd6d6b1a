//! `GET /groups`.

use axum::extract::State;
use perijove_model::api::GroupModel;
use perijove_model::scope::ScopeFilter;

use crate::api::paging::Paging;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};

/// Lists the groups that the caller may see, a page at a time.
pub async fn list(State(app): State<App>, caller: Caller, paging: Paging) -> Answer {
    let scopes = caller.authorisation();
    let visible: Option<Vec<&str>> = match scopes.filter("list:groups") {
        Some(ScopeFilter::All) => None,
        Some(ScopeFilter::Only { groups, users, servers, services })
            if users.is_empty() && servers.is_empty() && services.is_empty() =>
        {
            Some(groups.iter().map(|name| &**name).collect())
        }
        _ => return Err(Failure::forbidden("")),
    };
    let (found, total) = app.hub.list_groups(visible.as_deref(), paging.offset(), paging.limit()).await?;
    let groups: Vec<_> = found.iter().map(|group| models::group(&scopes, group)).collect();
    paging.answer(groups, total)
}

/// See [`list`].
pub fn list_docs() -> Operation {
    Operation::new("Groups that the caller may see.")
        .sends_page(schema::list(schema::model::<GroupModel>()), "The groups.")
}
