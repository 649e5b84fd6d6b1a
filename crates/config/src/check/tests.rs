use perijove_model::value::{Handle, HandleKind};

use super::*;
use crate::reference;

/// Values of every type, of which each option takes some.
fn candidates() -> Vec<Value> {
    let function = Handle {
        id: 1,
        description: "function f".to_owned(),
        kind: HandleKind::Function,
        name: "builtins.f".to_owned(),
    };
    let texts = || Value::List(vec![Value::from("user")]);
    vec![
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(7),
        Value::Float(0.5),
        Value::from("x"),
        Value::from("a text that is long enough for a password"),
        texts(),
        Value::Dict(vec![(Value::from("start_new_session"), Value::Bool(true))]),
        Value::Dict(vec![(Value::from("preexec_fn"), Value::from("x"))]),
        Value::Dict(vec![(Value::from("a text that is long enough for a password"), texts())]),
        Value::Handle(function),
    ]
}

/// Whether Python runs `class` with this option, `None` if the option does not take the value.
fn runs_in_python(class: &'static ClassInfo, info: &'static TraitInfo, value: &Value) -> Option<bool> {
    let mut config = Config::from_tree(Tree::default());
    let option = if class.is_a("Spawner") { "spawner_class" } else { "authenticator_class" };
    config.tree_mut().set("JupyterHub", option, Value::from(class.import_string()), Origin::Default);
    // Some options of others insist on it, and it is native.
    config.tree_mut().set("Authenticator", "manage_groups", Value::Bool(true), Origin::Default);
    config.tree_mut().set(class.name, info.name, value.clone(), Origin::Default);
    let mut classes = Classes::of(&config).ok()?;
    check(&config, &mut classes).ok().filter(|findings| findings.errors.is_empty())?;
    let chosen = if class.is_a("Spawner") { classes.spawner } else { classes.authenticator };
    Some(chosen.python.is_some())
}

/// What the page of options says of one.
fn told(page: &str, class: &'static ClassInfo, info: &TraitInfo) -> String {
    let of = class.chain().find(|one| one.traits.iter().any(|own| own.name == info.name)).unwrap_or(class);
    let heading = format!("\n### {}.{}\n", of.name, info.name);
    let (_, text) = page.split_once(&heading).unwrap();
    text.split("\n### ").next().unwrap().to_owned()
}

#[test]
fn each_option_selects_native_or_python_as_the_reference_says() {
    let page = reference::markdown();
    let native = sections::all().into_iter().filter(|class| class.may_be_plugin());
    let mut options = 0;
    for class in
        native.filter(|class| !matches!(class.name, "Spawner" | "Authenticator" | "LocalAuthenticator"))
    {
        for info in class.all_traits() {
            let told = told(&page, class, info);
            let answers: Vec<(Value, bool)> = candidates()
                .into_iter()
                .filter_map(|value| runs_in_python(class, info, &value).map(|python| (value, python)))
                .collect();
            let any = |python: bool, function: bool| {
                answers.iter().any(|(value, answer)| *answer == python && value.has_handle() == function)
            };
            let name = format!("{}.{}: {answers:?}", class.name, info.name);
            if told.contains("Setting it makes Python run the class") {
                assert!(any(true, false) || any(true, true), "{name}");
            } else if told.contains("A function makes Python run the class") {
                assert!(any(true, true) && !any(true, false), "{name}");
            } else if told.contains("Other arguments make Python run the class") {
                assert!(any(true, false) && any(false, false), "{name}");
            } else {
                assert!(!any(true, false) && !any(true, true), "{name}");
                assert!(!answers.is_empty(), "no value is one for {name}");
            }
            options += 1;
        }
    }
    assert!(options > 100, "{options}");
}
