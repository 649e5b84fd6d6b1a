//! Properties that must hold for any scopes, and the cases where we differ from upstream on purpose.

use proptest::prelude::*;

use super::*;

fn names(names: &[&str]) -> ScopeSet {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn expand(raw: &[&str], owner: Option<Owner<'_>>) -> ScopeSet {
    expand_scopes(raw.iter().copied(), owner, None, &CustomScopes::default())
}

const BASES: [&str; 4] = ["servers", "read:users", "access:servers", "groups"];
const FILTERS: [&str; 11] = [
    "",
    "!user=ann",
    "!user=bob",
    "!group=g",
    "!group=h",
    "!server=ann/",
    "!server=ann/lab",
    "!server=bob/",
    "!service=s",
    "!user",
    "!nonsense=1",
];

fn any_expanded() -> impl Strategy<Value = ScopeSet> {
    let scope = (proptest::sample::select(&BASES[..]), proptest::sample::select(&FILTERS[..]));
    proptest::collection::btree_set(scope.prop_map(|(base, filter)| format!("{base}{filter}")), 0..8)
}

/// Every resource that the filters above can tell apart.
fn resources(groups_of: &KnownGroups) -> Vec<(String, Vec<String>, Option<&'static str>)> {
    let groups = |user: &str| groups_of.0.get(user).into_iter().flatten().cloned().collect::<Vec<_>>();
    let mut resources = Vec::new();
    for user in ["ann", "bob", "cat"] {
        for server in [None, Some(""), Some("lab")] {
            resources.push((user.to_owned(), groups(user), server));
        }
    }
    resources
}

fn reaches(scopes: &ScopeSet, groups_of: &KnownGroups) -> Vec<String> {
    let authorisation = Authorisation::parse(scopes);
    let mut reached = Vec::new();
    for base in BASES {
        for (user, groups, server) in resources(groups_of) {
            let resource = match server {
                None => Resource::User { name: &user, groups: &groups },
                Some(server) => Resource::Server { user: &user, groups: &groups, server },
            };
            if authorisation.allows(base, &resource) {
                reached.push(format!("{base} {user} {server:?}"));
            }
        }
        for resource in [Resource::Global, Resource::Group("g"), Resource::Group("h"), Resource::Service("s")]
        {
            if authorisation.allows(base, &resource) {
                reached.push(format!("{base} {resource:?}"));
            }
        }
    }
    reached
}

fn any_groups() -> impl Strategy<Value = KnownGroups> {
    let member_of = || proptest::collection::btree_set(proptest::sample::select(&["g", "h"][..]), 0..2);
    (member_of(), member_of()).prop_map(|(ann, bob)| {
        let own = |groups: BTreeSet<&str>| groups.into_iter().map(str::to_owned).collect();
        KnownGroups([("ann".to_owned(), own(ann)), ("bob".to_owned(), own(bob))].into())
    })
}

proptest! {
    #[test]
    fn an_intersection_is_never_wider(a in any_expanded(), b in any_expanded(), groups in any_groups()) {
        let common = reaches(&intersect(&a, &b, &groups), &groups);
        let (a, b) = (reaches(&a, &groups), reaches(&b, &groups));
        for reached in common {
            prop_assert!(a.contains(&reached) && b.contains(&reached), "{reached}");
        }
    }

    #[test]
    fn intersecting_commutes(a in any_expanded(), b in any_expanded(), groups in any_groups()) {
        prop_assert_eq!(intersect(&a, &b, &groups), intersect(&b, &a, &groups));
    }

    #[test]
    fn intersecting_with_itself_changes_nothing(a in any_expanded(), groups in any_groups()) {
        let once = intersect(&a, &a, &groups);
        prop_assert_eq!(&once, &reduce(&a));
        prop_assert_eq!(reaches(&once, &groups), reaches(&a, &groups));
        prop_assert_eq!(intersect(&once, &once, &groups), once);
    }

    #[test]
    fn expanding_twice_changes_nothing(raw in any_expanded()) {
        let owner = Some(Owner::user("ann"));
        let once = expand_scopes(raw.iter().map(String::as_str), owner, None, &CustomScopes::default());
        let twice = expand_scopes(once.iter().map(String::as_str), owner, None, &CustomScopes::default());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_question_and_a_resource_agree(a in any_expanded(), groups in any_groups()) {
        let authorisation = Authorisation::parse(&a);
        for (user, own, server) in resources(&groups) {
            let (resource, filter) = match server {
                None => (Resource::User { name: &user, groups: &own }, format!("user={user}")),
                Some(server) => {
                    (Resource::Server { user: &user, groups: &own, server }, format!("server={user}/{server}"))
                }
            };
            for base in BASES {
                let asked = authorisation.has_scope_with(&format!("{base}!{filter}"), &groups);
                prop_assert_eq!(asked, authorisation.allows(base, &resource));
            }
        }
    }
}

#[test]
fn undefined_scopes_grant_nothing() {
    assert_eq!(expand(&["custom:gone", "all", "nope!user"], Some(Owner::user("ann"))), ScopeSet::new());
    let (requested, have) = (names(&["custom:gone"]), names(&["self"]));
    let client = Some(ClientResource::Service("s"));
    let owner = Owner::user("ann");
    let resolved = resolve_requested(&requested, &have, owner, client, &NoGroups, &CustomScopes::default());
    assert_eq!(resolved, Resolved { allowed: ScopeSet::new(), disallowed: requested });
}

#[test]
fn a_filter_without_target_grants_nothing() {
    assert_eq!(expand(&["servers!server", "read:users!service"], Some(Owner::user("ann"))), ScopeSet::new());
    assert_eq!(expand(&["self"], Some(Owner::service("s"))), ScopeSet::new());
    assert_eq!(expand(&["self"], None), ScopeSet::new());
}

#[test]
fn a_bare_server_name_in_a_filter_matches_no_server() {
    let authorisation = Authorisation::parse(&names(&["servers!server=lab"]));
    assert!(!authorisation.allows("servers", &Resource::Server { user: "ann", groups: &[], server: "lab" }));
}

#[test]
fn custom_scopes_may_imply_each_other_in_a_circle() {
    let scope =
        |subscope: &str| CustomScope { description: "d".to_owned(), subscopes: vec![subscope.to_owned()] };
    let custom = CustomScopes::new([
        ("custom:one".to_owned(), scope("custom:two")),
        ("custom:two".to_owned(), scope("custom:one")),
    ])
    .unwrap();
    let expanded = expand_scopes(["custom:one!user"], Some(Owner::user("ann")), None, &custom);
    assert_eq!(expanded, names(&["custom:one!user=ann", "custom:two!user=ann"]));
}

#[test]
fn custom_scopes_imply_only_defined_custom_scopes() {
    let with = |subscope: &str| {
        let scope = CustomScope { description: "d".to_owned(), subscopes: vec![subscope.to_owned()] };
        CustomScopes::new([("custom:one".to_owned(), scope)])
    };
    assert!(matches!(with("users"), Err(CustomScopeError::Predefined { .. })));
    assert!(matches!(with("custom:two"), Err(CustomScopeError::Undefined { .. })));
}

#[test]
fn descriptions_survive_undefined_scopes() {
    let scopes =
        ["custom:gone", "access:servers!user=ann", "read:users!user", "list:users!group=g", "read:hub"];
    let described = describe_scopes(scopes, Some("ann"), &CustomScopes::default());
    let filters: Vec<_> = described.iter().map(|line| line.filter.as_str()).collect();
    assert_eq!(described[0].description, "custom:gone");
    assert_eq!(filters, ["", "only you", "only you", "members of group g", ""]);
}

#[test]
fn excess_scopes_are_found() {
    let owner = Owner::user("ann");
    let owner_scopes = expand(&["self"], Some(owner));
    let excess = |raw: &[&str]| {
        excess_scopes(raw.iter().copied(), owner, None, &owner_scopes, &NoGroups, &CustomScopes::default())
    };
    assert_eq!(excess(&["inherit", "servers!user", "self"]), ScopeSet::new());
    assert_eq!(excess(&["inherit", "read:hub"]), names(&["read:hub"]));
    assert!(excess(&["servers"]).contains("servers"));
}
