//! Scopes compared with a model that is too simple to be wrong: a set of scopes is the list of all pairs of a scope and a
//! thing in a small world that it reaches, each with the filters by which it does.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::scope::{
    Authorisation, ClientResource, CustomScopes, KnownGroups, Owner, Resource, ScopeSet, definitions,
    excess_scopes, expand_scopes, intersect, resolve_requested, token_scopes,
};
use proptest::prelude::*;

const USERS: [&str; 3] = ["ann", "bob", "cat"];
const SERVERS: [&str; 2] = ["", "lab"];
const GROUPS: [&str; 2] = ["g", "h"];
const SERVICES: [&str; 2] = ["s", "t"];

/// Something that a scope may reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Everything,
    User(&'static str),
    Server(&'static str, &'static str),
    Group(&'static str),
    Service(&'static str),
}

fn world() -> Vec<Thing> {
    let mut things = vec![Thing::Everything];
    things.extend(USERS.map(Thing::User));
    things.extend(USERS.iter().flat_map(|user| SERVERS.map(|server| Thing::Server(user, server))));
    things.extend(GROUPS.map(Thing::Group));
    things.extend(SERVICES.map(Thing::Service));
    things
}

fn is_member(groups: &KnownGroups, user: &str, group: &str) -> bool {
    groups.0.get(user).is_some_and(|own| own.contains(group))
}

/// Whether a filter, as `user=ann`, reaches a thing; the empty filter reaches all.
fn reaches(filter: &str, thing: &Thing, groups: &KnownGroups) -> bool {
    if filter.is_empty() {
        return true;
    }
    let (kind, name) = filter.split_once('=').unwrap();
    match (kind, thing) {
        ("user", Thing::User(user) | Thing::Server(user, _)) => name == *user,
        ("server", Thing::Server(user, server)) => name == format!("{user}/{server}"),
        ("group", Thing::Group(group)) => name == *group,
        ("group", Thing::User(user) | Thing::Server(user, _)) => is_member(groups, user, name),
        ("service", Thing::Service(service)) => name == *service,
        _ => false,
    }
}

type Meaning = BTreeMap<(String, Thing), BTreeSet<String>>;

/// What expanded scopes reach, and by which filters.
fn meaning(expanded: &ScopeSet, groups: &KnownGroups) -> Meaning {
    let mut meaning = Meaning::new();
    for scope in expanded {
        let (base, filter) = scope.split_once('!').unwrap_or((scope, ""));
        for thing in world().into_iter().filter(|thing| reaches(filter, thing, groups)) {
            meaning.entry((base.to_owned(), thing)).or_default().insert(filter.to_owned());
        }
    }
    meaning
}

fn pairs(expanded: &ScopeSet, groups: &KnownGroups) -> BTreeSet<(String, Thing)> {
    meaning(expanded, groups).into_keys().collect()
}

/// What both reach. Through two different groups is no way, as upstream has it: that their members overlap may
/// change at any time.
fn common(a: &Meaning, b: &Meaning) -> BTreeSet<(String, Thing)> {
    let fits = |a: &str, b: &str| a == b || !(a.starts_with("group=") && b.starts_with("group="));
    let both = a.iter().filter_map(|(pair, by)| Some((pair, by, b.get(pair)?)));
    both.filter(|(_, a, b)| a.iter().any(|a| b.iter().any(|b| fits(a, b))))
        .map(|(pair, ..)| pair.clone())
        .collect()
}

/// A scope and all that it implies, one step after the other.
fn implied(base: &str) -> BTreeSet<&str> {
    let mut all = BTreeSet::from([base]);
    loop {
        let more: BTreeSet<&str> = definitions()
            .iter()
            .filter(|scope| all.contains(scope.name))
            .flat_map(|scope| scope.subscopes.iter().copied())
            .collect();
        if more.is_subset(&all) {
            return all;
        }
        all.extend(more);
    }
}

fn any_filter() -> impl Strategy<Value = String> {
    let named = |kind: &'static str, names: &'static [&'static str]| {
        proptest::sample::select(names).prop_map(move |name| format!("!{kind}={name}"))
    };
    prop_oneof![
        2 => Just(String::new()),
        3 => named("user", &USERS),
        2 => named("group", &GROUPS),
        1 => named("service", &SERVICES),
        3 => named("server", &["ann/", "ann/lab", "bob/", "bob/lab", "cat/lab"]),
    ]
}

fn any_base() -> impl Strategy<Value = &'static str> {
    let bases: Vec<&str> = definitions().iter().map(|scope| scope.name).collect();
    let usual = bases.iter().copied().filter(|name| !matches!(*name, "self" | "inherit")).collect::<Vec<_>>();
    proptest::sample::select(usual)
}

/// Few bases, so that they meet.
fn any_scopes() -> impl Strategy<Value = ScopeSet> {
    let near =
        proptest::sample::select(&["servers", "read:users", "read:users:name", "groups", "list:users"][..]);
    let base = prop_oneof![3 => near, 1 => any_base()];
    proptest::collection::btree_set(
        (base, any_filter()).prop_map(|(base, filter)| format!("{base}{filter}")),
        0..7,
    )
}

/// What a request or role may say: filters and scopes that are still to be resolved, too.
fn any_raw() -> impl Strategy<Value = ScopeSet> {
    let special = proptest::sample::select(
        &["self", "inherit", "servers!user", "access:servers!server", "read:services!service", "users!user"]
            [..],
    );
    (any_scopes(), proptest::collection::btree_set(special, 0..3)).prop_map(|(mut scopes, special)| {
        scopes.extend(special.into_iter().map(str::to_owned));
        scopes
    })
}

fn any_groups() -> impl Strategy<Value = KnownGroups> {
    let own = || proptest::collection::btree_set(proptest::sample::select(&GROUPS[..]), 0..3);
    [own(), own(), own()].prop_map(|own| {
        let named = |groups: &BTreeSet<&str>| groups.iter().map(|group| (*group).to_owned()).collect();
        KnownGroups(
            USERS.iter().zip(&own).map(|(user, groups)| ((*user).to_owned(), named(groups))).collect(),
        )
    })
}

fn any_client() -> impl Strategy<Value = Option<ClientResource<'static>>> {
    proptest::sample::select(vec![
        None,
        Some(ClientResource::Service("s")),
        Some(ClientResource::Server { user: "ann", server: "lab" }),
        Some(ClientResource::Server { user: "bob", server: "" }),
    ])
}

