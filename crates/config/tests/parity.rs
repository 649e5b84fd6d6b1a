//! Our table of classes and traits against JupyterHub's own, as `introspect_upstream.py` wrote it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use perijove_config::class::{ClassInfo, DefaultValue, TraitInfo};
use perijove_config::kind::Kind;
use perijove_config::{Config, sections};
use perijove_model::value::Value;
use serde_json::Value as Json;

/// Options that only Perijove has.
const OUR_OWN: [&str; 1] = ["JupyterHub.legacy_password_tokens"];

fn upstream() -> Json {
    serde_json::from_str(include_str!("data/upstream_traits.json")).unwrap()
}

#[test]
fn every_class_is_there_with_its_ancestors() {
    let upstream = upstream();
    let ours: BTreeMap<&str, Vec<&str>> = sections::all()
        .into_iter()
        .map(|class| (class.name, class.chain().skip(1).map(|parent| parent.name).collect()))
        .collect();
    let theirs: BTreeMap<&str, Vec<&str>> = upstream["classes"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, class)| {
            let parents = class["parents"].as_array().unwrap();
            (name.as_str(), parents.iter().map(|parent| parent.as_str().unwrap()).collect())
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn every_trait_has_upstreams_type_and_default() {
    let upstream = upstream();
    let mut differences = Vec::new();
    for class in sections::all() {
        let theirs = upstream["classes"][class.name]["traits"].as_object().unwrap();
        let ours: BTreeMap<&str, &TraitInfo> = class.traits.iter().map(|info| (info.name, info)).collect();
        for name in theirs.keys().filter(|name| !ours.contains_key(name.as_str())) {
            differences.push(format!("{}.{name} is missing", class.name));
        }
        for (name, info) in ours {
            match theirs.get(name) {
                Some(fact) => differences.extend(compare(class, info, fact)),
                None if OUR_OWN.contains(&format!("{}.{name}", class.name).as_str()) => (),
                None => differences.push(format!("{}.{name} is not upstream's", class.name)),
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(class: &ClassInfo, info: &TraitInfo, fact: &Json) -> Vec<String> {
    let mut differences = Vec::new();
    let name = format!("{}.{}", class.name, info.name);
    let theirs = fact["type"].as_str().unwrap();
    let ours = info.kind.upstream_name();
    if ours != theirs {
        differences.push(format!("{name} is {ours}, upstream {theirs}"));
    }
    if let Kind::Float { min, max } = info.kind {
        let bound =
            |key: &str, otherwise: f64| fact.get(key).map_or(otherwise, |bound| bound.as_f64().unwrap());
        assert_eq!((min, max), (bound("min", f64::NEG_INFINITY), bound("max", f64::INFINITY)), "{name}");
    }
    match (fact["default"].get("value"), info.default.constant()) {
        (Some(theirs), Some(ours)) if plain(&ours) != *theirs && !same_number(&ours, theirs) => {
            differences.push(format!("{name} defaults to {ours}, upstream {theirs}"));
        }
        (Some(theirs), None) => {
            differences.push(format!("{name} has no constant default, upstream {theirs}"));
        }
        _ => {}
    }
    differences
}

fn same_number(ours: &Value, theirs: &Json) -> bool {
    matches!(ours, Value::Float(number) if theirs.as_f64() == Some(*number))
}

/// The form in which the introspection script writes values.
fn plain(value: &Value) -> Json {
    match value {
        Value::Bytes(bytes) => {
            serde_json::json!({ "bytes": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() })
        }
        Value::Set(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Dict(entries) if entries.is_empty() => serde_json::json!({}),
        other => other.to_json(),
    }
}

#[test]
fn every_trait_is_described_and_its_default_fits() {
    for class in sections::all() {
        assert!(!class.help.trim().is_empty(), "{}", class.name);
        for info in class.all_traits() {
            let name = format!("{}.{}", class.name, info.name);
            assert!(!class.trait_help(info.name).trim().is_empty(), "{name} has no description");
            // `proxy_cmd` is empty by default, but may not be set so.
            if let Some(value) = info.default.constant()
                && info.name != "proxy_cmd"
            {
                assert_eq!(info.kind.accept(value.clone()), Some(value), "{name}");
            }
        }
    }
}

/// Fails on the first field whose type does not take its default.
#[test]
fn every_section_reads_its_defaults() {
    let config = Config::default();
    let hub: sections::JupyterHub = config.section().unwrap();
    assert_eq!(hub.port, 8000);
    assert_eq!(hub.bind_url, "http://:8000");
    assert_eq!(hub.oauth_token_expires_in, 14 * 24 * 3600);
    assert_eq!(hub.log_level.0, 20);
    config.section::<sections::Application>().unwrap();
    let authenticator: sections::PamAuthenticator = config.section().unwrap();
    assert!(!authenticator.allow_all && !authenticator.any_allow_config);
    assert!(config.section::<sections::DummyAuthenticator>().unwrap().allow_all);
    config.section::<sections::SharedPasswordAuthenticator>().unwrap();
    config.section::<sections::NullAuthenticator>().unwrap();
    let spawner: sections::SimpleLocalProcessSpawner = config.section().unwrap();
    assert!(spawner.env_keep.iter().any(|name| name == "PATH"));
    assert_eq!(config.section::<sections::Spawner>().unwrap().env_keep, ["JUPYTERHUB_SINGLEUSER_APP"]);
    config.section::<sections::ConfigurableHttpProxy>().unwrap();
    config.section::<sections::CryptKeeper>().unwrap();
    config.section::<sections::EventLogger>().unwrap();
    config.section::<sections::HttpClient>().unwrap();
    config.section::<sections::PeriodicMetricsCollector>().unwrap();
}

#[test]
fn what_upstream_computes_is_described() {
    for info in sections::all().into_iter().flat_map(|class| class.traits) {
        if let DefaultValue::Computed(words, _) | DefaultValue::Late(words) = info.default {
            assert!(!words.is_empty(), "{}", info.name);
        }
    }
}
