use perijove_model::value::{Handle, HandleKind};

use super::*;

fn function(id: u64, name: &str) -> Value {
    Value::Handle(Handle {
        id,
        kind: HandleKind::Function,
        name: name.to_owned(),
        description: format!("function {name}"),
    })
}

fn evaluation(traits: Vec<(&str, Value)>) -> Evaluation {
    let traits = traits.into_iter().map(|(name, value)| (name.to_owned(), value, None)).collect();
    Evaluation { config: vec![("Spawner".to_owned(), traits)], ..Evaluation::default() }
}

#[test]
fn handles_are_matched_by_position_and_name() {
    let environment = |id: u64| {
        Value::Dict(vec![("A".into(), Value::List(vec![Value::Int(1), function(id, "builtins.f")]))])
    };
    let lazy = |id: u64| {
        Value::Lazy(LazyOps { inserts: vec![(0, function(id, "builtins.g"))], ..LazyOps::default() })
    };
    let first = evaluation(vec![("environment", environment(1)), ("args", lazy(2))]);
    let second = evaluation(vec![("args", lazy(7)), ("environment", environment(8))]);
    let result = reconcile(&first, &second);
    assert_eq!(result.handles, Renumbered::from([(1, 8), (2, 7)]));
    assert_eq!((result.replace, result.remove), (vec![], vec![]));
}

#[test]
fn another_function_in_the_same_place_is_not_used() {
    let first = evaluation(vec![("pre_spawn_hook", function(1, "builtins.f"))]);
    let second = evaluation(vec![("pre_spawn_hook", function(9, "builtins.g"))]);
    let result = reconcile(&first, &second);
    assert!(result.handles.is_empty());
    assert_eq!(result.lost, ["Spawner.pre_spawn_hook"]);
    assert_eq!(result.remove, [("Spawner".to_owned(), "pre_spawn_hook".to_owned())]);
}

#[test]
fn plain_values_keep_their_first_state() {
    let first = evaluation(vec![("mem_limit", "1G".into()), ("cmd", "x".into()), ("nan", f64::NAN.into())]);
    let second = evaluation(vec![("cmd", "y".into()), ("args", "new".into()), ("nan", f64::NAN.into())]);
    let result = reconcile(&first, &second);
    let replaced: Vec<_> =
        result.replace.iter().map(|(_, name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(replaced, [("mem_limit", Some("1G")), ("cmd", Some("x"))]);
    assert_eq!(result.remove, [("Spawner".to_owned(), "args".to_owned())]);
    assert!(result.lost.is_empty());
}
