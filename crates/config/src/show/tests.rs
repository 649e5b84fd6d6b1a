use perijove_model::value::{LazyOps, Value};

use super::{json, text};
use crate::origin::Origin;
use crate::tree::{Entry, Raw, Tree};

fn tree() -> Tree {
    let mut tree = Tree::default();
    let mut set = |section: &str, name: &str, value: Value| tree.set(section, name, value, Origin::Default);
    set("JupyterHub", "show_config", Value::Bool(true));
    set("JupyterHub", "port", Value::Int(1));
    set("Spawner", "args", Value::List(vec![]));
    set("Spawner", "environment", Value::Dict(vec![("b".into(), Value::None), ("a".into(), "é\"😀".into())]));
    set("Spawner", "env_keep", Value::Lazy(LazyOps { extend: vec!["X".into()], ..LazyOps::default() }));
    set("Spawner", "poll_jitter", Value::Float(0.5));
    tree.section_mut("X").entries.insert(
        "y".to_owned(),
        Entry { raw: Raw::Words(vec!["1".to_owned(), "2".to_owned()]), origin: Origin::CommandLine },
    );
    tree
}

#[test]
fn json_is_what_python_writes() {
    let expected = r#"{
 "JupyterHub": {
  "port": 1
 },
 "Spawner": {
  "args": [],
  "env_keep": "<LazyConfigValue {'extend': ['X']}>",
  "environment": {
   "a": "\u00e9\"\ud83d\ude00",
   "b": null
  },
  "poll_jitter": 0.5
 },
 "X": {
  "y": [
   "1",
   "2"
  ]
 }
}
"#
    .replace("9\"", "9\\\"");
    assert_eq!(json(&tree()), expected);
    assert_eq!(json(&Tree::default()), "{}\n");
}

#[test]
fn text_lists_sections_and_files() {
    let shown = text(&tree(), &["/a/x.py".into()]);
    assert!(
        shown.starts_with(
            "Loaded config files:\n  /a/x.py\n\nJupyterHub\n  .port = 1\nSpawner\n  .args = []\n"
        )
    );
}
