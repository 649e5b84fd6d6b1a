//! `GET /users`.

use axum::extract::State;
use perijove_core::user_list::UserPage;
use perijove_model::api::UserModel;
use perijove_model::scope::{Authorisation, ScopeFilter};
use perijove_model::value::repr_of_text;
use perijove_store::{UserQuery, UserSort, UserState, VisibleUsers};

use crate::api::paging::Paging;
use crate::api::query::Arguments;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};

/// Whether stopped servers are wanted too: anything but `0` and `false`.
pub fn include_stopped(arguments: &Arguments) -> bool {
    let value = arguments.get("include_stopped_servers").unwrap_or("0").to_ascii_lowercase();
    value != "0" && value != "false"
}

/// Lists the users that the caller may see, a page at a time.
pub async fn list(State(app): State<App>, caller: Caller, paging: Paging, arguments: Arguments) -> Answer {
    let scopes = caller.authorisation();
    let query = query(&arguments, &paging, &scopes)?;
    let found = app.hub.list_users(&query).await?;
    paging.answer(models_of(&app, &scopes, &found, &arguments), found.total)
}

fn models_of(app: &App, scopes: &Authorisation, found: &UserPage, arguments: &Arguments) -> Vec<UserModel> {
    let only_ready = arguments.get("state") == Some("ready");
    let ready = |user: &perijove_core::records::UserRecord| {
        user.spawners.iter().any(|spawner| app.hub.server_state(user.row.id, &spawner.name).is_ready())
    };
    let shown = found.users.iter().filter(|user| !only_ready || ready(user));
    shown.filter_map(|user| models::user(&app.hub, scopes, user, include_stopped(arguments))).collect()
}

fn query(arguments: &Arguments, paging: &Paging, scopes: &Authorisation) -> Result<UserQuery, Failure> {
    let sort = arguments.get("sort").unwrap_or("id");
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
    let state = match arguments.get("state").filter(|state| !state.is_empty()) {
        None => None,
        Some("active" | "ready") => Some(UserState::Active),
        Some("inactive") => Some(UserState::Inactive),
        Some(other) => {
            return Err(Failure::bad_request(format!("Unrecognized state filter: {}", repr_of_text(other))));
        }
    };
    Ok(UserQuery {
        state,
        name_filter: arguments.get("name_filter").filter(|filter| !filter.is_empty()).map(str::to_owned),
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
