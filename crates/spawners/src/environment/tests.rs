use std::collections::BTreeMap;

use perijove_config::Config;
use perijove_config::origin::Origin;
use perijove_model::value::{Handle, HandleKind};
use perijove_model::{ServerName, UserName};
use secrecy::SecretString;
use serde_json::Map;

use super::*;

pub(crate) fn facts() -> SpawnFacts {
    SpawnFacts {
        user: UserName::parse("ada").unwrap(),
        server: ServerName::default(),
        hub_api_url: "http://127.0.0.1:8081/hub/api".into(),
        hub_base_url: "/hub/".into(),
        hub_public_host: String::new(),
        user_url: "/user/ada/".into(),
        server_base_url: "/user/ada/".into(),
        oauth_client_id: "jupyterhub-user-ada".into(),
        api_token: SecretString::from("secret-token"),
        oauth_access_scopes: vec!["access:servers!server=ada/".into()],
        oauth_client_allowed_scopes: Vec::new(),
        cookie_options: Map::new(),
        cookie_host_prefix_enabled: false,
        admin_access: false,
        public_url: String::new(),
        public_hub_url: String::new(),
        internal_tls: None,
        called_environment: BTreeMap::new(),
        hub_environment: BTreeMap::from([("PATH".into(), "/bin".into()), ("SECRET".into(), "x".into())]),
    }
}

fn options(set: &[(&str, Value)]) -> sections::Spawner {
    let mut config = Config::default();
    for (name, value) in set {
        config.tree_mut().set("Spawner", name, value.clone(), Origin::CommandLine);
    }
    config.section().unwrap()
}

fn dict(entries: &[(&str, Value)]) -> Value {
    Value::Dict(entries.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
}

#[test]
fn only_kept_variables_of_the_hub_reach_the_server() {
    let keep = Value::List(vec![Value::from("PATH"), Value::from("NOT_SET")]);
    let env = environment(&facts(), &options(&[("env_keep", keep)]), 1234).unwrap();
    assert_eq!(env.get("PATH").unwrap(), "/bin");
    assert!(env.get("SECRET").is_none() && env.get("NOT_SET").is_none());
    assert_eq!(env.get("JUPYTERHUB_SERVICE_URL").unwrap(), "http://127.0.0.1:1234/user/ada/");
}

#[test]
fn configured_variables_win_and_functions_count_by_their_result() {
    let handle = Handle { id: 1, kind: HandleKind::Function, name: "f".into(), description: "<f>".into() };
    let set = dict(&[
        ("JUPYTERHUB_API_URL", Value::from("http://elsewhere")),
        ("CALLED", Value::Handle(handle)),
        ("PLACE", Value::Path("/data".into())),
        ("RAW", Value::Bytes(vec![0xff])),
    ]);
    let options = options(&[("environment", set)]);
    let mut facts = facts();
    let uncalled = environment(&facts, &options, 1).unwrap_err().to_string();
    assert!(uncalled.contains("CALLED") && uncalled.contains("not called"), "{uncalled}");
    facts.called_environment.insert("CALLED".into(), "result".into());
    let env = environment(&facts, &options, 1).unwrap();
    assert_eq!(env.get("JUPYTERHUB_API_URL").unwrap(), "http://elsewhere");
    assert_eq!(env.get("CALLED").unwrap(), "result");
    assert_eq!(env.get("PLACE").unwrap(), "/data");
    assert_eq!(env.get("RAW").unwrap().as_encoded_bytes(), [0xff]);
}

#[test]
fn what_is_no_text_is_refused_with_its_name() {
    let set = dict(&[("COUNT", Value::Int(3))]);
    let refused = environment(&facts(), &options(&[("environment", set)]), 1).unwrap_err().to_string();
    assert!(
        refused.contains("Spawner.environment[\"COUNT\"]") && refused.contains("'3' in quotes"),
        "{refused}"
    );
    let refused =
        environment(&facts(), &options(&[("notebook_dir", Value::from("/h/{user}"))]), 1).unwrap_err();
    assert!(refused.to_string().contains("Spawner.notebook_dir"), "{refused}");
}

#[test]
fn debug_shows_no_values() {
    let env = environment(&facts(), &options(&[]), 1).unwrap();
    assert!(!format!("{env:?}").contains("secret-token"));
}
