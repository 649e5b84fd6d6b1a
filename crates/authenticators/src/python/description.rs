//! What the worker says of an authenticator: its traits, and which methods are its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use perijove_model::Value;

use crate::authenticator::{Features, LoginForm, RefreshRules};
use crate::policy::PolicySettings;

/// A Python authenticator, described. Everything is as it is after the class, the configuration and
/// `check_allow_config` have had their say.
#[derive(Debug, Clone)]
pub struct Description {
    /// Import string of the class.
    pub class_name: String,
    /// The version of its package.
    pub version: String,
    /// Users and rules, normalised and checked.
    pub policy: PolicySettings,
    /// What login pages show.
    pub login_form: LoginForm,
    /// What it does besides logins.
    pub features: Features,
    /// `enable_auth_state`
    pub enable_auth_state: bool,
    /// `manage_groups`
    pub manage_groups: bool,
    /// `delete_invalid_users`
    pub delete_invalid_users: bool,
    overridden: BTreeSet<String>,
    has_private_database: bool,
}

impl Description {
    /// Reads what the worker says.
    ///
    /// # Errors
    /// What is missing or of another type.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let traits = Traits(value);
        let form = LoginForm {
            login_service: traits.text("login_service")?,
            auto_login: traits.flag("auto_login")?,
            auto_login_oauth2_authorize: traits.flag("auto_login_oauth2_authorize")?,
            custom_html: traits.text("custom_html")?,
            otp_prompt: Some(traits.text("otp_prompt")?).filter(|_| traits.is("request_otp")),
            login_url: Some(traits.text("login_url")?),
            logout_url: Some(traits.text("logout_url")?),
        };
        let overridden = traits.names("overridden")?;
        Ok(Self {
            class_name: traits.text("class_name")?,
            version: traits.text("version")?,
            policy: traits.policy()?,
            features: Features {
                manages_roles: traits.flag("manage_roles")?,
                resets_managed_roles: traits.flag("reset_managed_roles_on_startup")?,
                reconciles_auth_state: traits.flag("reconciles")?,
                refresh: traits.refresh(overridden.contains("refresh_user"))?,
            },
            login_form: form,
            enable_auth_state: traits.flag("enable_auth_state")?,
            manage_groups: traits.flag("manage_groups")?,
            delete_invalid_users: traits.flag("delete_invalid_users")?,
            has_private_database: traits.flag("is_private_database")?,
            overridden,
        })
    }

    /// Whether the class has a method of its own instead of upstream's.
    pub fn overrides(&self, method: &str) -> bool {
        self.overridden.contains(method)
    }

    /// Whether names are normalised or checked by other rules than upstream's.
    pub fn names_users_itself(&self) -> bool {
        self.overrides("normalize_username") || self.overrides("validate_username")
    }

    /// Whether `add_user` must be called. Upstream's own only lets existing users in, which the instance learns from
    /// the database, if it sees it.
    pub(super) fn adds_users(&self) -> bool {
        self.overrides("add_user") || self.has_private_database
    }
}

/// A dictionary of traits.
struct Traits<'a>(&'a Value);

impl Traits<'_> {
    fn get(&self, name: &str) -> Result<&Value, String> {
        self.0.get(name).ok_or_else(|| format!("the worker says nothing of {name}"))
    }

    fn wrong(&self, name: &str, value: &Value) -> String {
        format!("{name} must not be {}", value.repr())
    }

    fn text(&self, name: &str) -> Result<String, String> {
        match self.get(name)? {
            Value::Str(text) => Ok(text.clone()),
            other => Err(self.wrong(name, other)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        match self.get(name)? {
            Value::Bool(flag) => Ok(*flag),
            other => Err(self.wrong(name, other)),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.flag(name).unwrap_or(false)
    }

    fn names(&self, name: &str) -> Result<BTreeSet<String>, String> {
        let value = self.get(name)?;
        let items = value.items().ok_or_else(|| self.wrong(name, value))?;
        let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| self.wrong(name, item));
        items.iter().map(text).collect()
    }

    fn policy(&self) -> Result<PolicySettings, String> {
        let map = self.get("username_map")?;
        let pair = |(from, to): &(Value, Value)| Some((from.as_str()?.to_owned(), to.as_str()?.to_owned()));
        let username_map: Option<BTreeMap<_, _>> =
            map.entries().unwrap_or_default().iter().map(pair).collect();
        Ok(PolicySettings {
            allow_all: self.flag("allow_all")?,
            allowed_users: self.names("allowed_users")?,
            allow_existing_users: self.flag("allow_existing_users")?,
            admin_users: self.names("admin_users")?,
            blocked_users: self.names("blocked_users")?,
            any_allow_config: self.flag("any_allow_config")?,
            username_map: username_map.ok_or_else(|| self.wrong("username_map", map))?,
            username_pattern: self.text("username_pattern")?,
        })
    }

    fn refresh(&self, refreshes: bool) -> Result<Option<RefreshRules>, String> {
        let age = self.get("auth_refresh_age")?;
        let Value::Int(seconds) = age else { return Err(self.wrong("auth_refresh_age", age)) };
        let Some(seconds) = u64::try_from(*seconds).ok().filter(|seconds| refreshes && *seconds > 0) else {
            return Ok(None);
        };
        Ok(Some(RefreshRules {
            age: Duration::from_secs(seconds),
            strict: self.flag("auth_refresh_strict")?,
            before_spawn: self.flag("refresh_pre_spawn")?,
            before_stop: self.flag("refresh_pre_stop")?,
        }))
    }
}
