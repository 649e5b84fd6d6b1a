//! Loads the same command lines and files with JupyterHub's own code and with ours, and compares
//! exit status, merged configuration and the value of every trait.
//!
//! Needs `PERIJOVE_TEST_PYTHON`, an interpreter with jupyterhub 6.1.1; without it the test says
//! that it was skipped.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use perijove_config::class::{ClassInfo, DefaultValue};
use perijove_config::{Action, Config, ConfigError, LoadOptions, Loaded, Section, sections, show};
use perijove_model::value::{HandleKind, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
struct Case {
    argv: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Traits that differ on purpose, and why.
    #[serde(default)]
    differs: BTreeMap<String, String>,
    /// We do not even start, and why.
    refused: Option<String>,
}

#[tokio::test]
async fn loads_what_jupyterhub_loads() {
    let Some(python) = std::env::var_os("PERIJOVE_TEST_PYTHON") else {
        eprintln!("skipped: PERIJOVE_TEST_PYTHON is not set");
        return;
    };
    let text = include_str!("data/load_cases.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    let outcomes = upstream(&python, text);
    assert_eq!(cases.len(), outcomes.len());
    let mut differences = Vec::new();
    for (case, theirs) in cases.iter().zip(&outcomes) {
        for difference in compare(case, theirs, &python).await {
            differences.push(format!("{:?} {:?}: {difference}", case.argv, case.files));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn upstream(python: &OsString, cases: &str) -> Vec<Json> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upstream_load.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(cases.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn ours(case: &Case, python: &OsString) -> Result<Loaded, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let mut env: Vec<_> = std::env::vars_os().collect();
    env.push(("PERIJOVE_PYTHON".into(), python.clone()));
    let options = LoadOptions { argv: case.argv.clone(), cwd: directory.path().to_owned(), env };
    Config::load(options).await
}

async fn compare(case: &Case, theirs: &Json, python: &OsString) -> Vec<String> {
    let exit = theirs.get("exit").and_then(Json::as_u64);
    let loaded = match ours(case, python).await {
        Ok(loaded) => loaded,
        Err(error) if case.refused.is_some() => {
            assert_ne!(error.exit_status(), 0);
            return Vec::new();
        }
        Err(error) if exit == Some(u64::from(error.exit_status())) => return Vec::new(),
        Err(error) => return vec![format!("upstream {theirs}, ours fails: {error}")],
    };
    if case.refused.is_some() {
        return vec!["ours should refuse this".to_owned()];
    }
    let ends = matches!(loaded.action, Action::Help { .. } | Action::Version);
    match exit {
        Some(0) if ends => return Vec::new(),
        Some(status) => return vec![format!("upstream ends with {status}, ours goes on: {}", theirs["log"])],
        None => {}
    }
    match &loaded.action {
        Action::GenerateConfig { overwrite, .. } => {
            assert_eq!(theirs["yes"], *overwrite);
            return Vec::new();
        }
        Action::Token { .. } | Action::UpgradeDb => {
            assert!(theirs["subapp"].is_string());
            return Vec::new();
        }
        _ => {}
    }
    let mut differences = Vec::new();
    let shown: Json = serde_json::from_str(&show::json(&loaded.shown)).unwrap();
    if !case.differs.contains_key("shown") && comparable(&shown) != comparable(&theirs["shown"]) {
        differences.push(format!("shown: ours {shown}, upstream {}", theirs["shown"]));
    }
    let classes = loaded.classes.as_ref().unwrap();
    for (part, class) in [
        ("hub", sections::JupyterHub::class()),
        ("authenticator", classes.authenticator.info),
        ("spawner", classes.spawner.info),
        ("proxy", classes.proxy.info),
    ] {
        differences.extend(compare_traits(case, &loaded.config, class, &theirs[part]));
    }
    differences
}

/// Representations of sets and functions have no fixed form.
fn comparable(shown: &Json) -> Json {
    match shown {
        Json::String(text) if text.starts_with('{') => {
            let mut characters: Vec<char> = text.chars().collect();
            characters.sort_unstable();
            Json::String(characters.into_iter().collect())
        }
        Json::String(text) if text.starts_with("<function") => json!("<function>"),
        Json::Object(object) => {
            Json::Object(object.iter().map(|(key, value)| (key.clone(), comparable(value))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(comparable).collect()),
        other => other.clone(),
    }
}

fn compare_traits(case: &Case, config: &Config, class: &'static ClassInfo, theirs: &Json) -> Vec<String> {
    let values = config.values(class);
    let mut differences = Vec::new();
    for (name, their) in theirs.as_object().unwrap() {
        let place = format!("{}.{name}", class.name);
        let late = class.trait_info(name).is_some_and(|info| matches!(info.default, DefaultValue::Late(_)));
        let skipped = late && values.entry(name).is_none() || case.differs.contains_key(&place);
        // Upstream resolves these to functions and paths of its own.
        let own =
            ["template_paths", "ssl_alt_names"].contains(&name.as_str()) && values.entry(name).is_none();
        // A default that its own trait refuses; and what the script itself sets in order to see the tree.
        let no_answer = their.get("$error").is_some() && values.entry(name).is_none();
        if skipped || own || no_answer || ["show_config", "show_config_json"].contains(&name.as_str()) {
            continue;
        }
        match values.value(name) {
            Ok(value) => {
                let our = plain(name, &value);
                if our != resolved(name, their) {
                    differences.push(format!("{place}: ours {our}, upstream {their}"));
                }
            }
            Err(error) => differences.push(format!("{place}: ours fails with {error}, upstream {their}")),
        }
    }
    differences
}

/// Upstream replaces some names by what they stand for.
fn resolved(name: &str, theirs: &Json) -> Json {
    match (name, theirs.get("$object").and_then(Json::as_str)) {
        ("subdomain_hook", Some("subdomain_hook_idna")) => json!("idna"),
        ("subdomain_hook", Some("subdomain_hook_legacy")) => json!("legacy"),
        ("options_from_form", Some("_passthrough_options_from_form")) => json!("passthrough"),
        ("options_from_form", Some("_simple_options_from_form")) => json!("simple"),
        _ => theirs.clone(),
    }
}

/// The form in which the script writes values.
fn plain(name: &str, value: &Value) -> Json {
    let item = |value: &Value| plain("", value);
    match value {
        Value::Str(text) if name == "log_level" => match text.as_str() {
            "DEBUG" => json!(10),
            "INFO" => json!(20),
            "WARN" => json!(30),
            "ERROR" => json!(40),
            other => json!(other),
        },
        Value::Float(number) => json!({ "$number": Value::Float(*number).repr() }),
        Value::Bytes(bytes) => {
            json!({ "$bytes": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() })
        }
        Value::List(items) => items.iter().map(item).collect(),
        Value::Tuple(items) => json!({ "$tuple": items.iter().map(item).collect::<Json>() }),
        Value::Set(items) => {
            let mut items: Vec<_> = items.iter().map(item).collect();
            items.sort_by_key(Json::to_string);
            json!({ "$set": items })
        }
        Value::Dict(entries) => {
            let mut pairs: Vec<_> =
                entries.iter().map(|(key, value)| json!([item(key), item(value)])).collect();
            pairs.sort_by_key(Json::to_string);
            json!({ "$dict": pairs })
        }
        Value::Timedelta(seconds) => json!({ "$timedelta": seconds }),
        Value::Path(path) => json!({ "$path": path }),
        Value::Handle(handle) if handle.kind == HandleKind::Class => json!(handle.name),
        Value::Handle(handle) => json!({ "$object": handle.name.rsplit('.').next() }),
        other => other.to_json(),
    }
}
