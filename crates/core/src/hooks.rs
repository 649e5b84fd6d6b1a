//! Functions of the configuration that the hub calls: the seam to the Python worker.

use async_trait::async_trait;
use perijove_model::{ServerName, Value};
use perijove_python::{GroupFacts, RequestFacts, ServerFacts, SpawnerFacts, UserFacts};
use perijove_spawners::Launch;
use perijove_store as store;

use crate::error::Error;
use crate::hub::Hub;
use crate::records::UserRecord;

/// A server that a hook is about.
#[derive(Debug)]
pub struct HookTarget<'a> {
    /// Whose.
    pub user: &'a UserRecord,
    /// Its name; empty for the default server.
    pub server_name: &'a str,
    /// The options that the user chose.
    pub user_options: serde_json::Value,
    /// The user's groups with their properties. Read for [`Hooks::before_spawn`] only; elsewhere there are
    /// the names in the user's record.
    pub groups: Vec<store::Group>,
    /// The user's decrypted `auth_state`, if there is one.
    pub auth_state: Option<serde_json::Value>,
    /// The request that this is done for, where it is known and [wanted](Hooks::want_requests).
    pub handler: Option<&'a RequestFacts>,
}

impl HookTarget<'_> {
    /// User and server as upstream's objects around a hook show them.
    pub fn shown(&self) -> SpawnerFacts {
        let user = self.user;
        let record = user.spawner(self.server_name);
        let server = record.and_then(|record| record.server.as_ref()).map(|server| ServerFacts {
            proto: server.proto.clone(),
            ip: server.ip.clone(),
            port: server.port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
            base_url: server.base_url.clone(),
        });
        SpawnerFacts {
            user: user_facts(user, &self.groups, self.auth_state.as_ref()),
            name: self.server_name.to_owned(),
            display_name: record.and_then(|record| record.row.display_name.clone()).unwrap_or_default(),
            state: python_value(record.and_then(|record| record.row.state.as_ref())),
            user_options: python_value(Some(&self.user_options).filter(|options| options.is_object())),
            api_token: None,
            server,
            started: record.and_then(|record| record.row.started),
            last_activity: record.and_then(|record| record.row.last_activity),
            handler: self.handler.cloned(),
        }
    }
}

impl Hub {
    /// A server with the options of its last start, for the hooks that are not told of groups' properties.
    pub(crate) fn hook_target<'a>(&self, user: &'a UserRecord, server: &'a ServerName) -> HookTarget<'a> {
        let saved = user.spawner(server.as_str()).and_then(|spawner| spawner.row.user_options.clone());
        HookTarget {
            user,
            server_name: server.as_str(),
            user_options: saved.unwrap_or_else(|| serde_json::Value::Object(serde_json::Map::new())),
            groups: Vec::new(),
            auth_state: self.auth_state(&user.row),
            handler: None,
        }
    }
}

/// A user as upstream's objects show one; groups without a row here have no properties.
pub fn user_facts(
    user: &UserRecord,
    groups: &[store::Group],
    auth_state: Option<&serde_json::Value>,
) -> UserFacts {
    let group = |name: &String| {
        let row = groups.iter().find(|group| group.name == *name);
        let properties = row.and_then(|group| group.properties.as_ref());
        let properties = properties.map_or_else(|| Value::Dict(Vec::new()), |json| python_value(Some(json)));
        GroupFacts { name: name.clone(), properties }
    };
    UserFacts {
        id: user.row.id,
        name: user.row.name.clone(),
        admin: user.row.admin,
        groups: user.grants.groups.iter().map(group).collect(),
        roles: user.role_names().into_iter().map(str::to_owned).collect(),
        created: user.row.created,
        last_activity: user.row.last_activity,
        auth_state: python_value(auth_state),
    }
}

/// JSON as Python sees it; `None` for what is missing or no value of Python's.
pub(crate) fn python_value(json: Option<&serde_json::Value>) -> Value {
    json.and_then(|json| Value::from_plain_json(json).ok()).unwrap_or(Value::None)
}

/// What a hook refused or broke with.
pub type HookResult<T> = Result<T, Error>;

/// The functions of the configuration. Each does nothing where none is configured.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Whether some hook may look at the request that it is run for.
    fn want_requests(&self) -> bool {
        false
    }

    /// Whether there is a function for `Spawner.options_form`.
    fn has_options_form(&self) -> bool {
        false
    }

    /// `Spawner.auth_state_hook`, `apply_user_options`, `group_overrides` and `pre_spawn_hook`, in
    /// upstream's order: may change the launch (environment, arguments, directories, limits) or
    /// refuse it.
    async fn before_spawn(&self, _target: &HookTarget<'_>, _launch: &mut Launch) -> HookResult<()> {
        Ok(())
    }

    /// `Spawner.server_token_scopes`: the scopes that the server's own token asks for; `None` for those of the
    /// configuration.
    async fn server_token_scopes(&self, _target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        Ok(None)
    }

    /// `Spawner.oauth_client_allowed_scopes`: the scopes that tokens issued through the server may have; `None` for
    /// those of the configuration.
    async fn oauth_client_allowed_scopes(&self, _target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        Ok(None)
    }

    /// `Spawner.post_stop_hook`.
    async fn after_stop(&self, _target: &HookTarget<'_>) -> HookResult<()> {
        Ok(())
    }

    /// `Spawner.options_form`: the HTML of the form; empty for none.
    async fn options_form(&self, _target: &HookTarget<'_>) -> HookResult<String> {
        Ok(String::new())
    }

    /// `Spawner.options_from_form`: the options that a submitted form means: a dictionary of lists of texts, or,
    /// under `NAME_file`, of uploaded files as Tornado has them.
    async fn options_from_form(
        &self,
        _target: &HookTarget<'_>,
        form: Value,
    ) -> HookResult<serde_json::Value> {
        options_as_submitted(&form)
    }

    /// `Spawner.options_from_query`: the options that the query of an address means, a dictionary of lists.
    async fn options_from_query(
        &self,
        _target: &HookTarget<'_>,
        query: Value,
    ) -> HookResult<serde_json::Value> {
        options_as_submitted(&query)
    }

    /// `Spawner.progress_ready_hook`: may change the last event of the progress stream.
    async fn progress_ready(
        &self,
        _target: &HookTarget<'_>,
        event: serde_json::Value,
    ) -> HookResult<serde_json::Value> {
        Ok(event)
    }
}

/// A form or query whose fields are the options themselves.
///
/// # Errors
/// [`Error::Invalid`] for uploaded files, which JSON cannot hold.
pub fn options_as_submitted(form: &Value) -> HookResult<serde_json::Value> {
    form.to_plain_json().ok_or_else(|| {
        Error::Invalid(
            "Files are not accepted: c.Spawner.options_from_form does not say what they mean.".into(),
        )
    })
}

/// A configuration without functions.
#[derive(Debug, Clone, Copy)]
pub struct NoHooks;

impl Hooks for NoHooks {}
