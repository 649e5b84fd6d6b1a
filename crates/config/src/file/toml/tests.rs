use std::path::PathBuf;

use perijove_model::value::Value;

use super::load;
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::tree::Raw;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("perijove.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

#[test]
fn sections_and_dictionaries_are_told_apart_by_their_capitals() {
    let text = "[JupyterHub]\nport = 0x10\nip = 'a'\n\n[Spawner]\nargs = ['x', 'y']\n[Spawner.environment]\nA = '1'\nb.c = 1.5\n[JupyterHub.Authenticator]\nallow_all = true\n";
    let (_directory, path) = file(text);
    let tree = load(&path).unwrap();
    let entry = tree.entry("JupyterHub", "port").unwrap();
    assert_eq!(entry.raw, Raw::Value(Value::Int(16)));
    assert_eq!(entry.origin, Origin::File { path: path.clone(), line: Some(2) });
    let Raw::Value(environment) = &tree.entry("Spawner", "environment").unwrap().raw else { panic!() };
    assert_eq!(environment.repr(), "{'A': '1', 'b': {'c': 1.5}}");
    let nested = &tree.sections["JupyterHub"].sections["Authenticator"];
    assert_eq!(nested.entries["allow_all"].raw, Raw::Value(Value::Bool(true)));
}

#[test]
fn problems_name_the_line() {
    for (text, expected) in [
        ("[JupyterHub]\nport = \n", "2"),
        ("JupyterHub = 1\n", "1"),
        ("\n[JupyterHub]\nport = 2020-01-01\n", "3"),
    ] {
        let (_directory, path) = file(text);
        let error = load(&path).unwrap_err();
        assert!(matches!(error, ConfigError::Syntax { .. }));
        let message = error.to_string();
        assert!(message.contains(&format!("perijove.toml:{expected}:")), "{message}");
    }
}
