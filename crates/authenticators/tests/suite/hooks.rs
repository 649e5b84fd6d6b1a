//! `post_auth_hook` in a real Python worker. Needs `PERIJOVE_TEST_PYTHON`.

use std::path::PathBuf;

use perijove_authenticators::registry::{self, Context};
use perijove_authenticators::{AuthError, AuthModel, LoginRefusal, SetupError, login};
use perijove_config::origin::Origin;
use perijove_config::{Config, LoadOptions, Loaded};
use perijove_python::{ClassName, HubFacts, HubServer, HubSettings};
use serde_json::json;

use super::{Known, request, text};

const CONFIG: &str = r#"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

async def hook(authenticator, handler, model):
    from tornado import web
    if model["name"] == "mallory":
        return None
    if model["name"] == "trudy":
        raise web.HTTPError(451, "not in this country")
    if model["name"] == "eve":
        authenticator.blocked_users = {"bob"}
    assert handler.get_argument("username") == model["name"]
    return {"name": model["name"], "admin": model["name"] == "boss", "auth_state": {"by": type(authenticator).__name__}}

c.Authenticator.post_auth_hook = hook
"#;

pub async fn run() {
    a_hook_without_python_ends_the_start().await;
    eprintln!("test a_hook_without_python_ends_the_start ... ok");
    let Some(python) = std::env::var_os("PERIJOVE_TEST_PYTHON").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED the_hook_has_the_last_word: set PERIJOVE_TEST_PYTHON to an interpreter that has jupyterhub 6.1.1"
        );
        return;
    };
    the_hook_has_the_last_word(python).await;
    eprintln!("test the_hook_has_the_last_word ... ok");
}

async fn a_hook_without_python_ends_the_start() {
    let mut config = Config::default();
    let handle = perijove_model::value::Handle {
        id: 1,
        kind: perijove_model::value::HandleKind::Function,
        name: "hook".to_owned(),
        description: "function hook".to_owned(),
    };
    let value = perijove_model::Value::Handle(handle);
    config.tree_mut().set("Authenticator", "post_auth_hook", value, Origin::CommandLine);
    let built = registry::build("dummy", &config, &Context::default()).await;
    assert!(matches!(built, Err(SetupError::Invalid { .. })));
}

async fn load(python: PathBuf, directory: &tempfile::TempDir) -> Loaded {
    std::fs::write(directory.path().join("jupyterhub_config.py"), CONFIG).unwrap();
    let mut env: Vec<_> = std::env::vars_os().collect();
    env.push(("PERIJOVE_PYTHON".into(), python.into()));
    Config::load(LoadOptions { argv: Vec::new(), cwd: directory.path().to_owned(), env }).await.unwrap()
}

fn facts() -> HubFacts {
    HubFacts {
        output_file: None,
        proxy: None,
        stall_limit: std::time::Duration::from_secs(60),
        log_level: 20,
        overrides: Vec::new(),
        spawner_class: ClassName::Named("simple".to_owned()),
        authenticator_class: ClassName::Named("dummy".to_owned()),
        authenticator_is_python: false,
        hub: HubServer { base_url: "/hub/".to_owned(), routespec: "/".to_owned(), ..HubServer::default() },
        settings: HubSettings { base_url: "/".to_owned(), ..HubSettings::default() },
        database_url: "sqlite://".into(),
    }
}

async fn the_hook_has_the_last_word(python: PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let loaded = load(python, &directory).await;
    loaded.worker.as_ref().unwrap().configure(facts()).await.unwrap();
    let context = Context { worker: loaded.worker.clone(), ..Context::default() };
    let (authenticator, policy) = registry::build("dummy", &loaded.config, &context).await.unwrap();
    let known = Known(Default::default());
    let attempt =
        async |name: &str| login(authenticator.as_ref(), &policy, &request(name, "x"), &known).await;
    let state = Some(json!({"by": "DummyAuthenticator"}));
    let model = AuthModel { admin: Some(true), auth_state: state, ..AuthModel::named("boss") };
    assert_eq!(attempt("boss").await.unwrap(), model);
    let refused = attempt("mallory").await;
    assert!(matches!(&refused, Err(LoginRefusal::Hook { name }) if name == "mallory"), "{refused:?}");
    let refused = attempt("trudy").await;
    let Err(LoginRefusal::Failed(AuthError::Denied { status: 451, message })) = &refused else {
        unreachable!("{refused:?}")
    };
    assert_eq!(text(message), text("not in this country"));
    let refused = attempt("eve").await;
    assert!(matches!(&refused, Err(LoginRefusal::Failed(AuthError::Plugin { .. }))), "{refused:?}");
}
