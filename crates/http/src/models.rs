//! Records as the REST API shows them: only the fields that the caller's scopes cover.

use std::collections::BTreeMap;

use perijove_core::Hub;
use perijove_core::activity::Subject;
use perijove_core::groups::GroupRecord;
use perijove_core::identity::{Principal, ServiceRecord};
use perijove_core::records::{SpawnerRecord, UserRecord};
use perijove_core::servers::state::ServerState;
use perijove_core::services::ListedService;
use perijove_model::ServerName;
use perijove_model::api::{GroupModel, ServerModel, ServiceModel, Timestamp, TokenModel, UserModel};
use perijove_model::scope::{Authorisation, Resource};
use perijove_store::ApiToken;
use serde_json::{Map, Value};

use crate::error::Failure;

/// What of a user may be shown.
struct Visible {
    all: bool,
    name: bool,
    groups: bool,
    activity: bool,
    servers: bool,
    roles: bool,
    auth_state: bool,
}

impl Visible {
    fn of(scopes: &Authorisation, user: &UserRecord) -> Self {
        let resource = Resource::User { name: &user.row.name, groups: &user.grants.groups };
        let has = |scope: &str| scopes.allows(scope, &resource);
        Self {
            all: has("read:users"),
            name: has("read:users:name"),
            groups: has("read:users:groups"),
            activity: has("read:users:activity"),
            servers: has("read:servers"),
            roles: has("read:roles:users"),
            auth_state: has("admin:auth_state"),
        }
    }

    fn any(&self) -> bool {
        self.all || self.name || self.groups || self.activity || self.servers || self.roles || self.auth_state
    }
}

/// A user as `scopes` may see it; `None` if nothing may be seen. `auth_state` is a placeholder: only
/// the endpoint of one user fills it in.
pub fn user(
    hub: &Hub,
    scopes: &Authorisation,
    user: &UserRecord,
    include_stopped: bool,
) -> Option<UserModel> {
    let see = Visible::of(scopes, user);
    let servers = servers(hub, scopes, user, include_stopped);
    if !see.any() {
        return None;
    }
    // As upstream, whoever looks at a user makes the default server known where another one is.
    hub.knew_server(user.row.id, &ServerName::default());
    let default = user.spawner("").map(|spawner| hub.server_state(user.row.id, &spawner.name));
    let last_activity = hub.activity.merged(Subject::User(user.row.id), user.row.last_activity);
    let ready = default.as_ref().is_some_and(|state| state.is_ready());
    let url = || hub.settings.user_url(&user.name);
    Some(UserModel {
        kind: Some("user".to_owned()),
        name: Some(user.row.name.clone()),
        admin: (see.all || see.name || see.roles).then_some(user.row.admin),
        roles: (see.all || see.roles).then(|| user.role_names().into_iter().map(str::to_owned).collect()),
        groups: (see.all || see.groups).then(|| user.grants.groups.clone()),
        server: see.all.then(|| ready.then(url)),
        pending: see.all.then(|| default.and_then(|state| state.pending()).map(str::to_owned)),
        created: see.all.then(|| user.row.created.map(Timestamp::new)),
        last_activity: (see.all || see.activity).then(|| last_activity.map(Timestamp::new)),
        servers: (see.servers || !servers.is_empty()).then_some(servers),
        auth_state: see.auth_state.then_some(None),
        user_info: (see.all || see.name).then(|| user.row.user_info.clone()),
        ..UserModel::default()
    })
}

fn servers(
    hub: &Hub,
    scopes: &Authorisation,
    user: &UserRecord,
    stopped_too: bool,
) -> BTreeMap<String, ServerModel> {
    let mut models = BTreeMap::new();
    // One without a row was never started.
    let missing = stopped_too && user.spawner("").is_none();
    let missing = missing.then(SpawnerRecord::default_without_row);
    for spawner in missing.iter().chain(&user.spawners) {
        let (name, groups) = (spawner.row.name.as_str(), &user.grants.groups);
        let resource = Resource::Server { user: &user.row.name, groups, server: name };
        let state = hub.server_state(user.row.id, &spawner.name);
        if (state.is_active() || stopped_too) && scopes.allows("read:servers", &resource) {
            let known = hub.knew_server(user.row.id, &spawner.name);
            models.insert(name.to_owned(), server_as(hub, scopes, user, spawner, &state, known));
        }
    }
    models
}

/// A server; the caller may see it. Its state only with `admin:server_state`.
pub fn server(hub: &Hub, scopes: &Authorisation, user: &UserRecord, spawner: &SpawnerRecord) -> ServerModel {
    let state = hub.server_state(user.row.id, &spawner.name);
    server_as(hub, scopes, user, spawner, &state, hub.knew_server(user.row.id, &spawner.name))
}

/// The same with nothing where its row has nothing, as upstream shows a server that was just changed.
pub fn server_row(
    hub: &Hub,
    scopes: &Authorisation,
    user: &UserRecord,
    spawner: &SpawnerRecord,
) -> ServerModel {
    let state = hub.server_state(user.row.id, &spawner.name);
    server_as(hub, scopes, user, spawner, &state, false)
}

