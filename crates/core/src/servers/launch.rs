//! From a prepared start to a running process: hooks, environment, spawner.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use perijove_model::Value as PythonValue;
use perijove_model::name::{ServerName, UserName};
use perijove_python::{RequestFacts, ServerFacts, SpawnerFacts};
use perijove_spawners::{
    Journal, Launch, ProcessRecord, ServerState, SpawnError, SpawnFacts, Started, Target,
};
use perijove_store::{self as store, Tx};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::progress::ProgressEvent;
use super::record::{PROCESS_KIND, PreparedStart};
use super::registry::LiveServer;
use super::start::StartRequest;
use crate::error::{Error, Result};
use crate::hooks::{HookTarget, python_value};
use crate::hub::Hub;
use crate::records::{UserRecord, address_url};

/// Commits what the spawner reports before the child may run.
struct StartJournal<'a> {
    hub: &'a Hub,
    live: &'a LiveServer,
    spawner_id: i64,
}

#[async_trait]
impl Journal for StartJournal<'_> {
    async fn started(
        &self,
        state: &ServerState,
        process: Option<&ProcessRecord>,
    ) -> std::result::Result<(), SpawnError> {
        let recorded = self.hub.record_process(self.spawner_id, state, process).await;
        recorded.map_err(|error| SpawnError::Journal(error.to_string()))
    }

    fn progress(&self, event: perijove_spawners::ProgressEvent) {
        self.live.progress.push(ProgressEvent {
            progress: event.progress.map(i64::from),
            message: Some(event.message).filter(|message| !message.is_empty()),
            html_message: event.html_message,
        });
    }
}

impl Hub {
    /// Runs the hooks and the spawner; the process runs when this returns.
    pub(super) async fn launch(
        &self,
        user: &Arc<UserRecord>,
        request: &StartRequest,
        prepared: &PreparedStart,
        live: &LiveServer,
    ) -> Result<Target> {
        let options = prepared.spawner.user_options.clone().unwrap_or(Value::Null);
        let mut launch = Launch {
            facts: self.facts(user, request, prepared),
            settings: self.spawner.settings(),
            user_options: options.as_object().cloned().unwrap_or_default(),
            state: Map::new(),
            shown: None,
        };
        let session = self
            .authenticator
            .pre_spawn_start(&user.name, &request.server)
            .await
            .map_err(|error| Error::internal(format!("opening the account session failed: {error}")))?;
        if let Some(session) = session {
            self.keep_session(prepared.spawner.id, session).await?;
        }
        let groups = self.groups_with_properties(user).await?;
        let target = HookTarget {
            user_options: options,
            groups,
            handler: request.handler.as_deref(),
            ..self.hook_target(user, &request.server)
        };
        if self.spawner.needs_facts() {
            launch.shown = Some(Arc::new(starting(&target, prepared, &launch.facts)));
        }
        self.hooks.before_spawn(&target, &mut launch).await?;
        if !self.spawner.needs_facts() {
            // A spawner in Python makes its own, which it may do otherwise.
            launch.facts.internal_tls = self.certificate_for_server(&user.name, &request.server).await?;
        }
        let journal = StartJournal { hub: self, live, spawner_id: prepared.spawner.id };
        let started = self.start_within_limit(&launch, &journal).await?;
        self.record_process(prepared.spawner.id, &started.state, started.process.as_ref()).await?;
        if let Some(token) = &started.api_token {
            self.reuse_token(user, request, prepared, token).await?;
        }
        let server_id = prepared
            .spawner
            .server_id
            .ok_or_else(|| Error::internal("a prepared start has no server row"))?;
        self.record_address(server_id, &started.url).await?;
        Ok(Target {
            user: user.name.clone(),
            server: request.server.clone(),
            base_url: launch.facts.server_base_url.clone(),
            shown: launch
                .shown
                .map(|shown| Arc::new(with_state(Arc::unwrap_or_clone(shown), &started.state))),
            state: started.state,
            process: started.process,
            settings: started.settings.unwrap_or(launch.settings),
        })
    }

