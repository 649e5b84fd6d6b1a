use super::*;
use crate::null::NullAuthenticator;

#[async_trait]
impl KnownUsers for BTreeSet<String> {
    async fn is_known(&self, name: &str) -> Result<bool, AuthError> {
        Ok(self.contains(name))
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What the configuration makes of `allowed_users` alone.
fn existing_users() -> PolicySettings {
    PolicySettings { allow_existing_users: true, any_allow_config: true, ..Default::default() }
}

async fn policy(settings: PolicySettings) -> Policy {
    Policy::new(settings, &NullAuthenticator::default()).await.unwrap()
}

#[tokio::test]
async fn nothing_configured_lets_nobody_in_and_says_so() {
    let policy = policy(PolicySettings::default()).await;
    assert!(!policy.is_allowed("ada", &names(&["ada"])).await.unwrap());
    assert!(policy.nobody_allowed());
    assert_eq!(policy.findings().len(), 1);
}

#[tokio::test]
async fn allowed_users_admit_admins_and_users_added_later() {
    let settings =
        PolicySettings { allowed_users: names(&["Ada"]), admin_users: names(&["Boss"]), ..existing_users() };
    let policy = policy(settings).await;
    assert_eq!(*policy.allowed_users(), names(&["ada", "boss"]));
    let known = names(&["ada", "boss", "later"]);
    for name in ["ada", "boss", "later"] {
        assert!(policy.is_allowed(name, &known).await.unwrap(), "{name}");
    }
    assert!(!policy.is_allowed("stranger", &known).await.unwrap());
    assert!(!policy.is_allowed("ada", &names(&["boss"])).await.unwrap(), "a deleted user stays out");
}

#[tokio::test]
async fn existing_users_can_be_kept_out() {
    let settings = PolicySettings { allowed_users: names(&["ada"]), ..Default::default() };
    let policy = policy(settings).await;
    let known = names(&["ada", "old"]);
    assert!(policy.is_allowed("ada", &known).await.unwrap());
    assert!(!policy.is_allowed("old", &known).await.unwrap());
}

#[tokio::test]
async fn admins_alone_do_not_get_in() {
    let policy = policy(PolicySettings { admin_users: names(&["boss"]), ..Default::default() }).await;
    assert!(!policy.is_allowed("boss", &names(&["boss"])).await.unwrap());
    assert_eq!(policy.is_admin("boss"), Some(true));
    assert_eq!(policy.is_admin("ada"), None);
    assert!(policy.nobody_allowed());
}

#[tokio::test]
async fn the_warning_can_be_silenced() {
    let silenced = policy(PolicySettings { any_allow_config: true, ..Default::default() }).await;
    assert!(!silenced.nobody_allowed() && silenced.findings().is_empty());
}

#[tokio::test]
async fn blocking_ignores_case() {
    let policy = policy(PolicySettings { blocked_users: names(&["Mallory"]), ..Default::default() }).await;
    assert!(policy.is_blocked("mallory"));
    assert!(!policy.is_blocked("ada"));
}

#[tokio::test]
async fn names_are_lowered_then_mapped() {
    let username_map = BTreeMap::from([("ada".to_owned(), "lovelace".to_owned())]);
    let policy = policy(PolicySettings { username_map, ..Default::default() }).await;
    assert_eq!(policy.normalize_username("ADA"), "lovelace");
    assert_eq!(policy.normalize_username("Bob"), "bob");
}

#[tokio::test]
async fn patterns_match_from_the_start_as_in_python() {
    let with = |pattern: &str| PolicySettings { username_pattern: pattern.to_owned(), ..Default::default() };
    let c = policy(with("c.*")).await;
    assert!(c.validate_username("cat") && !c.validate_username("acat"));
    let prefix = policy(with("a|b")).await;
    assert!(prefix.validate_username("banana") && !prefix.validate_username("cb"));
    let whole = policy(with(r"(?!root\Z)[a-z]+\Z")).await;
    assert!(
        whole.validate_username("rooted")
            && !whole.validate_username("root")
            && !whole.validate_username("a1")
    );
    let broken = Policy::new(with("(a"), &NullAuthenticator::default()).await;
    assert!(matches!(broken, Err(SetupError::Invalid { .. })));
}

#[tokio::test]
async fn invalid_configured_names_end_the_start() {
    for name in ["", "a/b", "..", " a", "%2e%2e"] {
        let settings = PolicySettings { allowed_users: names(&[name]), ..Default::default() };
        let refused = Policy::new(settings, &NullAuthenticator::default()).await;
        assert!(matches!(refused, Err(SetupError::InvalidUser { .. })), "{name:?}");
    }
    let settings = PolicySettings {
        admin_users: names(&["root"]),
        username_pattern: "x".to_owned(),
        ..Default::default()
    };
    let refused = Policy::new(settings, &NullAuthenticator::default()).await;
    assert!(matches!(refused, Err(SetupError::InvalidUser { .. })));
}