fn server_as(
    hub: &Hub,
    scopes: &Authorisation,
    user: &UserRecord,
    spawner: &SpawnerRecord,
    state: &ServerState,
    used: bool,
) -> ServerModel {
    let settings = &hub.settings;
    let (escaped, escaped_server) = (user.name.escaped(), spawner.name.escaped());
    let url = settings.server_url(&user.name, &spawner.name);
    let progress_url = settings.progress_path(&escaped, &escaped_server);
    let (name, groups) = (spawner.row.name.as_str(), &user.grants.groups);
    let resource = Resource::Server { user: &user.row.name, groups, server: name };
    let last_activity = hub.activity.merged(Subject::Spawner(spawner.row.id), spawner.row.last_activity);
    let nothing = || if used { Value::Object(Map::new()) } else { Value::Null };
    ServerModel {
        name: name.to_owned(),
        display_name: spawner.row.display_name.clone(),
        full_name: format!("{}/{name}", user.row.name),
        last_activity: last_activity.map(Timestamp::new),
        started: spawner.row.started.map(Timestamp::new),
        pending: state.pending().map(str::to_owned),
        ready: state.is_ready(),
        stopped: !state.is_active(),
        full_url: settings.public(&url),
        full_progress_url: settings.public(&progress_url),
        url,
        user_options: spawner.row.user_options.clone().unwrap_or_else(nothing),
        progress_url,
        state: scopes
            .allows("admin:server_state", &resource)
            .then(|| spawner.row.state.clone().unwrap_or_else(nothing)),
    }
}

/// A service as a token's owner sees itself: upstream shows the row, so that what the configuration
/// leaves out is null and not its default, and there is no process.
pub async fn own_service(
    hub: &Hub,
    scopes: &Authorisation,
    service: &ServiceRecord,
) -> Result<Map<String, Value>, Failure> {
    let found = hub.find_service(&service.name).await?.filter(|listed| listed.row.id == service.id);
    let listed = found.ok_or_else(|| Failure::forbidden(""))?;
    let shown = serde_json::to_value(self::service(hub, scopes, &listed)).map_err(Failure::internal)?;
    let Value::Object(mut model) = shown else { return Ok(Map::new()) };
    let row = listed.row;
    let raw = [
        ("url", row.url.map_or(Value::Null, Value::String)),
        ("info", row.info.unwrap_or_default()),
        ("display", row.display.map_or(Value::Null, Value::Bool)),
        ("pid", Value::from(0)),
    ];
    for (key, value) in raw {
        if let Some(slot) = model.get_mut(key) {
            *slot = value;
        }
    }
    Ok(model)
}

/// A service as `scopes` may see it.
pub fn service(hub: &Hub, scopes: &Authorisation, service: &ListedService) -> ServiceModel {
    let row = &service.row;
    let resource = Resource::Service(&row.name);
    let has = |scope: &str| scopes.allows(scope, &resource);
    let (all, name, roles) = (has("read:services"), has("read:services:name"), has("read:roles:services"));
    let any = all || name || roles;
    let prefix = row.server_id.map_or_else(String::new, |_| hub.settings.service_path(&row.name));
    ServiceModel {
        kind: any.then(|| "service".to_owned()),
        name: any.then(|| row.name.clone()),
        admin: any.then_some(row.admin),
        roles: roles.then(|| service.roles.clone()),
        url: all.then(|| row.url.clone().unwrap_or_default()),
        prefix: all.then_some(prefix),
        command: all.then(|| row.command.clone()),
        pid: all.then(|| row.pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0)),
        info: all.then(|| row.info.clone().unwrap_or_else(|| Value::Object(Map::new()))),
        display: all.then(|| row.display.unwrap_or(true)),
        ..ServiceModel::default()
    }
}

/// A group as `scopes` may see it.
pub fn group(scopes: &Authorisation, group: &GroupRecord) -> GroupModel {
    let resource = Resource::Group(&group.row.name);
    let has = |scope: &str| scopes.allows(scope, &resource);
    let (all, name, roles) = (has("read:groups"), has("read:groups:name"), has("read:roles:groups"));
    let any = all || name || roles;
    let properties = || match &group.row.properties {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    };
    GroupModel {
        kind: any.then(|| "group".to_owned()),
        name: any.then(|| group.row.name.clone()),
        roles: roles.then(|| group.roles.clone()),
        users: all.then(|| group.users.clone()),
        properties: all.then(properties),
    }
}

/// A token, without its value.
pub async fn token(hub: &Hub, owner: &Principal, token: &ApiToken) -> Result<TokenModel, Failure> {
    let (scopes, oauth_client) = hub.token_shown(owner, token).await?;
    let name = Some(owner.name().to_owned());
    let is_user = owner.user().is_some();
    let (user, service) = if is_user { (name, None) } else { (None, name) };
    let last_activity = hub.activity.merged(Subject::Token(token.id), token.last_activity);
    Ok(TokenModel {
        user,
        service,
        id: format!("a{}", token.id),
        kind: "api_token".to_owned(),
        roles: Vec::new(),
        scopes,
        created: token.created.map(Timestamp::new),
        last_activity: last_activity.map(Timestamp::new),
        expires_at: token.expires_at.map(Timestamp::new),
        note: token.note.clone(),
        session_id: token.session_id.clone(),
        oauth_client,
        token: None,
    })
}
