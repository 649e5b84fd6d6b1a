use perijove_config::origin::Origin;
use perijove_model::Value;

use super::*;
use crate::policy::PolicySettings;

const USER: &str = "workshop 2026";
const ADMIN: &str = "an admin's password is quite long, here 40";

fn authenticator(options: &[(&str, Value)]) -> Result<Box<dyn Authenticator>, SetupError> {
    let mut config = Config::default();
    for (name, value) in options {
        config.tree_mut().set(CLASS, name, value.clone(), Origin::CommandLine);
    }
    build(&config, &Context::default())
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn request(name: &str, password: &str) -> LoginRequest {
    let form = [("username", name), ("password", password)];
    LoginRequest::new(form.map(|(name, value)| (name.to_owned(), value.to_owned())), None)
}

#[tokio::test]
async fn admins_need_the_admin_password() {
    let shared = authenticator(&[("user_password", text(USER)), ("admin_password", text(ADMIN))]).unwrap();
    let settings =
        PolicySettings { allow_all: true, admin_users: ["boss".to_owned()].into(), ..Default::default() };
    let policy = Policy::new(settings, shared.as_ref()).await.unwrap();
    let ask = async |name, password| shared.authenticate(&request(name, password), &policy).await.unwrap();

    let boss = ask("Boss", ADMIN).await.unwrap();
    assert_eq!((boss.name.as_str(), boss.admin), ("boss", Some(true)));
    assert_eq!(ask("boss", USER).await, None);
    let ada = ask("Ada", USER).await.unwrap();
    assert_eq!((ada.admin, ada.groups), (Some(false), ManagedGroups::Exactly(Vec::new())));
    assert_eq!(ask("ada", ADMIN).await, None);
    assert_eq!(ask("ada", "").await, None);
    assert_eq!(ask("ada", "größer").await, None);
    assert!(shared.findings(&policy).is_empty());
}

#[tokio::test]
async fn a_password_can_stand_for_groups() {
    let groups = Value::Dict(vec![(text("for group one"), Value::List(vec![text("one")]))]);
    let options = [("manage_groups", Value::Bool(true)), ("password_groups", groups.clone())];
    let shared = authenticator(&options).unwrap();
    let settings = PolicySettings { allow_all: true, ..Default::default() };
    let policy = Policy::new(settings, shared.as_ref()).await.unwrap();
    let ada = shared.authenticate(&request("ada", "for group one"), &policy).await.unwrap().unwrap();
    assert_eq!((ada.admin, ada.groups), (None, ManagedGroups::Exactly(vec!["one".to_owned()])));
    assert!(authenticator(&[("password_groups", groups)]).is_err(), "manage_groups is off");
}

#[test]
fn weak_or_equal_passwords_end_the_start() {
    assert!(authenticator(&[("user_password", text("1234567"))]).is_err());
    assert!(authenticator(&[("admin_password", text("only thirty-one characters here"))]).is_err());
    assert!(authenticator(&[("user_password", text(ADMIN)), ("admin_password", text(ADMIN))]).is_err());
    let Err(error) = authenticator(&[("user_password", text("brief"))]) else { panic!("too short") };
    let error = error.to_string();
    assert!(
        error.contains("SharedPasswordAuthenticator.user_password") && !error.contains("brief"),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_password_is_no_password() {
    let shared = authenticator(&[("user_password", text(""))]).unwrap();
    let policy = Policy::new(PolicySettings::default(), shared.as_ref()).await.unwrap();
    assert_eq!(shared.authenticate(&request("ada", ""), &policy).await.unwrap(), None);
    assert_eq!(shared.findings(&policy).len(), 1);
}
