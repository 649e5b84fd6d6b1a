//! Hooks with real instances of upstream's classes. Needs `PERIJOVE_TEST_PYTHON`.

use std::time::Duration;

use crate::common::{Files, logged, python_with_jupyterhub};
use perijove_model::value::{Handle, Value};
use perijove_python::{
    Argument, ClassName, Evaluation, GroupFacts, HubFacts, HubServer, HubSettings, Outcome, RequestFacts,
    ServerFacts, SpawnerFacts, SpawnerStep, UserFacts, Worker, WorkerError,
};

const SOON: Duration = Duration::from_secs(60);

fn dict(entries: &[(&str, Value)]) -> Value {
    Value::Dict(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).into()).collect())
}

pub fn hub() -> HubFacts {
    HubFacts {
        output_file: None,
        proxy: None,
        stall_limit: std::time::Duration::from_secs(60),
        log_level: 20,
        overrides: vec![("Spawner".to_owned(), "cpu_limit".to_owned(), Value::Float(1.5))],
        spawner_class: ClassName::Named("jupyterhub.spawner.LocalProcessSpawner".to_owned()),
        authenticator_class: ClassName::Named("dummy".to_owned()),
        authenticator_is_python: false,
        hub: HubServer {
            base_url: "/p/hub/".to_owned(),
            ip: "127.0.0.1".to_owned(),
            port: 8081,
            routespec: "/p/".to_owned(),
            ..HubServer::default()
        },
        settings: HubSettings {
            base_url: "/p/".to_owned(),
            allow_named_servers: true,
            ..HubSettings::default()
        },
        database_url: "sqlite://".into(),
    }
}

fn user() -> UserFacts {
    UserFacts {
        id: 7,
        name: "ada@lab".to_owned(),
        admin: true,
        groups: vec![GroupFacts { name: "maths".to_owned(), properties: dict(&[("quota", Value::Int(3))]) }],
        roles: vec!["user".to_owned()],
        created: None,
        last_activity: "2026-11-22T10:00:00Z".parse().ok(),
        auth_state: dict(&[("token", "t0k".into())]),
    }
}

fn request() -> RequestFacts {
    RequestFacts {
        method: "POST".to_owned(),
        uri: "/p/hub/spawn?size=big&size=huge".to_owned(),
        protocol: "https".to_owned(),
        host: "hub.example.org".to_owned(),
        remote_ip: "192.0.2.1".to_owned(),
        headers: vec![
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("Cookie".to_owned(), "flavour=salted".to_owned()),
        ],
        body: b"image=lab".to_vec(),
        user: Some(user()),
        service: None,
        scopes: vec!["self".to_owned()],
    }
}

fn server(name: &str) -> SpawnerFacts {
    SpawnerFacts {
        user: user(),
        name: name.to_owned(),
        display_name: name.to_owned(),
        state: Value::None,
        user_options: dict(&[("image", "lab".into())]),
        api_token: Some("secret-token".to_owned().into()),
        server: Some(ServerFacts {
            proto: "http".to_owned(),
            ip: String::new(),
            port: 0,
            base_url: "/p/user/ada@lab/".to_owned(),
        }),
        started: None,
        last_activity: None,
        handler: Some(request()),
    }
}

struct Hooks {
    files: Files,
    worker: Worker,
    evaluation: Evaluation,
}

impl Hooks {
    /// `None` where there is no JupyterHub to test with.
    async fn new(config: &str) -> Option<Self> {
        Self::with(config, hub()).await
    }

    async fn with(config: &str, hub: HubFacts) -> Option<Self> {
        let files = Files::run_by(python_with_jupyterhub()?);
        let (worker, evaluation) = files.start(config).await.unwrap();
        let worker = worker.unwrap();
        worker.configure(hub).await.unwrap();
        Some(Self { files, worker, evaluation })
    }

    async fn run(&self, step: SpawnerStep) -> Result<Outcome, WorkerError> {
        self.worker.spawner(&server("lab one"), &step, SOON).await
    }

    async fn prepare(&self) -> Result<Outcome, WorkerError> {
        self.run(SpawnerStep::Prepare { with_authenticator: false }).await
    }

