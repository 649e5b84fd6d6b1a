//! What the database is told about a server, one transaction a step.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use perijove_model::name::ServerName;
use perijove_model::scope::{self, ScopeSet};
use perijove_spawners::{ProcessRecord, ServerState, Stopped};
use perijove_store::{self as store, Tx};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::oneshot;

use super::start::StartRequest;
use crate::activity::Subject;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::UserRecord;
use crate::scopes::{self, HUB_CLIENT};
use crate::tokens::{TokenOwner, TokenRequest};

/// The word for servers in the table of processes.
pub(super) const PROCESS_KIND: &str = "spawner";

/// What Python's `urllib.parse.quote` leaves alone, except the slash.
const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// A start as the database knows it: rows made, token issued, nothing running yet.
pub(super) struct PreparedStart {
    pub spawner: store::Spawner,
    pub api_token: SecretString,
    pub oauth_client_id: String,
    pub access_scopes: Vec<String>,
    pub allowed_scopes: Vec<String>,
    /// What the spawner wanted to know at the next start.
    pub former_state: Option<Value>,
}

/// The state of a server that was started and does not run: upstream leaves it empty, not missing.
fn no_state() -> Value {
    Value::Object(serde_json::Map::new())
}

/// `jupyterhub-user-NAME[-SERVER]`, quoted so that it can be part of a cookie's name.
pub(super) fn oauth_client_id(user: &str, server: &ServerName) -> String {
    let quote = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    if server.as_str().is_empty() {
        format!("jupyterhub-user-{}", quote(user))
    } else {
        format!("jupyterhub-user-{}-{}", quote(user), quote(server.as_str()))
    }
}

impl Hub {
    /// Finds or makes the row of a server.
    pub(crate) async fn spawner_row(
        &self,
        tx: &mut Tx,
        user_id: i64,
        server: &ServerName,
        display_name: &str,
    ) -> Result<store::Spawner> {
        if let Some(row) = tx.spawners().by_user_and_name(user_id, server.as_str()).await? {
            return Ok(row);
        }
        let mut row = store::Spawner {
            user_id: Some(user_id),
            name: server.to_string(),
            display_name: Some(display_name.to_owned()),
            ..store::Spawner::default()
        };
        tx.spawners().insert(&mut row).await?;
        // SQLite gives the number of a deleted row away again.
        self.activity.forget(Subject::Spawner(row.id));
        Ok(row)
    }

    /// Writes everything that a start needs: the server's row, its token, its OAuth client. `recorded` is dropped once
    /// there is a row.
    pub(super) async fn prepare_start(
        &self,
        user: &UserRecord,
        request: &StartRequest,
        recorded: oneshot::Sender<()>,
    ) -> Result<PreparedStart> {
        let now = self.now();
        let mut recorded = Some(recorded);
        if self.spawner.needs_facts() {
            // Functions are called next, which may take a while.
            let mut tx = self.store.begin().await?;
            self.spawner_row(&mut tx, user.row.id, &request.server, &request.display_name).await?;
            tx.commit().await?;
            drop(recorded.take());
        }
        let base_url = self.settings.server_path(&user.name.escaped(), &request.server.escaped());
        let (wanted, allowed_scopes) = self.configured_server_scopes(user, request).await?;
        let mut tx = self.store.begin().await?;
        // The record was read before: meanwhile the user may have been deleted, and the number reused.
        if tx.users().find(user.row.id).await?.is_none_or(|row| row.name != user.row.name) {
            return Err(Error::NotFound(format!("There is no user {} any more", user.name)));
        }
        let mut spawner =
            self.spawner_row(&mut tx, user.row.id, &request.server, &request.display_name).await?;
        if let Some(old) = spawner.server_id.take() {
            tx.servers().delete(old).await?;
        }
        let mut server = store::Server {
            proto: "http".into(),
            base_url: base_url.clone(),
            cookie_name: "cookie".into(),
            ..store::Server::default()
        };
        tx.servers().insert(&mut server).await?;
        spawner.server_id = Some(server.id);
        spawner.started = Some(now);
        spawner.last_activity = Some(now);
        let former_state = spawner.state.replace(no_state());
        if let Some(options) = &request.options {
            spawner.user_options = Some(options.clone());
        }
        let client_id = oauth_client_id(&user.row.name, &request.server);
        let granted = self.granted_server_scopes(&mut tx, user, request, wanted).await?;
        let token = TokenRequest {
            note: format!("Server at {base_url}"),
            scopes: Some(granted),
            ..TokenRequest::default()
        };
        let (api_token, _) = self.new_token_in(&mut tx, TokenOwner::User(user), token).await?;
        self.upsert_client(&mut tx, user, &request.server, &client_id, &api_token, &allowed_scopes).await?;
        spawner.oauth_client_id = Some(client_id.clone());
        tx.spawners().update(&spawner).await?;
        tx.users().set_activity(&[(user.row.id, now)]).await?;
        tx.commit().await?;
        drop(recorded);
        let (name, server) = (&user.row.name, &request.server);
        // Upstream tells servers both, although the first is part of the second.
        let access_scopes =
            vec![format!("access:servers!server={name}/{server}"), format!("access:servers!user={name}")];
        Ok(PreparedStart {
            spawner,
            api_token,
            oauth_client_id: client_id,
            access_scopes,
            allowed_scopes,
            former_state,
        })
    }

