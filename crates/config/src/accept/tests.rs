use perijove_model::value::{Handle, HandleKind, Value};

use crate::kind::{ClassGroup, DICT, FLOAT, Kind, LIST, SET};

fn text(text: &str) -> Value {
    Value::from(text)
}

#[test]
fn one_string_is_a_list_or_set_of_one_at_the_top_only() {
    assert_eq!(LIST.accept(text("a")), Some(Value::List(vec![text("a")])));
    assert_eq!(SET.accept(text("a")), Some(Value::Set(vec![text("a")])));
    let nested = Kind::Dict(&Kind::Unicode, &Kind::List(&Kind::Unicode));
    assert_eq!(nested.accept(Value::Dict(vec![(text("k"), text("v"))])), None);
    assert_eq!(Kind::Union(&[Kind::List(&Kind::Unicode), Kind::Callable]).accept(text("a")), None);
}

#[test]
fn numbers_follow_python() {
    assert_eq!(Kind::Int.accept(Value::Float(4e9)), Some(Value::Int(4_000_000_000)));
    assert_eq!(Kind::Int.accept(Value::Float(0.5)), None);
    assert_eq!(Kind::Int.accept(Value::Bool(true)), Some(Value::Int(1)));
    assert_eq!(Kind::Int.accept(text("1")), None);
    assert_eq!(Kind::Bool.accept(Value::Int(1)), Some(Value::Bool(true)));
    assert_eq!(Kind::Bool.accept(Value::Int(2)), None);
    assert_eq!(FLOAT.accept(Value::Int(2)), Some(Value::Float(2.0)));
    assert_eq!(Kind::Float { min: 0.0, max: 1.0 }.accept(Value::Float(1.5)), None);
}

#[test]
fn byte_specifications_have_suffixes() {
    let kind = Kind::ByteSpecification;
    assert_eq!(kind.accept(text("2G")), Some(Value::Int(2 << 30)));
    assert_eq!(kind.accept(text("1.5K")), Some(Value::Int(1536)));
    assert_eq!(kind.accept(Value::Float(10.9)), Some(Value::Int(10)));
    assert_eq!(kind.accept(Value::None), Some(Value::None));
    assert_eq!(kind.accept(text("2g")), None);
    assert_eq!(kind.accept(text("G")), None);
}

#[test]
fn commands_and_prefixes_are_normalised() {
    assert_eq!(Kind::Command(1).accept(text("x y")), Some(Value::List(vec![text("x y")])));
    assert_eq!(Kind::Command(1).accept(Value::List(vec![])), None);
    assert_eq!(Kind::Command(0).accept(Value::List(vec![])), Some(Value::List(vec![])));
    assert_eq!(Kind::UrlPrefix.accept(text("hub")), Some(text("/hub/")));
    assert_eq!(Kind::UrlPrefix.accept(text("")), Some(text("/")));
}

#[test]
fn class_names_resolve_whatever_their_case() {
    let kind = Kind::Class(ClassGroup::Authenticators);
    assert_eq!(kind.accept(text("PAM")), Some(text("jupyterhub.auth.PAMAuthenticator")));
    assert_eq!(kind.accept(text("my.module.Auth")), Some(text("my.module.Auth")));
    let class = Value::Handle(Handle {
        id: 1,
        kind: HandleKind::Class,
        name: "m.A".to_owned(),
        description: String::new(),
    });
    assert_eq!(kind.accept(class.clone()), Some(class));
}

#[test]
fn unions_take_the_first_type_that_fits() {
    let kind = Kind::Union(&[Kind::Callable, DICT]);
    assert_eq!(kind.accept(Value::Dict(vec![])), Some(Value::Dict(vec![])));
    assert_eq!(kind.accept(text("x")), None);
}
