//! Reading and merging roles.

use super::*;

fn dict(entries: &[(&str, Value)]) -> Value {
    Value::Dict(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).into()).collect())
}

#[test]
fn a_role_is_read_from_the_configuration() {
    let role = RoleSpec::from_value(&dict(&[
        ("name", "grader".into()),
        ("scopes", list(&["read:users"])),
        ("users", Value::Set(vec!["ann".into()])),
        ("groups", list(&[])),
        ("tokens", list(&["ignored"])),
    ]))
    .unwrap();
    assert_eq!(role.name, "grader");
    assert_eq!(role.users.as_deref(), Some(&["ann".to_owned()][..]));
    assert_eq!(role.groups.as_deref(), Some(&[][..]));
    assert_eq!(role.services, None);
    assert!(RoleSpec::from_value(&dict(&[("scopes", list(&[]))])).is_err());
    assert!(RoleSpec::from_value(&dict(&[("name", "X".into())])).is_err());
    assert!(RoleSpec::from_value(&dict(&[("name", "abc".into()), ("users", "ann".into())])).is_err());
    assert!(RoleSpec::from_value(&Value::Int(1)).is_err());
}

#[test]
fn defaults_come_first_and_can_be_overridden_in_part() {
    let override_user =
        RoleSpec::from_value(&dict(&[("name", "user".into()), ("users", list(&["ann"]))])).unwrap();
    let own = RoleSpec::from_value(&dict(&[("name", "own-role".into())])).unwrap();
    let extra = ["list:users".to_owned()];
    let roles = merge_with_defaults(vec![own, override_user], &extra, &CustomScopes::default()).unwrap();
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["admin", "server", "token", "own-role", "user"]);
    let user = roles.last().unwrap();
    assert_eq!(user.scopes.as_deref(), Some(&["self".to_owned(), "list:users".to_owned()][..]));
}

#[test]
fn wrong_roles_are_refused() {
    let role = |name: &str, scopes: &[&str]| {
        RoleSpec::from_value(&dict(&[("name", name.into()), ("scopes", list(scopes))])).unwrap()
    };
    let merge = |roles| merge_with_defaults(roles, &[], &CustomScopes::default());
    assert_eq!(merge(vec![role("admin", &["shutdown"])]), Err(RoleError::Admin));
    assert!(merge(vec![role("admin", &ADMIN_SCOPES)]).is_ok());
    let described = |text: &str| RoleSpec { description: Some(text.into()), ..role("admin", &ADMIN_SCOPES) };
    assert_eq!(merge(vec![described("Mine")]), Err(RoleError::Admin));
    assert!(merge(vec![described(ADMIN_DESCRIPTION)]).is_ok());
    assert!(matches!(merge(vec![role("abc", &["nope"])]), Err(RoleError::Scope { .. })));
    let twice = merge(vec![role("abc", &[]), role("abc", &[])]);
    assert!(matches!(twice, Err(RoleError::Duplicate { .. })));
}
