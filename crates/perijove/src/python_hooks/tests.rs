//! Hooks in a real worker change a real launch. Those that run on upstream's classes need `PERIJOVE_TEST_PYTHON`.

use std::path::{Path, PathBuf};

use perijove_config::LoadOptions;
use perijove_core::records::UserRecord;
use perijove_model::{ServerName, UserName};
use perijove_python::{ClassName, HubFacts, HubServer, HubSettings};
use perijove_spawners::{Context, SpawnFacts};
use perijove_store::{Grants, User};
use secrecy::SecretString;
use serde_json::json;

use super::*;

/// The interpreter that has JupyterHub.
fn python() -> Option<PathBuf> {
    let found = std::env::var_os("PERIJOVE_TEST_PYTHON").map(PathBuf::from);
    if found.is_none() {
        eprintln!("SKIPPED: set PERIJOVE_TEST_PYTHON to an interpreter that has jupyterhub 6.1.1");
    }
    found
}

struct Loaded {
    directory: tempfile::TempDir,
    config: Config,
    hooks: Arc<dyn Hooks>,
}

async fn load(text: &str, python: Option<&Path>) -> Loaded {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jupyterhub_config.py");
    std::fs::write(&file, text).unwrap();
    let mut argv = vec!["-f".to_owned(), file.display().to_string()];
    argv.extend(python.map(|python| format!("--python={}", python.display())));
    let options = LoadOptions { argv, cwd: directory.path().to_owned(), env: std::env::vars_os().collect() };
    let loaded = Config::load(options).await.unwrap();
    if let Some(worker) = &loaded.worker {
        worker.configure(hub()).await.unwrap();
    }
    let hooks = new(loaded.worker, &loaded.config, AroundServers::default());
    Loaded { directory, config: loaded.config, hooks }
}

fn hub() -> HubFacts {
    HubFacts {
        output_file: None,
        proxy: None,
        stall_limit: std::time::Duration::from_secs(60),
        log_level: 20,
        overrides: Vec::new(),
        spawner_class: ClassName::Named("simple".to_owned()),
        authenticator_class: ClassName::Named("dummy".to_owned()),
        authenticator_is_python: false,
        hub: HubServer {
            base_url: "/hub/".to_owned(),
            ip: "127.0.0.1".to_owned(),
            port: 8081,
            ..HubServer::default()
        },
        settings: HubSettings {
            base_url: "/".to_owned(),
            allow_named_servers: true,
            ..HubSettings::default()
        },
        database_url: "sqlite://".into(),
    }
}

fn user() -> UserRecord {
    UserRecord {
        row: User { id: 7, name: "ada".to_owned(), ..User::default() },
        name: UserName::parse("ada").unwrap(),
        grants: Grants { groups: vec!["staff".to_owned()], ..Grants::default() },
        spawners: Vec::new(),
    }
}

fn target<'a>(user: &'a UserRecord, server_name: &'a str, user_options: &Json) -> HookTarget<'a> {
    let user_options = user_options.clone();
    HookTarget { user, server_name, user_options, groups: Vec::new(), auth_state: None, handler: None }
}

fn launch(config: &Config, options: &Json) -> Launch {
    let context = Context::new(PathBuf::from("unused"));
    let spawner = registry::build("simple", config, &context).unwrap();
    let facts = SpawnFacts {
        user: UserName::parse("ada").unwrap(),
        server: ServerName::parse("lab").unwrap(),
        hub_api_url: "http://127.0.0.1:8081/hub/api".into(),
        hub_base_url: "/hub/".into(),
        hub_public_host: String::new(),
        user_url: "/user/ada/".into(),
        server_base_url: "/user/ada/lab/".into(),
        oauth_client_id: "jupyterhub-user-ada-lab".into(),
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
        hub_environment: BTreeMap::new(),
    };
    let user_options = options.as_object().cloned().unwrap_or_default();
    Launch { facts, settings: spawner.settings(), user_options, state: Map::new(), shown: None }
}

const HOOKS: &str = r#"
import os
from tornado import web

c.JupyterHub.spawner_class = "simple"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Spawner.environment = {"CALLED": lambda spawner: spawner.user.name.upper() + spawner.name, "PLAIN": "x"}

def keep_token(spawner, auth_state):
    spawner.environment["TOKEN"] = auth_state["token"] if auth_state else "none"

async def prepare(spawner):
    if spawner.user_options.get("refuse"):
        raise web.HTTPError(403, "not today")
    if spawner.user_options.get("break"):
        spawner.consecutive_failure_limit = 3
    if spawner.user_options.get("fail"):
        raise ValueError("secret details")
    spawner.args = ["--size=" + spawner.user_options["size"], spawner.api_token]
    spawner.mem_limit = "1G"
    spawner.notebook_dir = "~/" + spawner.server.base_url
    spawner.home_dir = "/srv/" + spawner.user.name

def apply(spawner, options):
    spawner.cpu_limit = float(options.get("cpu", 1))

def form(spawner):
    return "<b>%s %s</b>" % (spawner.user.name, [group.name for group in spawner.user.groups])

def from_form(data, spawner):
    return {"size": data["size"][0], "whose": spawner.user.name}

def ready(spawner, event):
    return {**event, "message": "welcome " + spawner.user.name}

def stopped(spawner):
    with open("stopped", "a") as file:
        file.write(spawner.user.name + "/" + spawner.name + " " + " ".join(spawner.args[:1]))