    /// The scopes asked for the server's own token, and those of tokens issued through it: functions are called.
    async fn configured_server_scopes(
        &self,
        user: &UserRecord,
        request: &StartRequest,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let mut target = self.hook_target(user, &request.server);
        if let Some(options) = &request.options {
            target.user_options = options.clone();
        }
        let configured = &self.settings.servers;
        let wanted = self.hooks.server_token_scopes(&target).await?;
        let allowed = self.hooks.oauth_client_allowed_scopes(&target).await?;
        Ok((
            wanted.unwrap_or_else(|| configured.server_token_scopes.clone()),
            allowed.unwrap_or_else(|| configured.oauth_client_allowed_scopes.clone()),
        ))
    }

    /// A resumed server goes on with a token of its own instead of the one that it was given.
    ///
    /// # Errors
    /// [`Error::Internal`] if the token is somebody else's: it is revoked and the start has failed.
    pub(super) async fn reuse_token(
        &self,
        user: &UserRecord,
        request: &StartRequest,
        prepared: &PreparedStart,
        token: &SecretString,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let unused = self.token_row_in(&mut tx, &prepared.api_token).await?;
        let known = self.token_row_in(&mut tx, token).await?;
        if let Some(unused) = &unused {
            tx.tokens().delete(unused.id).await?;
        }
        match known {
            Some(known) if known.user_id != Some(user.row.id) => {
                tx.tokens().delete(known.id).await?;
                tx.commit().await?;
                return Err(Error::internal(format!(
                    "the server of {} uses somebody else's token",
                    user.name
                )));
            }
            Some(_) => (),
            None => {
                tracing::warn!(user.name = %user.name, "a server specified its own API token that is not in the database");
                let wanted = TokenRequest {
                    note: format!("retrieved from spawner {}", request.server),
                    scopes: unused.map(|unused| unused.scopes),
                    given: Some(token.clone()),
                    ..TokenRequest::default()
                };
                self.new_token_in(&mut tx, TokenOwner::User(user), wanted).await?;
            }
        }
        let (client, scopes) = (&prepared.oauth_client_id, &prepared.allowed_scopes);
        self.upsert_client(&mut tx, user, &request.server, client, token, scopes).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The state of a server that does not run, for its next start.
    pub(super) async fn record_kept_state(
        &self,
        user_id: i64,
        server: &ServerName,
        state: ServerState,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        if let Some(row) = tx.spawners().by_user_and_name(user_id, server.as_str()).await?
            && row.server_id.is_none()
        {
            tx.spawners().set_state(row.id, Some(&Value::Object(state))).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn upsert_client(
        &self,
        tx: &mut Tx,
        user: &UserRecord,
        server: &ServerName,
        client_id: &str,
        secret: &SecretString,
        allowed_scopes: &[String],
    ) -> Result<()> {
        use perijove_crypto::token;
        // The row keeps a hash, as upstream's provider does.
        let hashed = token::hash(secret.expose_secret(), token::ROUNDS_FOR_GENERATED).to_string();
        tx.oauth().delete_client(client_id).await?;
        let base_url = self.settings.server_path(&user.name.escaped(), &server.escaped());
        let mut client = store::OAuthClient {
            identifier: client_id.to_owned(),
            secret: Some(hashed),
            redirect_uri: Some(self.settings.server_url(&user.name, server) + "oauth_callback"),
            description: Some(format!("Server at {base_url}")),
            allowed_scopes: allowed_scopes.to_vec(),
            ..store::OAuthClient::default()
        };
        tx.oauth().insert_client(&mut client).await?;
        Ok(())
    }

    /// The scopes of the server's own token: those configured (or of the role `server`), as far as
    /// the user has them; never without leave to post activity.
    async fn granted_server_scopes(
        &self,
        tx: &mut Tx,
        user: &UserRecord,
        request: &StartRequest,
        mut wanted: Vec<String>,
    ) -> Result<Vec<String>> {
        if wanted.is_empty() {
            wanted = match tx.roles().by_name("server").await? {
                Some(role) => role.scopes,
                None => Vec::new(),
            };
        }
        let filter = format!("={}/{}", user.row.name, request.server);
        for scope in &mut wanted {
            if scope.ends_with("!server") {
                scope.push_str(&filter);
            }
        }
        const ACTIVITY: [&str; 3] = ["users:activity!user", "users:activity", "inherit"];
        if !wanted.iter().any(|scope| ACTIVITY.contains(&scope.as_str())) {
            tracing::warn!(
                "Spawner.server_token_scopes lacks users:activity!user, which servers need; adding it"
            );
            wanted.push("users:activity!user".to_owned());
        }
        let mut held: ScopeSet = scopes::raw_role_scopes(&user.grants).map(str::to_owned).collect();
        held.insert("inherit".to_owned());
        let wanted: ScopeSet = wanted.into_iter().collect();
        let groups = scopes::groups_for(tx, &wanted, &held).await?;
        let granted =
            scope::resolve_requested(&wanted, &held, user.owner(), None, &groups, &self.scopes.custom);
        Ok(granted.allowed.into_iter().collect())
    }

    /// Before the child may run: how to find it again.
    pub(super) async fn record_process(
        &self,
        spawner_id: i64,
        state: &ServerState,
        process: Option<&ProcessRecord>,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.spawners().set_state(spawner_id, Some(&Value::Object(state.clone()))).await?;
        match process {
            Some(process) => {
                let row = store::Process {
                    kind: PROCESS_KIND.into(),
                    subject_id: spawner_id,
                    details: None,
                    pid: process.pid.into(),
                    start_time: i64::try_from(process.start_time).map_err(Error::internal)?,
                    boot_id: process.boot_id.clone(),
                };
                tx.perijove().set_process(&row).await?;
            }
            None => {
                tx.perijove().delete_process(PROCESS_KIND, spawner_id).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Where the server listens.
    pub(super) async fn record_address(&self, server_id: i64, url: &str) -> Result<()> {
        let address = Address::parse(url)?;
        let mut tx = self.store.begin().await?;
        let Some(mut row) = tx.servers().find(server_id).await? else {
            return Err(Error::internal("the server's row is gone"));
        };
        row.proto = address.proto;
        row.ip = address.ip;
        row.port = Some(address.port);
        tx.servers().update(&row).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The server is gone: its address and state with it, and, unless it will resume, its token and OAuth client.
    pub(super) async fn record_stopped(
        &self,
        user_id: i64,
        server: &ServerName,
        stopped: Stopped,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.store.begin().await?;
        let Some(mut spawner) = tx.spawners().by_user_and_name(user_id, server.as_str()).await? else {
            return Ok(());
        };
        let old_server = spawner.server_id.take();
        spawner.started = None;
        spawner.state = Some(no_state());
        spawner.last_activity = Some(now);
        let client_id = if stopped.will_resume { None } else { spawner.oauth_client_id.take() };
        tx.spawners().update(&spawner).await?;
        if let Some(server_id) = old_server
            && let Some(row) = tx.servers().find(server_id).await?
        {
            if !stopped.will_resume {
                let note = format!("Server at {}", row.base_url);
                let tokens = tx.tokens().list_for_user_and_client(user_id, HUB_CLIENT).await?;
                for token in tokens.into_iter().filter(|token| token.note.as_deref() == Some(&note)) {
                    tx.tokens().delete(token.id).await?;
                }
            }
            tx.servers().delete(server_id).await?;
        }
        if let Some(client_id) = client_id {
            tx.oauth().delete_client(&client_id).await?;
        }
        tx.perijove().delete_process(PROCESS_KIND, spawner.id).await?;
        tx.users().set_activity(&[(user_id, now)]).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A server's address, as its row keeps it.
struct Address {
    proto: String,
    ip: String,
    port: i64,
}

impl Address {
    fn parse(url: &str) -> Result<Self> {
        let wrong = || Error::internal(format!("the spawner gave no usable URL: {url:?}"));
        if let Some(socket) = url.strip_prefix("http+unix://") {
            return Ok(Self { proto: "http+unix".into(), ip: socket.trim_end_matches('/').into(), port: 0 });
        }
        let parsed = url::Url::parse(url).map_err(|_| wrong())?;
        let host = parsed.host_str().ok_or_else(wrong)?;
        let port = parsed.port_or_known_default().ok_or_else(wrong)?;
        let ip = host.trim_start_matches('[').trim_end_matches(']');
        Ok(Self { proto: parsed.scheme().into(), ip: ip.into(), port: port.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_are_quoted() {
        let server = ServerName::default();
        assert_eq!(oauth_client_id("a@b", &server), "jupyterhub-user-a%40b");
        let lab = ServerName::parse("lab").unwrap();
        assert_eq!(oauth_client_id("ada", &lab), "jupyterhub-user-ada-lab");
    }

    #[test]
    fn addresses_of_spawners_are_understood() {
        let address = Address::parse("http://[::1]:8888").unwrap();
        assert_eq!((address.ip.as_str(), address.port), ("::1", 8888));
        assert_eq!(Address::parse("https://host").unwrap().port, 443);
        assert!(Address::parse("nonsense").is_err());
    }
}
