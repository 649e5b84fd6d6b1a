//! Iterates the registry.

use perijove_authenticators::registry::ENTRIES;
use perijove_authenticators::{LoginRefusal, LoginRequest, Refresh, login};
use perijove_model::{UserName, Value};

use super::{Known, build, request, text};

/// How to log in with an authenticator.
struct Sample {
    options: Vec<(&'static str, Value)>,
    /// `None`: nobody can.
    credentials: Option<(&'static str, &'static str)>,
    /// Whether a wrong password is refused.
    checks_passwords: bool,
}

/// A new line in the registry needs a line here.
fn sample(class: &str) -> Sample {
    match class {
        "PAMAuthenticator" => Sample {
            options: vec![("service", text("pjv-test"))],
            credentials: Some(("pjv-ada", "s3cret-pjv-ada")),
            checks_passwords: true,
        },
        "DummyAuthenticator" => Sample {
            options: Vec::new(),
            credentials: Some(("pjv-ada", "anything")),
            checks_passwords: false,
        },
        "SharedPasswordAuthenticator" => Sample {
            options: vec![("user_password", text("workshop 2026"))],
            credentials: Some(("pjv-ada", "workshop 2026")),
            checks_passwords: true,
        },
        "NullAuthenticator" => Sample { options: Vec::new(), credentials: None, checks_passwords: true },
        other => unreachable!("{other} is in the registry, but has no sample for the conformance suite"),
    }
}

fn set(name: &str) -> Value {
    Value::Set(vec![text(name)])
}

pub async fn every_authenticator(root: bool) {
    for entry in ENTRIES {
        let class = (entry.class)();
        if class.name == "PAMAuthenticator" && !root {
            continue;
        }
        let sample = sample(class.name);
        let (authenticator, _) = build(class.name, &sample.options).await;
        assert_eq!(authenticator.upstream_class(), class.import_string());
        refuses_nonsense(class.name, &sample).await;
        if let Some(credentials) = sample.credentials {
            follows_the_policy(class.name, &sample, credentials).await;
            keeps_its_users(class.name, &sample).await;
        }
        eprintln!("test conformance of {} ... ok", class.name);
    }
}

/// With the sample's options and these.
async fn attempt(
    class: &str,
    sample: &Sample,
    more: &[(&'static str, Value)],
    request: LoginRequest,
) -> Result<perijove_authenticators::AuthModel, LoginRefusal> {
    let mut options = sample.options.clone();
    options.extend_from_slice(more);
    let (authenticator, policy) = build(class, &options).await;
    let known = Known(policy.allowed_users().union(policy.admin_users()).cloned().collect());
    login(authenticator.as_ref(), &policy, &request, &known).await
}

async fn refuses_nonsense(class: &str, sample: &Sample) {
    let all = [("allow_all", Value::Bool(true))];
    let refused = attempt(class, sample, &all, LoginRequest::new([], None)).await;
    assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{class}: {refused:?}");
    for name in ["", "a/b", "..", "no\0body"] {
        let refused = attempt(class, sample, &all, request(name, "workshop 2026")).await;
        assert!(refused.is_err(), "{class} let {name:?} in");
    }
    if sample.checks_passwords {
        let refused = attempt(class, sample, &all, request("pjv-ada", "wrong")).await;
        assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{class}: {refused:?}");
    }
}

async fn follows_the_policy(class: &str, sample: &Sample, (name, password): (&'static str, &'static str)) {
    let attempt = |more: Vec<(&'static str, Value)>| async move {
        attempt(class, sample, &more, request(name, password)).await
    };
    let all = || ("allow_all", Value::Bool(true));
    let model = attempt(vec![all()]).await.unwrap();
    assert_eq!((model.name.as_str(), model.admin.unwrap_or(false)), (name, false), "{class}");

    let none = attempt(vec![("allow_all", Value::Bool(false))]).await;
    assert!(matches!(none, Err(LoginRefusal::NotAllowed { nobody_allowed: true, .. })), "{class}: {none:?}");
    let other = attempt(vec![("allowed_users", set("somebody-else"))]).await;
    assert!(
        matches!(other, Err(LoginRefusal::NotAllowed { nobody_allowed: false, .. })),
        "{class}: {other:?}"
    );
    attempt(vec![("allowed_users", set(name))]).await.unwrap();
    // The old name counts, and makes no open hub.
    attempt(vec![("whitelist", set(name))]).await.unwrap();
    let old = attempt(vec![("whitelist", set("somebody-else")), ("allowed_users", set(name))]).await;
    assert!(matches!(old, Err(LoginRefusal::NotAllowed { .. })), "{class}: {old:?}");

    let blocked = attempt(vec![all(), ("blocked_users", set(name))]).await;
    assert!(matches!(blocked, Err(LoginRefusal::Blocked { .. })), "{class}: {blocked:?}");
    let pattern = attempt(vec![all(), ("username_pattern", text("x.*"))]).await;
    assert!(matches!(pattern, Err(LoginRefusal::InvalidName { .. })), "{class}: {pattern:?}");
    let map = Value::Dict(vec![(text(name), text("mapped"))]);
    assert_eq!(attempt(vec![all(), ("username_map", map)]).await.unwrap().name, "mapped", "{class}");
    if class != "SharedPasswordAuthenticator" {
        let admin = attempt(vec![all(), ("admin_users", set(name))]).await.unwrap();
        assert_eq!(admin.admin, Some(true), "{class}");
    }
}

async fn keeps_its_users(class: &str, sample: &Sample) {
    let mut options = sample.options.clone();
    options.push(("username_pattern", text("pjv-.*")));
    let (authenticator, policy) = build(class, &options).await;
    let ada = UserName::parse("pjv-ada").unwrap();
    authenticator.add_user(&ada, &policy).await.unwrap();
    authenticator.add_user(&ada, &policy).await.unwrap();
    assert!(authenticator.add_user(&UserName::parse("root").unwrap(), &policy).await.is_err(), "{class}");
    assert_eq!(authenticator.refresh_user(&ada, None).await.unwrap(), Refresh::Valid, "{class}");
    authenticator.delete_user(&ada).await;
}
