//! Configuration files through a real interpreter.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::common::Files;
use perijove_model::value::{HandleKind, LazyOps, Value};
use perijove_python::{Evaluation, WorkerError};

/// `Section.trait` values without their locations.
fn value<'a>(evaluation: &'a Evaluation, section: &str, name: &str) -> &'a Value {
    let (_, traits) = evaluation.config.iter().find(|(found, _)| found == section).unwrap();
    &traits.iter().find(|(found, _, _)| found == name).unwrap().1
}

#[tokio::test]
async fn plain_values_leave_no_worker() {
    let files = Files::new();
    let config = r#"
import datetime, os, pathlib, sys
c = get_config()
c.JupyterHub.port = 8001
c.JupyterHub.load_roles = [{"name": "x", "scopes": ["self"]}]
c.Spawner.environment = {"A": "1"}
c.Spawner.args.append("--debug")
c.Authenticator.allowed_users = {"ü"}
c.X.t = (1, b"\xff", pathlib.Path("/srv"), datetime.timedelta(hours=1), 1.0, None)
os.environ["NEW"] = "value"
os.umask(0o027)
"#;
    let (worker, evaluation) = files.start(config).await.unwrap();
    assert!(worker.is_none() && !evaluation.has_handles);
    assert_eq!(value(&evaluation, "JupyterHub", "port"), &Value::Int(8001));
    assert_eq!(value(&evaluation, "Authenticator", "allowed_users"), &Value::Set(vec!["ü".into()]));
    let lazy = LazyOps { extend: vec!["--debug".into()], ..LazyOps::default() };
    assert_eq!(value(&evaluation, "Spawner", "args"), &Value::Lazy(lazy));
    let tuple = vec![
        Value::Int(1),
        Value::Bytes(vec![255]),
        Value::Path("/srv".to_owned()),
        Value::Timedelta(3600.0),
        Value::Float(1.0),
        Value::None,
    ];
    assert_eq!(value(&evaluation, "X", "t"), &Value::Tuple(tuple));
    assert_eq!(evaluation.environ, [(OsString::from("NEW"), Some(OsString::from("value")))]);
    assert_eq!(evaluation.umask, 0o027);
    let (_, traits) = &evaluation.config[0];
    let location = traits[0].2.as_ref().unwrap();
    assert!(location.file.ends_with("jupyterhub_config.py") && location.line == 4, "{location}");
}

#[tokio::test]
async fn functions_and_classes_stay_as_handles() {
    let files = Files::new();
    let config = "import logging\nclass Mine(logging.Handler): pass\nc.Spawner.pre_spawn_hook = lambda spawner: None\nc.JupyterHub.authenticator_class = Mine\nc.JupyterHub.template_vars = {'log': [logging.getLogger()]}\n";
    let (worker, evaluation) = files.start(config).await.unwrap();
    assert!(worker.is_some() && evaluation.has_handles);
    let Value::Handle(class) = value(&evaluation, "JupyterHub", "authenticator_class") else { panic!() };
    assert_eq!((class.kind, class.name.as_str()), (HandleKind::Class, "builtins.Mine"));
    let Value::Handle(hook) = value(&evaluation, "Spawner", "pre_spawn_hook") else { panic!() };
    assert_eq!((hook.kind, hook.name.as_str()), (HandleKind::Function, "builtins.<lambda>"));
    assert!(hook.description.contains("jupyterhub_config.py:3"), "{}", hook.description);
}

#[tokio::test]
async fn printing_and_reading_do_not_disturb_the_protocol() {
    let files = Files::new();
    let config = r#"
import os, sys, subprocess
print("to stdout"); print("to stderr", file=sys.stderr)
os.write(1, b"raw " + b"x" * 200000 + b"\n"); subprocess.run(["echo", "from a child"])
assert sys.stdin.read() == ""
c.X.argv = sys.argv
"#;
    let mut options = files.options(config);
    options.argv = vec!["perijove".to_owned(), "--debug".to_owned()];
    let (_, evaluation) = perijove_python::Worker::start(options).await.unwrap();
    let argv = vec!["perijove".into(), "--debug".into()];
    assert_eq!(value(&evaluation, "X", "argv"), &Value::List(argv));
}

