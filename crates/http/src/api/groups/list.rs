//! `GET /groups`.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use perijove_model::api::{PageRequest, accepts_pagination};
use perijove_model::scope::ScopeFilter;

use crate::api::users::{ListParameters, next_url};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::responses::json;

/// Lists the groups that the caller may see, a page at a time.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Query(parameters): Query<ListParameters>,
) -> Answer {
    let limits = &app.hub.settings.api;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let paginated = accepts_pagination(accept);
    let default = if paginated { limits.page_default_limit } else { limits.page_max_limit };
    let page = PageRequest::parse(parameters.offset(), parameters.limit(), default, limits.page_max_limit)
        .map_err(|error| Failure::bad_request(error.to_string()))?;
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
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let (found, total) = app.hub.list_groups(visible.as_deref(), offset, limit).await?;
    let groups: Vec<_> = found.iter().map(|group| models::group(&scopes, group)).collect();
    if !paginated {
        return json(StatusCode::OK, &groups);
    }
    let url = format!("{}://{}{uri}", caller.client().browser_scheme, caller.client().host);
    let total = u64::try_from(total).unwrap_or_default();
    json(StatusCode::OK, &page.envelope(groups, total, |offset, limit| next_url(&url, offset, limit)))
}