    async fn start_within_limit(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started> {
        let start = self.spawner.start(launch, journal);
        if self.spawner.keeps_start_timeout() {
            return Ok(start.await?);
        }
        let limit = launch.settings.timing().start;
        let Ok(ended) = timeout(limit, start).await else {
            let seconds = limit.as_secs_f64();
            return Err(Error::spawn_failed(format!("The server did not start within {seconds} seconds.")));
        };
        Ok(ended?)
    }

    async fn groups_with_properties(&self, user: &UserRecord) -> Result<Vec<store::Group>> {
        if user.grants.groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.store.read().await?;
        Ok(tx.groups().of_user(user.row.id).await?)
    }

    /// The HTML of the options form; empty for none.
    pub async fn options_form(
        &self,
        user: &UserRecord,
        server: &ServerName,
        handler: Option<&RequestFacts>,
    ) -> Result<String> {
        if let Some(form) = &self.settings.servers.options_form {
            return Ok(form.clone());
        }
        let target = HookTarget { handler, ..self.hook_target(user, server) };
        self.hooks.options_form(&target).await
    }

    /// Whether the spawner has a form for its options, or a function that may make one.
    pub fn has_options_form(&self) -> bool {
        self.settings.servers.options_form.is_some()
            || self.hooks.has_options_form()
            || self.spawner.has_options_form()
    }

    /// Whether functions of the configuration, or the spawner, may look at requests.
    pub fn wants_requests(&self) -> bool {
        self.hooks.want_requests() || self.app_hooks.want_requests()
    }

    /// The options that the query of an address means: a dictionary of lists.
    pub async fn options_from_query(
        &self,
        user: &UserRecord,
        server: &ServerName,
        query: Value,
        handler: Option<&RequestFacts>,
    ) -> Result<Value> {
        let target = HookTarget { handler, ..self.hook_target(user, server) };
        self.hooks.options_from_query(&target, python_value(Some(&query))).await
    }

    /// The options that a submitted form means.
    pub async fn options_from_form(
        &self,
        user: &UserRecord,
        server: &ServerName,
        form: PythonValue,
    ) -> Result<Value> {
        self.hooks.options_from_form(&self.hook_target(user, server), form).await
    }

    /// Lets the spawner say how a start goes on, until this is dropped.
    pub(super) async fn report_progress(
        &self,
        user: &UserName,
        server: &ServerName,
        live: &LiveServer,
        spawner_id: i64,
    ) {
        let journal = StartJournal { hub: self, live, spawner_id };
        self.spawner.progress(user, server, &journal).await;
    }

    fn facts(&self, user: &UserRecord, request: &StartRequest, prepared: &PreparedStart) -> SpawnFacts {
        let settings = &self.settings;
        let escaped = user.name.escaped();
        let server_base_url = settings.server_path(&escaped, &request.server.escaped());
        let public = |url: &str| settings.public(url).unwrap_or_default();
        SpawnFacts {
            user: user.name.clone(),
            server: request.server.clone(),
            hub_api_url: settings.hub_api_url.clone(),
            hub_base_url: settings.hub_prefix.clone(),
            hub_public_host: public(""),
            user_url: settings.user_url(&user.name),
            public_url: public(&settings.server_url(&user.name, &request.server)),
            public_hub_url: public(&settings.hub_prefix),
            server_base_url,
            oauth_client_id: prepared.oauth_client_id.clone(),
            api_token: prepared.api_token.clone(),
            oauth_access_scopes: prepared.access_scopes.clone(),
            oauth_client_allowed_scopes: prepared.allowed_scopes.clone(),
            cookie_options: settings.cookies.options_json(),
            cookie_host_prefix_enabled: settings.cookies.host_prefix,
            admin_access: settings.servers.admin_access,
            internal_tls: None,
            called_environment: BTreeMap::new(),
            hub_environment: settings.hub_environment.clone(),
        }
    }

    /// What the spawner needs to find a server again, from the database.
    pub(crate) async fn target(&self, user: &UserRecord, server: &ServerName) -> Result<Option<Target>> {
        let mut tx = self.store.read().await?;
        self.target_in(&mut tx, user, server).await
    }

    /// The same inside a transaction.
    pub(super) async fn target_in(
        &self,
        tx: &mut Tx,
        user: &UserRecord,
        server: &ServerName,
    ) -> Result<Option<Target>> {
        let Some(row) = tx.spawners().by_user_and_name(user.row.id, server.as_str()).await? else {
            return Ok(None);
        };
        let process = tx.perijove().process(PROCESS_KIND, row.id).await?.and_then(|process| {
            Some(ProcessRecord {
                pid: u32::try_from(process.pid).ok()?,
                start_time: u64::try_from(process.start_time).ok()?,
                boot_id: process.boot_id,
            })
        });
        let state = match &row.state {
            Some(Value::Object(state)) => state.clone(),
            _ => Map::new(),
        };
        let shown = self.spawner.needs_facts().then(|| {
            let mut target = self.hook_target(user, server);
            target.user_options = row.user_options.clone().unwrap_or_default();
            Arc::new(with_state(target.shown(), &state))
        });
        Ok(Some(Target {
            shown,
            user: user.name.clone(),
            server: server.clone(),
            base_url: self.settings.server_path(&user.name.escaped(), &server.escaped()),
            state,
            process,
            settings: self.spawner.settings(),
        }))
    }

    /// The URL that requests for a server are forwarded to. None if the database has none.
    pub(crate) async fn target_url(&self, user_id: i64, server: &ServerName) -> Result<Option<String>> {
        let mut tx = self.store.read().await?;
        let spawner = tx.spawners().by_user_and_name(user_id, server.as_str()).await?;
        let Some(server_id) = spawner.and_then(|spawner| spawner.server_id) else { return Ok(None) };
        Ok(tx.servers().find(server_id).await?.as_ref().and_then(address_url))
    }
}

/// A server that starts, as Python sees it.
fn starting(target: &HookTarget<'_>, prepared: &PreparedStart, facts: &SpawnFacts) -> SpawnerFacts {
    let base_url = facts.server_base_url.clone();
    SpawnerFacts {
        display_name: prepared.spawner.display_name.clone().unwrap_or_default(),
        api_token: Some(prepared.api_token.clone()),
        server: Some(ServerFacts { proto: "http".to_owned(), base_url, ..ServerFacts::default() }),
        started: prepared.spawner.started,
        last_activity: prepared.spawner.last_activity,
        state: python_value(prepared.former_state.as_ref()),
        ..target.shown()
    }
}

/// The same server with this state, and without the request that asked for it, which is over.
fn with_state(shown: SpawnerFacts, state: &ServerState) -> SpawnerFacts {
    SpawnerFacts { state: python_value(Some(&Value::Object(state.clone()))), handler: None, ..shown }
}