#[tokio::test]
async fn printed_lines_of_a_failing_file_are_relayed_before_the_error() {
    let files = Files::new();
    files.start("print('here')\nraise KeyError('x')").await.unwrap_err();
    assert_eq!(*files.printed.lock().unwrap(), ["here"]);
}

async fn failure(config: &str) -> perijove_python::PythonError {
    match Files::new().start(config).await {
        Err(WorkerError::Python(error)) => *error,
        other => panic!("{:?}", other.map(|(_, evaluation)| evaluation)),
    }
}

#[tokio::test]
async fn errors_name_file_and_line() {
    let error = failure("x = 1\ny = (\n").await;
    assert_eq!(error.kind, "SyntaxError");
    let location = error.location.unwrap();
    assert!(location.file.ends_with("jupyterhub_config.py") && location.line == 2, "{location}");

    let error = failure("import json\n\ndef f():\n    json.loads('{')\n\nf()\n").await;
    assert_eq!((error.kind.as_str(), error.location.unwrap().line), ("json.decoder.JSONDecodeError", 4));
    assert!(error.traceback.contains("in f") && !error.traceback.contains("perijove_worker"));

    let error = failure("c.A.x = 1\nc.A.y = 2**70\n").await;
    assert!(error.message.contains("c.A.y") && error.location.unwrap().line == 2, "{}", error.message);

    let error = failure("c.lower = 1\nc.Upper = 2\n").await;
    assert_eq!((error.kind.as_str(), error.location.unwrap().line), ("ValueError", 2));
}

#[tokio::test]
async fn exits_are_answers() {
    assert_eq!(failure("import sys; sys.exit(3)").await.exit_status, Some(3));
    assert_eq!(failure("raise SystemExit('why')").await.exit_status, Some(1));
    let died =
        Files::new().start("import os; print('last words', flush=True); os._exit(7)").await.unwrap_err();
    let text = died.to_string();
    assert!(text.contains("exit status: 7") && text.contains("last words"), "{text}");
}

#[tokio::test]
async fn a_file_that_never_ends_meets_its_deadline() {
    let files = Files::new();
    let mut options = files.options("import time\nwhile True: time.sleep(0.01)");
    options.evaluation_deadline = Duration::from_millis(400);
    let error = perijove_python::Worker::start(options).await.err().unwrap();
    assert!(matches!(error, WorkerError::Deadline { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_file_and_a_missing_interpreter_are_clear() {
    let files = Files::new();
    let mut options = files.options("");
    options.config_files = vec!["/no/such/config.py".into()];
    let error = perijove_python::Worker::start(options).await.err().unwrap().to_string();
    assert!(error.contains("/no/such/config.py"), "{error}");
    let mut options = files.options("");
    options.interpreter = "/no/such/python".into();
    let error = perijove_python::Worker::start(options).await.err().unwrap();
    assert!(matches!(error, WorkerError::Start { .. }), "{error}");
}

#[tokio::test]
async fn a_plain_configuration_is_quick_and_imports_nothing_of_jupyterhub() {
    let files = Files::new();
    let config = "import os, sys\nc.JupyterHub.port = 1\nc.X.modules = sorted(sys.modules)\n";
    let started = Instant::now();
    let (_, evaluation) = files.start(config).await.unwrap();
    println!("evaluated in {:?}", started.elapsed());
    let modules = value(&evaluation, "X", "modules").items().unwrap();
    let heavy = |name: &str| name.starts_with("jupyterhub") || name == "asyncio" || name == "tornado";
    let found: Vec<_> = modules.iter().filter_map(Value::as_str).filter(|name| heavy(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}
