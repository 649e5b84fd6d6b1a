//! A spawner, its hub and its servers, as the tests need them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use async_trait::async_trait;
use perijove_config::Config;
use perijove_config::origin::Origin;
use perijove_model::{ServerName, UserName, Value};
use perijove_spawners::registry::{ENTRIES, Entry};
use perijove_spawners::{
    Context, Journal, Launch, ProcessRecord, ProgressEvent, ServerState, SpawnError, SpawnFacts, Spawner,
    Started, Target,
};
use perijove_sys::{account, process};
use secrecy::SecretString;
use serde_json::Map;

/// Whether the tests may become other users.
pub fn is_root() -> bool {
    account::own_uid() == 0
}

/// Makes the accounts once. `None` without root.
pub fn accounts() -> Option<()> {
    static MADE: OnceLock<bool> = OnceLock::new();
    let made = *MADE.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/accounts.sh");
        is_root() && Command::new(script).arg("create").status().unwrap().success()
    });
    if !made {
        assert!(!is_root(), "e2e/accounts.sh failed");
        eprintln!("SKIPPED: needs root to make accounts");
    }
    made.then_some(())
}

/// A directory with room for output and for what servers leave behind.
pub struct Bench {
    directory: tempfile::TempDir,
    entry: &'static Entry,
    options: Vec<(String, Value)>,
    pub output_limit: u64,
    pub user: UserName,
}

/// One bench for each native spawner.
pub fn every_spawner() -> Vec<Bench> {
    ENTRIES.iter().map(|entry| Bench::new((entry.class)().name, &user_of((entry.class)().name))).collect()
}

/// Somebody for whom the spawner can start servers.
fn user_of(class: &str) -> String {
    match class {
        "LocalProcessSpawner" if accounts().is_some() => "pjv-ada".to_owned(),
        "LocalProcessSpawner" => account::own_account().unwrap().unwrap().name,
        // Those who need no account.
        _ => "ada".to_owned(),
    }
}

impl Bench {
    pub fn new(class: &str, user: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Servers of other users leave marks here.
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o777)).unwrap();
        let entry = ENTRIES.iter().find(|entry| (entry.class)().name == class).unwrap();
        let home = directory.path().join("home-{username}").display().to_string();
        let mut bench = Self {
            directory,
            entry,
            options: Vec::new(),
            output_limit: 1 << 20,
            user: UserName::parse(user).unwrap(),
        };
        if class == "SimpleLocalProcessSpawner" {
            bench.set("home_dir_template", Value::Str(home));
        }
        bench
    }

    pub fn class(&self) -> &'static str {
        (self.entry.class)().name
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn set(&mut self, name: &str, value: Value) -> &mut Self {
        self.options.push((name.to_owned(), value));
        self
    }

    /// The server is this shell script.
    pub fn script(&mut self, script: &str) -> &mut Self {
        let words = ["/bin/sh", "-c", script].map(Value::from);
        self.set("cmd", Value::List(words.to_vec()))
    }

    /// A spawner, as a hub makes it at its start.
    pub fn spawner(&self) -> Box<dyn Spawner> {
        let mut config = Config::default();
        for (name, value) in &self.options {
            config.tree_mut().set(self.class(), name, value.clone(), Origin::CommandLine);
        }
        let context = Context { output_limit: self.output_limit, ..Context::new(self.logs()) };
        (self.entry.build)(&config.into(), &context).unwrap()
    }

    pub fn logs(&self) -> PathBuf {
        self.path("logs")
    }

    pub fn base_url(&self) -> String {
        format!("/user/{}/", self.user.escaped())
    }

    pub fn launch(&self, spawner: &dyn Spawner) -> Launch {
        let hub = [("PATH", "/usr/bin:/bin"), ("CONFIGPROXY_AUTH_TOKEN", "the hub's own")];
        let facts = SpawnFacts {
            user: self.user.clone(),
            server: ServerName::default(),
            hub_api_url: "http://127.0.0.1:8081/hub/api".into(),
            hub_base_url: "/hub/".into(),
            hub_public_host: String::new(),
            user_url: self.base_url(),
            server_base_url: self.base_url(),
            oauth_client_id: format!("jupyterhub-user-{}", self.user),
            api_token: SecretString::from("the-token"),
            oauth_access_scopes: Vec::new(),
            oauth_client_allowed_scopes: Vec::new(),
            cookie_options: Map::new(),
            cookie_host_prefix_enabled: false,
            admin_access: false,
            public_url: String::new(),
            public_hub_url: String::new(),
            internal_tls: None,
            called_environment: BTreeMap::new(),
            hub_environment: hub.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        };
        Launch {
            facts,
            settings: spawner.settings(),
            user_options: Map::new(),
            state: Map::new(),
            shown: None,
        }
    }

    /// Starts the server, or says why not.
    pub async fn try_start(&self, spawner: &dyn Spawner) -> Result<Target, SpawnError> {
        let started = spawner.start(&self.launch(spawner), &Committed::default()).await?;
        Ok(self.target(spawner, &started))
    }

    pub async fn start(&self, spawner: &dyn Spawner) -> Target {
        self.try_start(spawner).await.unwrap()
    }

    /// What a hub finds in its database.
    pub fn target(&self, spawner: &dyn Spawner, started: &Started) -> Target {
        Target {
            user: self.user.clone(),
            server: ServerName::default(),
            base_url: self.base_url(),
            state: started.state.clone(),
            process: started.process.clone(),
            settings: spawner.settings(),
            shown: None,
        }
    }

    /// A target that a JupyterHub or another hub left.
    pub fn stored(&self, spawner: &dyn Spawner, pid: u32, process: Option<ProcessRecord>) -> Target {
        let state = Map::from_iter([("pid".to_owned(), pid.into())]);
        let started =
            Started { url: String::new(), state, process, log_file: None, api_token: None, settings: None };
        self.target(spawner, &started)
    }

    pub fn output_files(&self) -> usize {
        std::fs::read_dir(self.logs()).map_or(0, Iterator::count)
    }
}

pub fn pid(target: &Target) -> u32 {
    target.process.as_ref().unwrap().pid
}

/// Whether the process is there and no zombie.
pub fn runs(pid: u32) -> bool {
    process::stat(pid).unwrap().is_some_and(|stat| !stat.is_zombie())
}

/// Until the server has printed this.
pub async fn printed(spawner: &dyn Spawner, target: &Target, text: &str) -> String {
    loop {
        let output = spawner.last_output(target).await;
        if output.contains(text) {
            return output;
        }
        assert!(runs(pid(target)), "the server ended before it printed {text:?}:\n{output}");
        tokio::task::yield_now().await;
    }
}

/// A journal that commits, and looks at the process while it does.
#[derive(Default)]
pub struct Committed {
    pub records: Mutex<Vec<(ServerState, ProcessRecord)>>,
}

#[async_trait]
impl Journal for Committed {
    async fn started(&self, state: &ServerState, process: Option<&ProcessRecord>) -> Result<(), SpawnError> {
        let process = process.unwrap();
        let program = std::fs::read_link(Path::new("/proc").join(process.pid.to_string()).join("exe"));
        assert_eq!(program.unwrap(), std::env::current_exe().unwrap(), "it ran before it was committed");
        self.records.lock().unwrap().push((state.clone(), process.clone()));
        Ok(())
    }

    fn progress(&self, _: ProgressEvent) {}
}
