//! `GET /users`.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use perijove_core::users::UserPage;
use perijove_model::api::{PageRequest, UserModel, accepts_pagination};
use perijove_model::scope::{Authorisation, ScopeFilter};
use perijove_store::{UserQuery, UserSort, UserState, VisibleUsers};
use serde::Deserialize;
use url::form_urlencoded;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::responses::json;

/// The query of lists.
#[derive(Debug, Default, Deserialize)]
pub struct ListParameters {
    state: Option<String>,
    name_filter: Option<String>,
    sort: Option<String>,
    offset: Option<String>,
    limit: Option<String>,
    include_stopped_servers: Option<String>,
}

impl ListParameters {
    /// The first entry that is wanted, as it was written.
    pub fn offset(&self) -> Option<&str> {
        self.offset.as_deref()
    }

    /// How many entries are wanted, as it was written.
    pub fn limit(&self) -> Option<&str> {
        self.limit.as_deref()
    }

    /// Whether stopped servers are wanted too: anything but `0` and `false`.
    pub fn include_stopped(&self) -> bool {
        let value = self.include_stopped_servers.as_deref().unwrap_or("0").to_ascii_lowercase();
        value != "0" && value != "false"
    }
}

/// Lists the users that the caller may see, a page at a time.
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
    let page = PageRequest::parse(
        parameters.offset.as_deref(),
        parameters.limit.as_deref(),
        default,
        limits.page_max_limit,
    )
    .map_err(|error| Failure::bad_request(error.to_string()))?;
    let scopes = caller.authorisation();
    let query = query(&parameters, page, &scopes)?;
    let found = app.hub.list_users(&query).await?;
    let users = models_of(&app, &scopes, &found, &parameters);
    if !paginated {
        return json(StatusCode::OK, &users);
    }
    let total = u64::try_from(found.total).unwrap_or_default();
    let url = format!("{}://{}{uri}", caller.client().browser_scheme, caller.client().host);
    json(StatusCode::OK, &page.envelope(users, total, |offset, limit| next_url(&url, offset, limit)))
}

fn models_of(
    app: &App,
    scopes: &Authorisation,
    found: &UserPage,
    parameters: &ListParameters,
) -> Vec<UserModel> {
    let only_ready = parameters.state.as_deref() == Some("ready");
    let ready = |user: &perijove_core::records::UserRecord| {
        user.spawners.iter().any(|spawner| app.hub.server_state(user.row.id, &spawner.name).is_ready())
    };
    let shown = found.users.iter().filter(|user| !only_ready || ready(user));
    shown.filter_map(|user| models::user(&app.hub, scopes, user, parameters.include_stopped())).collect()
}

fn query(
    parameters: &ListParameters,
    page: PageRequest,
    scopes: &Authorisation,
) -> Result<UserQuery, Failure> {
    let sort = parameters.sort.as_deref().unwrap_or("id");
    let (descending, column) = sort.strip_prefix('-').map_or((false, sort), |column| (true, column));
    let column = match column {
        "id" => UserSort::Id,
        "name" => UserSort::Name,
        "last_activity" => UserSort::LastActivity,
        _ => {
            return Err(Failure::bad_request(format!(
                "sort must be 'id', 'name', or 'last_activity', not '{sort}'"
            )));
        }
    };
    let state = match parameters.state.as_deref().filter(|state| !state.is_empty()) {
        None => None,
        Some("active" | "ready") => Some(UserState::Active),
        Some("inactive") => Some(UserState::Inactive),
        Some(other) => return Err(Failure::bad_request(format!("Unrecognized state filter: '{other}'"))),
    };
    Ok(UserQuery {
        state,
        name_filter: parameters.name_filter.clone().filter(|filter| !filter.is_empty()),
        visible: visible(scopes)?,
        sort: column,
        descending,
        offset: i64::try_from(page.offset).unwrap_or(i64::MAX),
        limit: Some(i64::try_from(page.limit).unwrap_or(i64::MAX)),
    })
}

/// Whom `list:users` lets the caller see; a filter by server is no filter of users.
fn visible(scopes: &Authorisation) -> Result<Option<VisibleUsers>, Failure> {
    match scopes.filter("list:users") {
        Some(ScopeFilter::All) => Ok(None),
        Some(ScopeFilter::Only { users, groups, servers, services })
            if servers.is_empty() && services.is_empty() =>
        {
            let owned = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect();
            Ok(Some(VisibleUsers { users: owned(users), groups: owned(groups) }))
        }
        _ => Err(Failure::forbidden("")),
    }
}

/// The address of the next page: the present one with another offset and limit, in their places.
pub fn next_url(url: &str, offset: u64, limit: u64) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for (name, value) in [("offset", offset), ("limit", limit)] {
        match pairs.iter_mut().find(|(key, _)| key == name) {
            Some((_, known)) => *known = value.to_string(),
            None => pairs.push((name.to_owned(), value.to_string())),
        }
    }
    let mut next = form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(pairs);
    format!("{path}?{}", next.finish())
}