c.Spawner.auth_state_hook = keep_token
c.Spawner.pre_spawn_hook = prepare
c.Spawner.apply_user_options = apply
c.Spawner.group_overrides = {"1": {"groups": ["staff"], "spawner_override": {"environment": {"GROUP": "staff"}}}}
c.Spawner.options_form = form
c.Spawner.options_from_form = from_form
c.Spawner.progress_ready_hook = ready
c.Spawner.post_stop_hook = stopped
"#;

#[tokio::test]
async fn functions_change_the_launch_that_they_are_called_for() {
    let Some(python) = python() else { return };
    let Loaded { directory, config, hooks } = load(HOOKS, Some(&python)).await;
    let (user, options) = (user(), json!({"size": "big", "cpu": 2}));
    let target = target(&user, "lab", &options);
    let mut launch = launch(&config, &options);
    let target = HookTarget { auth_state: Some(json!({"token": "t0k"})), ..target };
    hooks.before_spawn(&target, &mut launch).await.unwrap();
    let value = |name: &str| launch.settings.value(name).unwrap().to_plain_json().unwrap();
    let environment = json!({"CALLED": "ADAlab", "PLAIN": "x", "TOKEN": "t0k", "GROUP": "staff"});
    assert_eq!(value("environment"), environment);
    assert_eq!(value("args"), json!(["--size=big", "the-token"]));
    assert_eq!(value("mem_limit"), json!(1 << 30));
    assert_eq!(value("cpu_limit"), json!(2.0));
    assert_eq!(value("notebook_dir"), json!("~//user/ada/lab/"));

    let ready = hooks.progress_ready(&target, json!({"progress": 100, "ready": true})).await.unwrap();
    assert_eq!(ready, json!({"progress": 100, "ready": true, "message": "welcome ada"}));
    hooks.after_stop(&target).await.unwrap();
    let stopped = std::fs::read_to_string(directory.path().join("stopped")).unwrap();
    assert_eq!(stopped, "ada/lab --size=big", "the same instance sees the stop");
}

#[tokio::test]
async fn forms_are_made_and_read_by_functions() {
    let Some(python) = python() else { return };
    let Loaded { directory: _kept, hooks, .. } = load(HOOKS, Some(&python)).await;
    let (user, options) = (user(), json!({}));
    let target = target(&user, "", &options);
    assert_eq!(hooks.options_form(&target).await.unwrap(), "<b>ada ['staff']</b>");
    let form = json!({"size": ["big"], "other": ["x", "y"]});
    let form = Value::from_plain_json(&form).unwrap();
    let options = hooks.options_from_form(&target, form).await.unwrap();
    assert_eq!(options, json!({"size": "big", "whose": "ada"}));
    let broken = hooks.options_from_form(&target, Value::Dict(Vec::new())).await;
    let Err(Error::Status(told)) = broken else { panic!("{broken:?}") };
    assert_eq!((told.status, told.message.as_str(), told.text()), (500, "", "'size'"));
}

#[tokio::test]
async fn what_a_hook_refuses_or_breaks_fails_that_launch_alone() {
    let Some(python) = python() else { return };
    let Loaded { directory: _kept, config, hooks } = load(HOOKS, Some(&python)).await;
    let user = user();
    let attempt = async |options: Json| {
        let target = target(&user, "lab", &options);
        let result = hooks.before_spawn(&target, &mut launch(&config, &options)).await;
        hooks.after_stop(&target).await.unwrap();
        result
    };
    let refused = attempt(json!({"size": "a", "refuse": true})).await;
    assert!(matches!(refused, Err(Error::Status(told)) if told.status == 403 && told.message == "not today"));
    let broken = attempt(json!({"size": "a", "break": true})).await;
    let Err(Error::Internal(text)) = broken else { panic!("{broken:?}") };
    assert!(text.contains("SimpleLocalProcessSpawner.consecutive_failure_limit"), "{text}");
    // The exception's text is for the progress of the start, not for pages and answers.
    let failed = attempt(json!({"size": "a", "fail": true})).await;
    let Err(Error::Status(told)) = failed else { panic!("{failed:?}") };
    assert_eq!((told.status, told.message.as_str(), told.text()), (500, "", "secret details"));
    attempt(json!({"size": "a"})).await.unwrap();
}

#[tokio::test]
async fn plain_options_need_no_worker() {
    let text = r#"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Spawner.group_overrides = {"1": {"groups": ["staff"], "spawner_override": {"mem_limit": "2G"}}}
c.Spawner.apply_user_options = {"cpu": "cpu_limit"}
c.Spawner.options_from_form = "simple"
"#;
    let Loaded { directory: _kept, config, hooks } = load(text, None).await;
    let user = user();
    let target = target(&user, "lab", &Json::Null);
    let form = json!({"cpu": ["1.5"], "on": ["on"]});
    let form = Value::from_plain_json(&form).unwrap();
    let options = hooks.options_from_form(&target, form).await.unwrap();
    assert_eq!(options, json!({"cpu": "1.5", "on": true}));
    let mut launch = launch(&config, &options);
    hooks.before_spawn(&target, &mut launch).await.unwrap();
    assert_eq!(launch.settings.value("mem_limit"), Some(Value::Int(2 << 30)));
    assert_eq!(launch.settings.value("cpu_limit"), Some(Value::Float(1.5)));
    assert_eq!(hooks.options_form(&target).await.unwrap(), "");
    hooks.after_stop(&target).await.unwrap();
}