    fn handle(&self, section: &str, name: &str) -> Handle {
        let traits = &self.evaluation.config.iter().find(|(found, _)| found == section).unwrap().1;
        match &traits.iter().find(|(found, _, _)| found == name).unwrap().1 {
            Value::Handle(handle) => handle.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// The changed traits as a sorted map for comparison.
fn changes(outcome: &Outcome) -> std::collections::BTreeMap<&str, &Value> {
    outcome.changes.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

#[tokio::test]
async fn pre_spawn_hook_sees_upstream_objects_and_its_traits_come_back() {
    let config = r#"
from jupyterhub.spawner import LocalProcessSpawner, Spawner
c.Spawner.environment = {"PLAIN": "p", "CALLED": lambda spawner: spawner.user.name}
c.Spawner.args = ["--first"]
c.Spawner.notebook_dir = "/home/{username}"
async def hook(spawner):
    assert type(spawner) is LocalProcessSpawner, type(spawner)
    user = spawner.user
    assert (user.name, user.id, user.admin) == ("ada@lab", 7, True)
    assert [(g.name, g.properties) for g in user.groups] == [("maths", {"quota": 3})]
    assert [r.name for r in user.roles] == ["user"]
    assert user.escaped_name == "ada@lab" and user.url == "/p/user/ada@lab/", user.url
    assert (await user.get_auth_state()) == {"token": "t0k"}
    assert spawner.name == "lab one" and spawner.orm_spawner.name == "lab one"
    assert spawner.user_options == {"image": "lab"}
    assert spawner.api_token == "secret-token" and spawner.cpu_limit == 1.5
    assert spawner.hub.base_url == "/p/hub/" and spawner.hub.api_url == "http://127.0.0.1:8081/p/hub/api"
    assert spawner.template_namespace() == {"username": "ada@lab", "base_url": "/p/user/ada@lab/"}
    assert spawner.format_string(spawner.notebook_dir) == "/home/ada@lab"
    assert spawner.handler.get_query_arguments("size") == ["big", "huge"]
    assert spawner.handler.get_body_argument("image") == "lab"
    assert spawner.handler.current_user is user and spawner.handler.request.remote_ip == "192.0.2.1"
    assert spawner.handler.get_cookie("flavour") == "salted"
    assert type(spawner.authenticator).__name__ == "DummyAuthenticator"
    assert Spawner.get_env(spawner)["JUPYTERHUB_USER"] == "ada@lab"
    spawner.log.warning("hook of %s", spawner._log_name)
    spawner.environment["ADDED"] = "a"
    spawner.args.append("--second")
    spawner.cmd = "my-server"
    spawner.mem_limit = "2G"
    spawner.default_url = "/lab"
    spawner.private = object()
    await user.save_auth_state({"token": "new"})
c.Spawner.pre_spawn_hook = hook
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let outcome = hooks.prepare().await.unwrap();
    let environment = [("PLAIN", "p".into()), ("CALLED", "ada@lab".into()), ("ADDED", "a".into())];
    let expected = [
        ("args", list(&["--first", "--second"])),
        ("cmd", list(&["my-server"])),
        ("default_url", "/lab".into()),
        ("environment", dict(&environment)),
        ("mem_limit", Value::Int(2 << 30)),
    ];
    assert_eq!(changes(&outcome), expected.iter().map(|(name, value)| (*name, value)).collect());
    assert_eq!(outcome.auth_state, Some(dict(&[("token", "new".into())])));
    assert_eq!(outcome.response, None);
}

#[tokio::test]
async fn what_hooks_log_and_print_reaches_the_log() {
    let config = r#"
def hook(spawner):
    print("printed")
    spawner.log.debug("below the level")
    spawner.log.info("at the level")
    __import__("logging").getLogger("a.library").info("below what libraries may say")
    try: raise KeyError("k")
    except KeyError: spawner.log.exception("logged for %s", spawner._log_name)
c.Spawner.pre_spawn_hook = hook
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    hooks.prepare().await.unwrap();
    assert_eq!(*hooks.files.printed.lock().unwrap(), ["printed"]);
    let text = logged();
    assert!(text.contains("ERROR perijove::python: logged for ada@lab:lab one"), "{text}");
    assert!(text.contains("INFO perijove::python: at the level"), "{text}");
    assert!(text.contains("KeyError: 'k'") && text.contains("JupyterHub"), "{text}");
    assert!(!text.contains("below the level") && !text.contains("below what libraries may say"), "{text}");
}

#[tokio::test]
async fn steps_run_in_upstream_order_on_one_instance() {
    let config = r#"
order = []
async def state(spawner, auth_state): order.append(("auth_state", auth_state["token"]))
def options(spawner, user_options): order.append("apply_user_options"); spawner.notebook_dir = "/" + user_options["image"]
def groups(spawner):
    order.append("group_overrides")
    return {"a": {"groups": ["maths"], "spawner_override": {"environment": {"G": "1"}, "mem_limit": lambda s: "1G"}},
            "b": {"groups": ["other"], "spawner_override": {"cmd": ["no"]}}}
def hook(spawner): order.append("pre_spawn_hook"); spawner.left = "left"
async def stop(spawner):
    order.append("post_stop_hook " + spawner.left + " " + str(spawner.server))
def ready(spawner, event): event["html_message"] = "<b>%s</b>" % spawner.user.name; return event
c.Spawner.auth_state_hook = state
c.Spawner.apply_user_options = options
c.Spawner.group_overrides = groups
c.Spawner.pre_spawn_hook = hook
c.Spawner.post_stop_hook = stop
c.Spawner.progress_ready_hook = ready
c.Spawner.server_token_scopes = lambda spawner: ["users:activity!user", spawner.name]
async def allowed(spawner): return ["read:users"]
c.Spawner.oauth_client_allowed_scopes = allowed
c.Spawner.options_form = lambda spawner: "<input name='%s'>" % spawner.handler.get_argument("size")
c.Spawner.options_from_form = lambda form, spawner=None: {"got": form["image"][0], "who": spawner.user.name}
c.F.order = lambda: order
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let form = hooks.run(SpawnerStep::OptionsForm).await.unwrap();
    assert_eq!(form.value, "<input name='huge'>".into());
    let options = hooks.run(SpawnerStep::OptionsFromForm(dict(&[("image", list(&["lab"]))]))).await.unwrap();
    assert_eq!(options.value, dict(&[("got", "lab".into()), ("who", "ada@lab".into())]));
    let scopes = hooks.run(SpawnerStep::ServerTokenScopes).await.unwrap();
    assert_eq!(scopes.value, list(&["users:activity!user", "lab one"]));
    assert_eq!(hooks.run(SpawnerStep::OauthClientAllowedScopes).await.unwrap().value, list(&["read:users"]));

    let prepared = hooks.prepare().await.unwrap();
    let expected = [
        ("environment", dict(&[("G", "1".into())])),
        ("mem_limit", Value::Int(1 << 30)),
        ("notebook_dir", "/lab".into()),
    ];
    assert_eq!(changes(&prepared), expected.iter().map(|(name, value)| (*name, value)).collect());
    let event = hooks.run(SpawnerStep::ProgressReady(dict(&[("ready", true.into())]))).await.unwrap();
    assert_eq!(event.value, dict(&[("ready", true.into()), ("html_message", "<b>ada@lab</b>".into())]));
    let mut stopped = server("lab one");
    stopped.server = None;
    hooks.worker.spawner(&stopped, &SpawnerStep::PostStop { with_authenticator: false }, SOON).await.unwrap();

    let order = hooks.worker.call(&hooks.handle("F", "order"), &[], SOON).await.unwrap().value;
    let state = Value::Tuple(vec!["auth_state".into(), "t0k".into()]);
    let rest = ["group_overrides", "apply_user_options", "pre_spawn_hook", "post_stop_hook left None"];
    let expected = [state.clone(), state].into_iter().chain(rest.map(Value::from)).collect();
    assert_eq!(order, Value::List(expected));

    let fresh = hooks.run(SpawnerStep::PostStop { with_authenticator: false }).await.unwrap_err();
    assert!(fresh.to_string().contains("'LocalProcessSpawner' object has no attribute 'left'"), "{fresh}");
}

#[tokio::test]
async fn what_cannot_take_effect_fails_by_name() {
    let config = r#"
def hook(spawner):
    if spawner.name == "callable": spawner.popen_kwargs = {"preexec_fn": print}
    if spawner.name == "method": spawner.get_args = lambda: []
    if spawner.name == "trait": spawner.notebook_dir = 3
    if spawner.name == "fine": spawner.post_stop_hook = print
c.Spawner.pre_spawn_hook = hook
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let cases = [
        ("callable", "LocalProcessSpawner.popen_kwargs"),
        ("method", "LocalProcessSpawner.get_args"),
        ("trait", "TraitError"),
    ];
    let step = SpawnerStep::Prepare { with_authenticator: false };
    for (name, expected) in cases {
        let error = hooks.worker.spawner(&server(name), &step, SOON).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let fine = hooks.worker.spawner(&server("fine"), &step, SOON).await.unwrap();
    assert_eq!(fine.changes, []);
}

#[tokio::test]
async fn http_errors_carry_what_pages_show() {
    let config = r#"
from tornado import web
from jupyterhub.spawner import SpawnException
def hook(spawner):
    if spawner.name == "http":
        error = web.HTTPError(418, "no %s left", "tea", reason="Teapot")
        error.jupyterhub_html_message = "<i>tea</i>"
        error.headers = {"Retry-After": 5}
        raise error
    raise SpawnException("full", reason="capacity", message_html="<b>full</b>", status_code=503)
c.Spawner.pre_spawn_hook = hook
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let step = SpawnerStep::Prepare { with_authenticator: false };
    let error = hooks.worker.spawner(&server("http"), &step, SOON).await.unwrap_err();
    let http = error.as_python().unwrap();
    assert_eq!((http.kind.as_str(), http.status), ("tornado.web.HTTPError", Some(418)));
    assert_eq!((http.reason.as_deref(), http.log_message.as_deref()), (Some("Teapot"), Some("no tea left")));
    assert_eq!(http.user_html_message.as_deref(), Some("<i>tea</i>"));
    assert_eq!(http.headers, [("Retry-After".to_owned(), "5".to_owned())]);
    assert_eq!(http.location.as_ref().unwrap().line, 9);
    let error = hooks.worker.spawner(&server("spawn"), &step, SOON).await.unwrap_err();
    let spawn = error.as_python().unwrap();
    assert_eq!((spawn.status, spawn.reason.as_deref()), (Some(503), Some("capacity")));
    assert_eq!(spawn.user_message.as_deref(), Some("full"));
    assert_eq!(spawn.user_html_message.as_deref(), Some("<b>full</b>"));
}

#[tokio::test]
async fn authenticator_hooks_get_a_real_handler() {
    let config = r#"
async def post(authenticator, handler, model):
    assert type(authenticator).__name__ == "DummyAuthenticator"
    assert handler.authenticator is authenticator
    authenticator.allowed_users.add(model["name"])
    model["auth_state"] = {"from": handler.get_argument("image")}
    handler.set_cookie("seen", "1", path="/p/")
    return model
c.Authenticator.post_auth_hook = post
def reconcile(authenticator, model, existing): return {**existing, **model["auth_state"]}
c.Authenticator.reconcile_auth_state_hook = reconcile
c.Authenticator.allowed_users = {"bob"}
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let model = dict(&[("name", "eve".into()), ("admin", Value::None), ("auth_state", Value::None)]);
    let args = [Argument::Handler(Box::new(request())), model.into()];
    let outcome = hooks.worker.authenticator("run_post_auth_hook", &args, SOON).await.unwrap();
    let state = dict(&[("from", "lab".into())]);
    assert_eq!(outcome.value.get("auth_state"), Some(&state));
    let allowed = changes(&outcome);
    assert_eq!(allowed.keys().copied().collect::<Vec<_>>(), ["allowed_users"]);
    assert_eq!(allowed["allowed_users"].items().unwrap().len(), 2);
    let response = outcome.response.unwrap();
    assert_eq!(response.headers, [("Set-Cookie".to_owned(), "seen=1; Path=/p/".to_owned())]);
    assert!(!response.finished);

    let model = dict(&[("name", "eve".into()), ("auth_state", dict(&[("new", Value::Int(1))]))]);
    let args = [Argument::Authenticator, model.into(), dict(&[("old", Value::Int(2))]).into()];
    let outcome = hooks.worker.authenticator("reconcile_auth_state_hook", &args, SOON).await.unwrap();
    assert_eq!(outcome.value, dict(&[("old", Value::Int(2)), ("new", Value::Int(1))]));
}

#[tokio::test]
async fn hub_functions_get_users_handlers_and_requests() {
    let config = r#"
c.JupyterHub.named_server_limit_per_user = lambda handler: 5 if handler.current_user.admin else 1
async def redirect(path, request, user, base_url): return f"{base_url}user/{user.name}/{path}?{request.query}"
c.JupyterHub.user_redirect_hook = redirect
def home(handler):
    handler.redirect(handler.hub.base_url + "elsewhere")
c.JupyterHub.default_url = home
c.JupyterHub.template_vars = {"announcement": "x"}
c.F.greeting = lambda user: user.name if user else "nobody"
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let handler = || Argument::Handler(Box::new(request()));
    let call = async |section: &str, name: &str, args: &[Argument]| {
        hooks.worker.call(&hooks.handle(section, name), args, SOON).await.unwrap()
    };
    let limit = call("JupyterHub", "named_server_limit_per_user", &[handler()]).await;
    assert_eq!(limit.value, Value::Int(5));
    let args = [
        Value::from("a.ipynb").into(),
        Argument::Request(Box::new(request())),
        Argument::User(user()),
        Value::from("/p/").into(),
    ];
    let redirect = call("JupyterHub", "user_redirect_hook", &args).await;
    assert_eq!(redirect.value, "/p/user/ada@lab/a.ipynb?size=big&size=huge".into());
    let response = call("JupyterHub", "default_url", &[handler()]).await.response.unwrap();
    assert_eq!((response.status, response.finished), (302, true));
    assert!(response.headers.contains(&("Location".to_owned(), "/p/hub/elsewhere".to_owned())));
    assert_eq!(call("F", "greeting", &[Argument::User(user())]).await.value, "ada@lab".into());
}

#[tokio::test]
async fn classes_of_the_configuration_are_used() {
    let config = r#"
from jupyterhub.spawner import SimpleLocalProcessSpawner
class Mine(SimpleLocalProcessSpawner):
    def run_pre_spawn_hook(self):
        self.environment["CLASS"] = type(self).__name__
c.JupyterHub.spawner_class = Mine
"#;
    let files = match python_with_jupyterhub() {
        Some(python) => Files::run_by(python),
        None => return,
    };
    let (worker, evaluation) = files.start(config).await.unwrap();
    let worker = worker.unwrap();
    let Value::Handle(class) = &evaluation.config[0].1[0].1 else { panic!() };
    worker.configure(HubFacts { spawner_class: ClassName::Handle(class.clone()), ..hub() }).await.unwrap();
    assert_eq!(worker.warm_up(SOON).await.unwrap(), "6.1.1");
    let step = SpawnerStep::Prepare { with_authenticator: true };
    let outcome = worker.spawner(&server(""), &step, SOON).await.unwrap();
    assert_eq!(outcome.changes, [("environment".to_owned(), dict(&[("CLASS", "Mine".into())]))]);
}

#[tokio::test]
async fn a_replaced_worker_keeps_the_first_plain_values() {
    let config = r#"
import os
c.Spawner.mem_limit = "1G"
c.Spawner.args.append("--first")
def hook(spawner):
    if spawner.name == "die": os._exit(1)
    spawner.environment["SEEN"] = "%s %s %s" % (spawner.mem_limit, spawner.args, spawner.debug)
c.Spawner.pre_spawn_hook = hook
"#;
    let Some(hooks) = Hooks::new(config).await else { return };
    let changed = config.replace("1G", "9G").replace("--first", "--later") + "c.Spawner.debug = True\n";
    hooks.files.write("jupyterhub_config.py", &changed);
    let step = SpawnerStep::Prepare { with_authenticator: false };
    let died = hooks.worker.spawner(&server("die"), &step, SOON).await.unwrap_err();
    assert!(matches!(died, WorkerError::Died { .. }), "{died}");
    let outcome = hooks.prepare().await.unwrap();
    let seen = dict(&[("SEEN", "1073741824 ['--first'] False".into())]);
    assert_eq!(outcome.changes, [("environment".to_owned(), seen)]);
}
