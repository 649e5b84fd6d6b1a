//! Command and environment against what the real JupyterHub hands to `Popen` (`tests/golden/make_servers.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use perijove_config::class::ClassInfo;
use perijove_config::origin::Origin;
use perijove_config::{Config, Section, sections};
use perijove_model::{ServerName, UserName, Value};
use perijove_sys::account::Account;
use secrecy::SecretString;
use serde_json::{Map, Value as Json};

use super::*;
use crate::launch::{Settings, SpawnFacts};

const GOLDEN: &str = include_str!("../../../tests/golden/servers.json");

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} is no text")).to_owned()
}

fn texts(json: &Json) -> Vec<String> {
    serde_json::from_value(json.clone()).unwrap()
}

fn facts(json: &Json, hub_environment: &BTreeMap<String, String>) -> SpawnFacts {
    let flag = |name: &str| json[name].as_bool().unwrap();
    SpawnFacts {
        user: UserName::from_stored(text(json, "user")),
        server: ServerName::from_stored(text(json, "server")),
        hub_api_url: text(json, "hub_api_url"),
        hub_base_url: text(json, "hub_base_url"),
        hub_public_host: text(json, "hub_public_host"),
        user_url: text(json, "user_url"),
        server_base_url: text(json, "server_base_url"),
        oauth_client_id: text(json, "oauth_client_id"),
        api_token: SecretString::from(text(json, "api_token")),
        oauth_access_scopes: texts(&json["oauth_access_scopes"]),
        oauth_client_allowed_scopes: texts(&json["oauth_client_allowed_scopes"]),
        cookie_options: json["cookie_options"].as_object().unwrap().clone(),
        cookie_host_prefix_enabled: flag("cookie_host_prefix_enabled"),
        admin_access: flag("admin_access"),
        public_url: text(json, "public_url"),
        public_hub_url: text(json, "public_hub_url"),
        internal_tls: None,
        called_environment: BTreeMap::new(),
        hub_environment: hub_environment.clone(),
    }
}

fn options(class: &'static ClassInfo, traits: &Json) -> ProcessOptions {
    let mut config = Config::default();
    for (name, value) in traits.as_object().unwrap() {
        let value = Value::from_plain_json(value).unwrap();
        config.tree_mut().set(class.name, name, value, Origin::CommandLine);
    }
    match ProcessOptions::read(class, Arc::new(config)) {
        Ok(options) => options,
        Err(problem) => panic!("{}: {}", problem.option, problem.problem),
    }
}

fn seat(case: &Json, launch: &Launch, options: &ProcessOptions) -> Seat {
    if case["class"] == "SimpleLocalProcessSpawner" {
        return simple::seat_at(&launch.facts, simple::home(&launch.facts, options).unwrap());
    }
    let account = Account {
        name: launch.facts.user.to_string(),
        uid: 1000,
        gid: 1000,
        home: PathBuf::from(text(&case["account"], "home")),
        shell: PathBuf::from(text(&case["account"], "shell")),
    };
    account::seat_of(launch.facts.user.as_str(), account, vec![1000])
}

#[test]
fn servers_get_what_jupyterhub_gives_them() {
    let golden: Json = serde_json::from_str(GOLDEN).unwrap();
    let hub: BTreeMap<String, String> = serde_json::from_value(golden["hub_environment"].clone()).unwrap();
    let chosen = u16::try_from(golden["port"].as_u64().unwrap()).unwrap();
    let cases = golden["cases"].as_object().unwrap();
    assert!(cases.len() > 20);
    for (title, case) in cases {
        let class = sections::find(case["class"].as_str().unwrap()).unwrap();
        assert!(class.is_a(sections::Spawner::class().name));
        let options = options(class, &case["traits"]);
        let launch = Launch {
            facts: facts(&case["facts"], &hub),
            settings: Settings::new(options.clone()),
            user_options: Map::new(),
            state: Map::new(),
            shown: None,
        };
        let seat = seat(case, &launch, &options);
        let port = options.port.unwrap_or(chosen);
        let environment = whole_environment(&launch.facts, &options, &seat, port).unwrap();
        let environment: BTreeMap<_, _> =
            environment.iter().map(|(name, value)| (name, value.to_str().unwrap())).collect();
        let expected = case["environment"].as_object().unwrap();
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        assert_eq!(environment, expected, "{title}");
        assert_eq!(command(&options).unwrap(), texts(&case["command"]), "{title}");
    }
}