fn any_owner() -> impl Strategy<Value = Owner<'static>> {
    proptest::sample::select(vec![Owner::user("ann"), Owner::user("bob"), Owner::service("t")])
}

fn expand(raw: &ScopeSet, owner: Owner<'_>, client: Option<ClientResource<'_>>) -> ScopeSet {
    expand_scopes(raw.iter().map(String::as_str), Some(owner), client, &CustomScopes::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_intersection_is_what_both_reach(a in any_scopes(), b in any_scopes(), groups in any_groups()) {
        let found = pairs(&intersect(&a, &b, &groups), &groups);
        prop_assert_eq!(found, common(&meaning(&a, &groups), &meaning(&b, &groups)));
    }

    #[test]
    fn a_request_reaches_what_its_scopes_reach(scopes in any_scopes(), groups in any_groups()) {
        let (authorisation, reached) = (Authorisation::parse(&scopes), pairs(&scopes, &groups));
        for thing in world() {
            let own = |user: &str| groups.0.get(user).into_iter().flatten().cloned().collect::<Vec<_>>();
            let of_user = match thing { Thing::User(user) | Thing::Server(user, _) => own(user), _ => Vec::new() };
            let resource = match thing {
                Thing::Everything => Resource::Global,
                Thing::User(name) => Resource::User { name, groups: &of_user },
                Thing::Server(user, server) => Resource::Server { user, groups: &of_user, server },
                Thing::Group(name) => Resource::Group(name),
                Thing::Service(name) => Resource::Service(name),
            };
            for scope in definitions() {
                let expected = reached.contains(&(scope.name.to_owned(), thing.clone()));
                prop_assert_eq!(authorisation.allows(scope.name, &resource), expected, "{} {:?}", scope.name, thing);
            }
        }
    }

    #[test]
    fn an_expansion_is_every_implied_scope_with_the_same_filter(raw in any_scopes(), groups in any_groups()) {
        let mut expected = ScopeSet::new();
        for scope in &raw {
            let (base, filter) = scope.split_once('!').unwrap_or((scope, ""));
            // A filter by server does not reach models of users.
            let all = implied(base).into_iter();
            let kept = all.filter(|base| !(filter.starts_with("server") && base.starts_with("read:user")));
            expected.extend(kept.map(|base| if filter.is_empty() { base.to_owned() } else { format!("{base}!{filter}") }));
        }
        prop_assert_eq!(pairs(&expand(&raw, Owner::user("ann"), None), &groups), pairs(&expected, &groups));
    }

    #[test]
    fn a_token_never_reaches_more_than_its_owner(
        raw in any_raw(), held in any_scopes(), owner in any_owner(), client in any_client(), groups in any_groups(),
    ) {
        let held = expand(&held, owner, None);
        let custom = CustomScopes::default();
        let scopes = token_scopes(raw.iter().map(String::as_str), owner, client, &held, &groups, &custom);
        let (found, limit) = (pairs(&scopes, &groups), pairs(&held, &groups));
        prop_assert!(found.is_subset(&limit), "{:?}", found.difference(&limit).collect::<Vec<_>>());
        // And whoever may do everything, by `inherit`, may do no less.
        if raw.contains("inherit") {
            prop_assert_eq!(found, limit);
        }
    }

    #[test]
    fn a_wish_without_excess_is_within_what_its_owner_holds(
        raw in any_raw(), held in any_scopes(), owner in any_owner(), client in any_client(), groups in any_groups(),
    ) {
        let held = expand(&held, owner, None);
        let custom = CustomScopes::default();
        let excess = excess_scopes(raw.iter().map(String::as_str), owner, client, &held, &groups, &custom);
        let wanted: ScopeSet = raw.into_iter().filter(|scope| scope != "inherit").collect();
        let (wanted, limit) = (pairs(&expand(&wanted, owner, client), &groups), pairs(&held, &groups));
        if excess.is_empty() {
            prop_assert!(wanted.is_subset(&limit));
        }
        if !wanted.is_subset(&limit) {
            prop_assert!(!excess.is_empty());
        }
    }

    #[test]
    fn what_a_client_is_granted_is_within_what_it_may_have(
        requested in any_raw(), have in any_raw(), client in any_client(), groups in any_groups(),
    ) {
        let owner = Owner::user("ann");
        let custom = CustomScopes::default();
        let resolved = resolve_requested(&requested, &have, owner, client, &groups, &custom);
        let granted = pairs(&expand(&resolved.allowed, owner, client), &groups);
        let limit = pairs(&expand(&have, owner, client), &groups);
        prop_assert!(granted.is_subset(&limit), "{:?}", granted.difference(&limit).collect::<Vec<_>>());
    }
}
