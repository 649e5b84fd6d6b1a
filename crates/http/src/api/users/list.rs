//! `GET /users`.

use axum::extract::{Query, State};
use perijove_core::users::UserPage;
use perijove_model::api::UserModel;
use perijove_model::scope::{Authorisation, ScopeFilter};
use perijove_store::{UserQuery, UserSort, UserState, VisibleUsers};
use serde::Deserialize;

use crate::api::paging::Paging;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};

/// The query of lists.
#[derive(Debug, Default, Deserialize)]
pub struct ListParameters {
    state: Option<String>,
    name_filter: Option<String>,
    sort: Option<String>,
    include_stopped_servers: Option<String>,
}

impl ListParameters {
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
    paging: Paging,
    Query(parameters): Query<ListParameters>,
) -> Answer {
    let scopes = caller.authorisation();
    let query = query(&parameters, &paging, &scopes)?;
    let found = app.hub.list_users(&query).await?;
    paging.answer(models_of(&app, &scopes, &found, &parameters), found.total)
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

fn query(parameters: &ListParameters, paging: &Paging, scopes: &Authorisation) -> Result<UserQuery, Failure> {
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
        offset: paging.offset(),
        limit: Some(paging.limit()),
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

/// See [`list`].
pub fn list_docs() -> Operation {
    let state = schema::choice(&["", "active", "inactive", "ready"]);
    let sort = schema::choice(&["id", "-id", "name", "-name", "last_activity", "-last_activity"]);
    Operation::new("Users that the caller may see.")
        .query(
            "state",
            state,
            "Only users with a server that runs or starts, without one, or with one that is ready.",
        )
        .query("name_filter", schema::text(), "Only users whose name contains this.")
        .query("sort", sort, "The order, with `-` for descending.")
        .query(
            "include_stopped_servers",
            schema::text(),
            "Shows stopped servers too, unless it is `0` or `false`.",
        )
        .sends_page(schema::list(schema::model::<UserModel>()), "The users.")
}
