use perijove_config::Section;

use super::*;
use crate::environment::tests::facts;

fn options(class: &'static ClassInfo) -> ProcessOptions {
    match ProcessOptions::read(class, Arc::default()) {
        Ok(options) => options,
        Err(problem) => panic!("{}: {}", problem.option, problem.problem),
    }
}

fn apply(
    class: &'static ClassInfo,
    changes: &[(&str, Value)],
) -> Result<(ProcessOptions, SpawnFacts), SpawnError> {
    let mut facts = facts();
    let changes: Vec<_> = changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    options(class).after(&mut facts, &changes).map(|options| (options, facts))
}

fn local(changes: &[(&str, Value)]) -> Result<(ProcessOptions, SpawnFacts), SpawnError> {
    apply(sections::LocalProcessSpawner::class(), changes)
}

fn simple(changes: &[(&str, Value)]) -> Result<(ProcessOptions, SpawnFacts), SpawnError> {
    apply(sections::SimpleLocalProcessSpawner::class(), changes)
}

#[test]
fn hooks_change_one_launch() {
    let (options, facts) = local(&[
        ("mem_limit", Value::Int(1 << 30)),
        ("cmd", Value::List(vec![Value::from("my-server")])),
        ("args", Value::List(vec![Value::from("--x")])),
        ("environment", Value::Dict(vec![(Value::from("A"), Value::from("b"))])),
        ("notebook_dir", Value::from("~/work")),
        ("term_timeout", Value::Int(3)),
        ("http_timeout", Value::Int(90)),
        ("port", Value::Int(9999)),
        ("env", Value::Dict(vec![(Value::from("OLD"), Value::from("x"))])),
        ("public_url", Value::from("https://x/")),
    ])
    .unwrap();
    assert_eq!(options.spawner.mem_limit, Some(1 << 30));
    assert_eq!(options.spawner.cmd.as_deref().unwrap(), ["my-server"]);
    assert_eq!(options.spawner.args, ["--x"]);
    assert_eq!(options.spawner.notebook_dir, "~/work");
    assert_eq!(options.spawner.environment.get("A"), Some(&Value::from("b")));
    assert_eq!(options.spawner.term_timeout, 3);
    assert_eq!(options.timing().answer, Duration::from_secs(90));
    assert_eq!(options.port, Some(9999));
    assert_eq!(options.env, [("OLD".to_owned(), Value::from("x"))]);
    assert_eq!(facts.public_url, "https://x/");
}

#[test]
fn what_cannot_take_effect_fails_the_launch() {
    for (name, value) in [
        ("consecutive_failure_limit", Value::Int(3)),
        ("api_token", Value::from("stolen")),
        ("cert_paths", Value::Dict(vec![(Value::from("a"), Value::from("b"))])),
        ("home_dir_template", Value::from("/x")),
        ("home_dir", Value::from("/x")),
        ("no_such_trait", Value::None),
        ("args", Value::Int(3)),
        ("port", Value::Int(70_000)),
        ("popen_kwargs", Value::Dict(vec![(Value::from("user"), Value::from("root"))])),
        ("env", Value::Dict(vec![(Value::Int(1), Value::from("x"))])),
        ("cookie_options", Value::Dict(vec![(Value::from("a"), Value::Bytes(vec![]))])),
    ] {
        let Err(SpawnError::Config { option, .. }) = local(&[(name, value)]) else {
            panic!("{name} was accepted")
        };
        assert_eq!(option, format!("LocalProcessSpawner.{name}"));
    }
}

#[test]
fn simple_servers_have_homes_of_their_own() {
    let (options, _) = simple(&[("home_dir", Value::from("/srv/ada"))]).unwrap();
    assert_eq!(options.home_dir.as_deref(), Some("/srv/ada"));
    let (options, _) = simple(&[("home_dir_template", Value::from("/srv/{username}"))]).unwrap();
    assert_eq!(options.home_dir_template, "/srv/{username}");
}

#[test]
fn texts_become_values_of_their_traits() {
    let options = options(sections::LocalProcessSpawner::class());
    assert_eq!(options.parsed("cpu_limit", "1.5"), Some(Value::Float(1.5)));
    assert_eq!(options.parsed("mem_limit", "2G"), Some(Value::Int(2 << 30)));
    assert_eq!(options.parsed("cpu_limit", "many"), None);
    assert_eq!(options.value("term_timeout"), Some(Value::Int(30)));
    assert_eq!(options.value("no_such_trait"), None);
}
