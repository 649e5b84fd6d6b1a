use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::authenticator::LoginForm;
use crate::model::ManagedGroups;
use crate::policy::PolicySettings;

/// Answers as told and notes which steps ran.
#[derive(Default)]
struct Scripted {
    answer: Option<AuthModel>,
    group_member: bool,
    hook_refuses: bool,
    steps: Mutex<Vec<&'static str>>,
}

impl Scripted {
    fn note(&self, step: &'static str) {
        self.steps.lock().unwrap().push(step);
    }
}

#[async_trait]
impl Authenticator for Scripted {
    fn upstream_class(&self) -> String {
        "tests.Scripted".to_owned()
    }

    fn login_form(&self) -> LoginForm {
        LoginForm::default()
    }

    async fn authenticate(&self, _: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        self.note("authenticate");
        Ok(self.answer.clone())
    }

    async fn is_allowed(&self, model: &AuthModel, _: &Policy) -> Result<bool, AuthError> {
        self.note("is_allowed");
        assert_eq!(model.name, model.name.to_lowercase(), "names are normalised by now");
        Ok(self.group_member)
    }

    async fn is_admin(&self, model: &AuthModel, policy: &Policy) -> Result<Option<bool>, AuthError> {
        self.note("is_admin");
        Ok(policy.is_admin(&model.name))
    }

    async fn post_auth(&self, _: &LoginRequest, model: AuthModel) -> Result<Option<AuthModel>, AuthError> {
        self.note("post_auth");
        Ok((!self.hook_refuses).then_some(model))
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn run(scripted: &Scripted, settings: PolicySettings) -> Result<AuthModel, LoginRefusal> {
    let policy = Policy::new(settings, scripted).await.unwrap();
    login(scripted, &policy, &LoginRequest::new([], None), &set(&["ada", "boss"])).await
}

fn named(name: &str) -> Scripted {
    Scripted { answer: Some(AuthModel::named(name)), ..Default::default() }
}

#[tokio::test]
async fn a_normal_login_takes_every_step_in_order() {
    let settings =
        PolicySettings { allowed_users: set(&["ada"]), admin_users: set(&["boss"]), ..Default::default() };
    let scripted = named("Boss");
    let model = run(&scripted, settings).await.unwrap();
    assert_eq!((model.name.as_str(), model.admin), ("boss", Some(true)));
    assert_eq!(model.groups, ManagedGroups::Unspecified);
    assert_eq!(*scripted.steps.lock().unwrap(), ["authenticate", "is_allowed", "is_admin", "post_auth"]);
}

#[tokio::test]
async fn wrong_credentials_end_it_at_once() {
    let scripted = Scripted::default();
    let settings = PolicySettings { allow_all: true, ..Default::default() };
    assert!(matches!(run(&scripted, settings).await, Err(LoginRefusal::Credentials)));
    assert_eq!(*scripted.steps.lock().unwrap(), ["authenticate"]);
}

#[tokio::test]
async fn blocked_wins_over_everything() {
    let settings = PolicySettings {
        allow_all: true,
        admin_users: set(&["ada"]),
        blocked_users: set(&["ada"]),
        ..Default::default()
    };
    assert!(matches!(run(&named("ada"), settings).await, Err(LoginRefusal::Blocked { .. })));
}

#[tokio::test]
async fn invalid_names_are_refused_after_normalisation() {
    let all = || PolicySettings { allow_all: true, ..Default::default() };
    for name in ["a/b", "", "..", "ada "] {
        assert!(matches!(run(&named(name), all()).await, Err(LoginRefusal::InvalidName { .. })), "{name:?}");
    }
}

#[tokio::test]
async fn who_is_not_allowed_learns_nothing_but_the_admin_does() {
    let refused = run(&named("eve"), PolicySettings::default()).await;
    assert!(matches!(refused, Err(LoginRefusal::NotAllowed { nobody_allowed: true, .. })), "{refused:?}");
    let settings =
        PolicySettings { allow_existing_users: true, any_allow_config: true, ..Default::default() };
    let refused = run(&named("eve"), settings).await;
    assert!(matches!(refused, Err(LoginRefusal::NotAllowed { nobody_allowed: false, .. })), "{refused:?}");
}

#[tokio::test]
async fn the_authenticators_own_rule_admits_too() {
    let member = Scripted { group_member: true, ..named("eve") };
    assert_eq!(run(&member, PolicySettings::default()).await.unwrap().admin, None);
}

#[tokio::test]
async fn a_stated_admin_flag_is_kept() {
    let answer = Some(AuthModel { admin: Some(false), ..AuthModel::named("boss") });
    let scripted = Scripted { answer, ..Default::default() };
    let settings = PolicySettings { allow_all: true, admin_users: set(&["boss"]), ..Default::default() };
    assert_eq!(run(&scripted, settings).await.unwrap().admin, Some(false));
    assert!(!scripted.steps.lock().unwrap().contains(&"is_admin"));
}

#[tokio::test]
async fn the_hook_has_the_last_word() {
    let scripted = Scripted { hook_refuses: true, ..named("ada") };
    let settings = PolicySettings { allow_all: true, ..Default::default() };
    assert!(matches!(run(&scripted, settings).await, Err(LoginRefusal::Hook { .. })));
}
