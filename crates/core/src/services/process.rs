//! Services that the hub runs: started, started again when they end, stopped with the hub.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use perijove_store as store;
use perijove_sys::account;
use perijove_sys::child::{self, Child, ChildSpec, Identity, WorkingDirectory};
use perijove_sys::process::{self, PidFd};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::identity::ServiceRecord;
use crate::startup::{ServiceProcess, ServiceSeed};
use crate::tokens::{TokenOwner, TokenRequest};
use crate::urls::join;

/// The word for services in the table of processes.
const PROCESS_KIND: &str = "service";
/// The note of tokens that are made anew with each start.
const NOTE: &str = "generated at startup";
/// What of the hub's environment a service gets.
const KEPT: [&str; 8] = [
    "PATH",
    "PYTHONPATH",
    "CONDA_ROOT",
    "CONDA_DEFAULT_ENV",
    "VIRTUAL_ENV",
    "LANG",
    "LC_ALL",
    "JUPYTERHUB_SINGLEUSER_APP",
];
/// The pauses before a service is started again: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// A service that ran so long is started again after the first pause.
const HEALTHY: Duration = Duration::from_secs(60);
/// Signals that stop a service, each with the time that it has then.
const SIGNALS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(10)),
    (Signal::SIGTERM, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

impl Hub {
    /// Starts one service; a process that a hub before this one left is ended first.
    pub(super) async fn start_service(
        self: &Arc<Self>,
        spec: &ServiceSeed,
        process: &ServiceProcess,
    ) -> Result<()> {
        let mut tx = self.store.read().await?;
        let row = tx.services().by_name(spec.name.as_str()).await?;
        drop(tx);
        let row = row.ok_or_else(|| Error::internal(format!("the service {} has no row", spec.name)))?;
        self.end_orphan(&row).await?;
        let token = self.service_token(spec, &row).await?;
        let mut environment = self.service_environment(spec, process, &token);
        let uid = identity(process).await?.map(|identity| identity.uid);
        if let Some(files) = self.certificate_for_service(spec.name.as_str(), uid).await? {
            environment.extend(files.variables());
        }
        let (id, spec, process) = (row.id, spec.clone(), process.clone());
        let first = self.launch_service(id, &spec, &process, &environment).await?;
        let hub = self.clone();
        self.service_tasks
            .spawn(async move { hub.keep_service(id, &spec, &process, &environment, first).await });
        Ok(())
    }

    async fn keep_service(
        &self,
        id: i64,
        spec: &ServiceSeed,
        process: &ServiceProcess,
        environment: &BTreeMap<String, String>,
        first: Child,
    ) {
        let mut running = Some(first);
        let mut pause = PAUSES.0;
        loop {
            let began = Instant::now();
            if let Some(child) = running.take() {
                tokio::select! {
                    () = self.services_end.cancelled() => {
                        stop(&child).await;
                        return self.forget_service_process(id).await;
                    }
                    exit = child.wait() => {
                        tracing::error!("Service {} ended: {exit}", spec.name);
                    }
                }
            }
            if began.elapsed() > HEALTHY {
                pause = PAUSES.0;
            }
            tokio::select! {
                () = self.services_end.cancelled() => return self.forget_service_process(id).await,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES.1),
            }
            match self.launch_service(id, spec, process, environment).await {
                Ok(child) => running = Some(child),
                Err(error) => tracing::error!("the service {} cannot be started: {error}", spec.name),
            }
        }
    }

    /// Stops the services that the hub runs.
    pub(crate) async fn close_services(&self) {
        self.services_end.cancel();
        self.service_tasks.close();
        self.service_tasks.wait().await;
    }

    async fn launch_service(
        &self,
        id: i64,
        spec: &ServiceSeed,
        process: &ServiceProcess,
        environment: &BTreeMap<String, String>,
    ) -> Result<Child> {
        let failed =
            |error: std::io::Error| Error::internal(format!("starting the service {}: {error}", spec.name));
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let text = |text: &String| OsString::from(text);
        let child = ChildSpec {
            argv: process.command.iter().map(text).collect(),
            env: environment.iter().map(|(name, value)| (text(name), text(value))).collect(),
            identity: identity(process).await?,
            directory: match &process.cwd {
                Some(cwd) => WorkingDirectory::Exactly(PathBuf::from(cwd)),
                None => WorkingDirectory::Inherit,
            },
            output: Some(writer.into()),
            ..ChildSpec::default()
        };
        let broken = |error| Error::internal(format!("starting the service {}: {error}", spec.name));
        let gated = child::spawn(&child).map_err(broken)?;
        drop(child);
        let record = store::Process {
            kind: PROCESS_KIND.into(),
            subject_id: id,
            pid: gated.pid().into(),
            start_time: i64::try_from(gated.start_time()).map_err(Error::internal)?,
            boot_id: process::boot_id().map_err(failed)?,
            details: None,
        };
        let mut tx = self.store.begin().await?;
        tx.perijove().set_process(&record).await?;
        tx.services().set_pid(id, Some(gated.pid().into())).await?;
        tx.commit().await?;
        let name = spec.name.to_string();
        let lines = pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
        self.service_tasks.spawn(async move {
            let mut lines = BufReader::new(lines).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tracing::info!(service.name = name, "{line}");
            }
        });
        gated.release().await.map_err(broken)
    }

    async fn forget_service_process(&self, id: i64) {
        let forget = async {
            let mut tx = self.store.begin().await?;
            tx.perijove().delete_process(PROCESS_KIND, id).await?;
            tx.services().set_pid(id, None).await?;
            tx.commit().await
        };
        if let Err(error) = forget.await {
            tracing::error!("the end of a service cannot be recorded: {error}");
        }
    }

    /// A hub that was killed leaves its services behind. Ours are known by their start, those of
    /// JupyterHub by their environment.
    async fn end_orphan(&self, row: &store::Service) -> Result<()> {
        let mut tx = self.store.read().await?;
        let record = tx.perijove().process(PROCESS_KIND, row.id).await?;
        drop(tx);
        let orphan = match record {
            Some(record) => {
                let same_boot = process::boot_id().is_ok_and(|boot| boot == record.boot_id);
                let ids = (u32::try_from(record.pid), u64::try_from(record.start_time));
                match ids {
                    (Ok(pid), Ok(start)) if same_boot => PidFd::find(pid, start).map_err(Error::internal)?,
                    _ => None,
                }
            }
            None => foreign_orphan(row),
        };
        if let Some(orphan) = orphan {
            tracing::warn!(
                "ending the service {} that the last hub left behind (pid {})",
                row.name,
                orphan.pid()
            );
            for (signal, patience) in SIGNALS {
                let sent = orphan.signal(signal).map_err(Error::internal)?;
                if !sent || timeout(patience, orphan.ended()).await.is_ok() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The configured token, or a new one in the place of that of the last start.
    async fn service_token(&self, spec: &ServiceSeed, row: &store::Service) -> Result<SecretString> {
        if let Some(token) = &spec.api_token {
            return Ok(token.clone());
        }
        let mut tx = self.store.begin().await?;
        for old in tx.tokens().list_for_service(row.id).await? {
            if old.note.as_deref() == Some(NOTE) {
                tx.tokens().delete(old.id).await?;
            }
        }
        let roles = tx.roles().for_service(row.id).await?;
        let grants = store::Grants { roles, ..store::Grants::default() };
        let record = ServiceRecord { id: row.id, name: row.name.clone(), admin: row.admin, grants };
        let request = TokenRequest { note: NOTE.into(), ..TokenRequest::default() };
        let (token, _) = self.new_token_in(&mut tx, TokenOwner::Service(&record), request).await?;
        tx.commit().await?;
        if spec.has_oauth() {
            let rounds = perijove_crypto::token::ROUNDS_FOR_GENERATED;
            self.set_client_secret(&spec.client_id(), &token, rounds).await?;
        }
        Ok(token)
    }

    fn service_environment(
        &self,
        spec: &ServiceSeed,
        process: &ServiceProcess,
        token: &SecretString,
    ) -> BTreeMap<String, String> {
        let settings = &self.settings;
        let name = spec.name.as_str();
        let own_url = settings.service_url(name);
        let public = |url: &str| settings.public(url).unwrap_or_default();
        // As Python writes it.
        let access = format!(r#"["access:services", "access:services!service={}"]"#, spec.name);
        let mut variables: BTreeMap<String, String> = KEPT
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), settings.hub_environment.get(*name)?.clone())))
            .collect();
        let mut set = |name: &str, value: String| variables.insert(name.to_owned(), value);
        set("JUPYTERHUB_API_TOKEN", token.expose_secret().to_owned());
        set("JPY_API_TOKEN", token.expose_secret().to_owned());
        set("JUPYTERHUB_CLIENT_ID", spec.client_id());
        set("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", u8::from(settings.cookies.host_prefix).to_string());
        set("JUPYTERHUB_HOST", public(""));
        set(
            "JUPYTERHUB_OAUTH_CALLBACK_URL",
            join(&[if spec.url.is_some() { &own_url } else { "" }, "oauth_callback"]),
        );
        set("JUPYTERHUB_OAUTH_SCOPES", access.clone());
        set("JUPYTERHUB_OAUTH_ACCESS_SCOPES", access);
        set("JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]".into());
        set("JUPYTERHUB_USER", process.user.clone().unwrap_or_default());
        set("JUPYTERHUB_SERVER_NAME", String::new());
        set("JUPYTERHUB_API_URL", settings.hub_api_url.clone());
        set("JUPYTERHUB_BASE_URL", settings.base_url.clone());
        set("JUPYTERHUB_PUBLIC_HUB_URL", public(&settings.hub_prefix));
        set("JUPYTERHUB_SERVICE_NAME", spec.name.to_string());
        if let Some(url) = &spec.url {
            set("JUPYTERHUB_SERVICE_URL", url.clone());
            set("JUPYTERHUB_PUBLIC_URL", public(&own_url));
            set("JUPYTERHUB_SERVICE_PREFIX", settings.service_path(name));
        }
        variables.extend(process.environment.clone());
        variables
    }
}

