//! Which scope opens which route: every row of the API, with every scope that has to do with its own, without a filter and
//! with each kind of filter that names the row's resource or another one.
//!
//! What is expected is worked out from the table of scopes by rules that are written down here a second time, in the
//! plainest form.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use perijove_http::{Access, Kind, Row, rows};
use perijove_model::ServerName;
use perijove_model::scope::definitions;
use perijove_testkit::{Answer, TestHub};

/// `owner` is in `physics`, has the servers `` and `lab`; `target` is a service. The token's owner is `admin`.
const FILTERS: [&str; 12] = [
    "",
    "user=owner",
    "user=other",
    "user",
    "group=physics",
    "group=chemistry",
    "server=owner/lab",
    "server=owner/",
    "server=other/lab",
    "service=target",
    "service=reader",
    "service",
];

/// Rows that everybody may call and whose handlers look at scopes: with any filter, or for the user in the path.
const IN_HANDLERS: [(&str, &str, &str); 2] =
    [("POST", "/api/users/{user_name}/tokens", "tokens"), ("GET", "/api/metrics", "read:metrics")];

/// What a row is about.
#[derive(Debug, PartialEq, Eq)]
enum About {
    Everything,
    Owner,
    Server(&'static str),
    Physics,
    Target,
}

fn about(row: &Row) -> About {
    let names: BTreeSet<&str> =
        row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let unknown: Vec<_> = names
        .iter()
        .filter(|name| {
            !["user_name", "server_name", "group_name", "service_name", "token_id", "owner", "server"]
                .contains(*name)
        })
        .collect();
    assert!(unknown.is_empty(), "{}: say here what {unknown:?} are about", row.path);
    match row.path {
        _ if names.contains("server_name") => About::Server("lab"),
        _ if row.default_server => About::Server(""),
        _ if names.contains("user_name") => About::Owner,
        _ if names.contains("group_name") => About::Physics,
        _ if names.contains("service_name") => About::Target,
        _ => About::Everything,
    }
}

fn reaches(filter: &str, about: &About) -> bool {
    match about {
        _ if filter.is_empty() => true,
        About::Everything => false,
        About::Owner => matches!(filter, "user=owner" | "group=physics"),
        About::Server(name) => {
            matches!(filter, "user=owner" | "group=physics") || filter == format!("server=owner/{name}")
        }
        About::Physics => filter == "group=physics",
        About::Target => filter == "service=target",
    }
}

fn implied(base: &'static str) -> BTreeSet<&'static str> {
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

/// What a token with this scope has: scopes and their filters.
fn held(base: &'static str, filter: &'static str) -> Vec<(&'static str, &'static str)> {
    // Every token may tell whose it is.
    let mut held = vec![("read:users:name", "user=admin"), ("read:users:groups", "user=admin")];
    let filter = match filter {
        "user" => "user=admin",
        // The owner is a user, and there is no service.
        "service" => return held,
        other => other,
    };
    let by_server = filter.starts_with("server");
    let all = implied(base).into_iter().filter(|scope| !(by_server && scope.starts_with("read:user")));
    held.extend(all.map(|scope| (scope, filter)));
    held
}

/// The scopes that have to do with a row: its own, those that imply them or are implied, those of the same family, and
/// two that have nothing to do with it.
fn relevant(own: &[&'static str]) -> BTreeSet<&'static str> {
    let family = |scope: &'static str| scope.rsplit(':').find(|word| *word != "name").unwrap_or(scope);
    let concerns = |scope: &'static str| {
        own.iter().any(|own| {
            implied(scope).contains(own) || implied(own).contains(scope) || family(scope) == family(own)
        })
    };
    let all = definitions().iter().map(|scope| scope.name);
    let usual = all.filter(|scope| !matches!(*scope, "self" | "inherit"));
    usual.filter(|scope| concerns(scope) || matches!(*scope, "proxy" | "read:hub")).collect()
}

/// `A`: let in; `H`: there is no such thing; `R`: refused by the guard; `r`: refused by the handler.
#[expect(clippy::panic, reason = "a row that the rules do not know fails the test")]
fn expected(row: &Row, base: &'static str, filter: &'static str) -> char {
    let held = held(base, filter);
    let about = about(row);
    let by = |scopes: &[&str]| {
        held.iter().filter(|(scope, _)| scopes.contains(scope)).map(|(_, filter)| *filter).collect::<Vec<_>>()
    };
    match row.access {
        Access::AnyOf(scopes) => {
            let filters = by(scopes);
            if filters.iter().any(|filter| reaches(filter, &about)) {
                'A'
            } else if about != About::Everything && !filters.is_empty() {
                'H'
            } else {
                'R'
            }
        }
        Access::Filtered(scope) => {
            let filters = by(&[scope]);
            let understood: &[&str] = match scope {
                "list:users" => &["", "user", "group"],
                "list:groups" => &["", "group"],
                "list:services" => &["", "user", "group", "server", "service"],
                other => panic!("{}: say here which filters of {other} make a list", row.path),
            };
            let kinds = filters.iter().map(|filter| filter.split('=').next().unwrap_or_default());
            match filters.len() {
                0 => 'R',
                _ if kinds.into_iter().all(|kind| understood.contains(&kind)) => 'A',
                _ => 'r',
            }
        }
        _ => {
            let (.., scope) = IN_HANDLERS.into_iter().find(|(.., path, _)| *path == row.path).unwrap();
            let filters = by(&[scope]);
            let enough = if about == About::Everything {
                !filters.is_empty()
            } else {
                filters.iter().any(|filter| reaches(filter, &about))
            };
            if enough { 'A' } else { 'r' }
        }
    }
}

fn verdict(answer: &Answer) -> char {
    let text = answer.text();
    match answer.status {
        StatusCode::FORBIDDEN if text.contains("not authorized with current scopes") => 'R',
        StatusCode::FORBIDDEN => 'r',
        StatusCode::NOT_FOUND if text.contains("No access to resources or resources not found") => 'H',
        _ => 'A',
    }
}

fn concrete(path: &str) -> String {
    let names = [
        ("{user_name}", "owner"),
        ("{server_name}", "lab"),
        ("{group_name}", "physics"),
        ("{service_name}", "target"),
        ("{token_id}", "a999"),
        ("{owner}", "other"),
        ("{server}", "lab"),
    ];
    names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// The things that are asked for; some requests delete them.
async fn furnish(hub: &TestHub) {
    hub.user("other").await;
    let owner = hub.user("owner").await;
    if owner.spawner("lab").is_none() {
        let lab = ServerName::parse("lab").unwrap();
        hub.hub.create_server(&owner, &lab, "lab", None).await.unwrap();
    }
    if hub.hub.find_group("physics").await.unwrap().is_none() {
        hub.hub.create_group("physics", &["owner".to_owned()]).await.unwrap();
    }
    let group = hub.hub.find_group("physics").await.unwrap().unwrap();
    if !group.users.contains(&"owner".to_owned()) {
        hub.hub.change_members(&group, &["owner".to_owned()], true).await.unwrap();
    }
}

/// The scopes of a row; `None` where they do not matter.
fn own_scopes(row: &Row) -> Option<Vec<&'static str>> {
    match row.access {
        Access::AnyOf(scopes) => Some(scopes.to_vec()),
        Access::Filtered(scope) => Some(vec![scope]),
        _ => IN_HANDLERS
            .into_iter()
            .find(|(method, path, _)| *method == row.method.as_str() && *path == row.path)
            .map(|(.., scope)| vec![scope]),
    }
}

#[tokio::test]
async fn every_scope_opens_what_it_should() {
    let hub = TestHub::builder().service("target", |_| {}).service("reader", |_| {}).build().await;
    furnish(&hub).await;
    let mut tokens: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for row in rows().iter().filter(|row| row.path.starts_with("/api") && row.kind != Kind::Page) {
        let Some(own) = own_scopes(row) else { continue };
        for base in relevant(&own) {
            for filter in FILTERS {
                let scope = if filter.is_empty() { base.to_owned() } else { format!("{base}!{filter}") };
                let token = match tokens.entry((base, filter)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(hub.token_with_scopes("admin", &[&scope]).await),
                };
                let request = hub.request(row.method.clone(), &format!("/hub{}", concrete(row.path)));
                // A body that is none, so that who is let in by the guard does no harm.
                let guarded = matches!(row.access, Access::AnyOf(_) | Access::Filtered(_));
                let body = if guarded { "{" } else { "" };
                let answer = request.token(token).raw(body).send().await;
                let (found, expected) = (verdict(&answer), expected(row, base, filter));
                let fits = found == expected
                    || (expected == 'A' && found == 'r' && matches!(row.access, Access::AnyOf(_)));
                if !fits {
                    wrong.push(format!(
                        "{} {} with {scope}: expected {expected}, found {found}: {}",
                        row.method,
                        row.path,
                        answer.text()
                    ));
                }
                asked += 1;
                if found == 'A' && row.method == Method::DELETE {
                    furnish(&hub).await;
                }
            }
        }
    }
    assert!(asked > 5_000, "only {asked} requests");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