fn foreign_orphan(row: &store::Service) -> Option<PidFd> {
    let pid = row.pid.and_then(|pid| u32::try_from(pid).ok())?;
    let orphan = PidFd::open(pid).ok()?;
    // Read after the descriptor was opened, so that it is this process's.
    let environment = process::environ(pid).ok()?;
    let named = process::variable(&environment, "JUPYTERHUB_SERVICE_NAME")
        .is_some_and(|name| name == row.name.as_str());
    named.then_some(orphan)
}

/// The account that a service runs as, looked up before the fork.
async fn identity(process: &ServiceProcess) -> Result<Option<Identity>> {
    let Some(name) = process.user.clone() else { return Ok(None) };
    let lookup = tokio::task::spawn_blocking(move || {
        let found = account::account(&name).map_err(|error| error.to_string())?;
        let found = found.ok_or_else(|| format!("there is no system account {name:?}"))?;
        let groups = account::group_ids(&name, found.gid).map_err(|error| error.to_string())?;
        Ok::<_, String>(Identity { uid: found.uid, gid: found.gid, groups })
    });
    let found = lookup.await.map_err(Error::internal)?;
    found.map(Some).map_err(Error::Invalid)
}

async fn stop(child: &Child) {
    for (signal, patience) in SIGNALS {
        if child.signal(signal).is_err() || timeout(patience, child.wait()).await.is_ok() {
            return;
        }
    }
    tracing::error!("a service (pid {}) does not end", child.pid());
}
