//! `c.Authenticator`: who may log in, whichever way they prove who they are.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::value::Value;

use crate::class::DefaultValue::{Bool, Computed, EmptyDict, EmptySet, Int, None, Text};
use crate::error::ConfigError;
use crate::from_value::Callable;
use crate::kind::{DICT, Kind, SET};
use crate::section::section;
use crate::values::Values;

section! {
    /// What every authenticator shares: the rules of who is let in, and the hooks around a login.
    Authenticator = "Authenticator" in "jupyterhub.auth" root LOGGING_CONFIGURABLE;

    fields {
        /// Names of people who become administrators when they log in. Taking a name out of the
        /// set does not take the rights away; the `admin` role in `JupyterHub.load_roles` does.
        admin_users: BTreeSet<String> = SET, EmptySet, Honoured;
        /// Let in everybody who can prove who they are.
        allow_all: bool = Kind::Bool, Bool(false), Honoured;
        /// Let in everybody who has a row in the database, so that administrators can admit
        /// people from the admin page.
        allow_existing_users: bool = Kind::Bool,
            Computed("True if allowed_users is set", allow_existing_users), Honoured;
        /// Names of people who may log in.
        allowed_users: BTreeSet<String> = SET, EmptySet, Honoured;
        /// Whether anybody can get in at all. It only decides about the warning that nobody can.
        any_allow_config: bool = Kind::Bool,
            Computed("True if any allow… option is set", any_allow_config), Honoured;
        /// Seconds for which the answer of the identity provider counts as fresh; 0 never asks again
        /// because of age. The built-in authenticators have none to ask.
        auth_refresh_age: i64 = Kind::Int, Int(300), Harmless;
        /// Refuse requests that cannot be sent to the login page (those with a token, and starts of
        /// another person's server) when the login of the person has gone stale.
        auth_refresh_strict: bool = Kind::Bool, Bool(false), Harmless;
        /// Go straight to the identity provider instead of showing a page with a login button.
        auto_login: bool = Kind::Bool, Bool(false), NotYet;
        /// The same for logins that come from the authorisation page of a service or server.
        auto_login_oauth2_authorize: bool = Kind::Bool, Bool(false), Honoured;
        /// Names of people who may not log in, whatever else allows them. Their servers and
        /// permissions are taken away at start.
        blocked_users: BTreeSet<String> = SET, EmptySet, Honoured;
        /// At start, delete people from the database whose accounts no longer exist.
        delete_invalid_users: bool = Kind::Bool, Bool(false), Honoured;
        /// Keep what the identity provider says about a person in the database, encrypted with
        /// `CryptKeeper.keys` or `JUPYTERHUB_CRYPT_KEY`.
        enable_auth_state: bool = Kind::Bool, Bool(false), Honoured;
        /// The authenticator decides which groups people are in.
        manage_groups: bool = Kind::Bool, Bool(false), Honoured;
        /// The authenticator decides which roles people have.
        manage_roles: bool = Kind::Bool, Bool(false), NotYetRestricting;
        /// The label of the field for one-time passwords, where the login page has one.
        otp_prompt: Value = Kind::Any, Text("OTP:"), Honoured;
        /// A function called after each successful login with the authenticator, the request handler
        /// and the login; it returns the login, changed or not.
        post_auth_hook: Option<Callable> = Kind::Any, None, Honoured;
        /// A function called with the authenticator, the login and the stored state of an earlier
        /// login; it returns the state to store.
        reconcile_auth_state_hook: Option<Callable> = Kind::Any, None, NotYet;
        /// Ask the identity provider again before each start of a server.
        refresh_pre_spawn: bool = Kind::Bool, Bool(false), Harmless;
        /// Ask the identity provider again before each stop of a server.
        refresh_pre_stop: bool = Kind::Bool, Bool(false), Harmless;
        /// Show a field for a one-time password on the login page.
        request_otp: bool = Kind::Bool, Bool(false), Honoured;
        /// At start, take away every role that the authenticator once gave.
        reset_managed_roles_on_startup: bool = Kind::Bool, Bool(false), NotYetRestricting;
        /// Names of the identity provider and the names people have here instead.
        username_map: BTreeMap<String, String> = DICT, EmptyDict, Honoured;
        /// A regular expression that names must match from their start; no other name gets in.
        username_pattern: String = Kind::Unicode, Text(""), Honoured;
        /// The old name of `allowed_users`. It wins when both are set.
        whitelist: BTreeSet<String> = SET, EmptySet, Honoured;
    }
    redefines {}
}

fn allow_existing_users(values: &Values<'_>) -> Result<Value, ConfigError> {
    let allowed: BTreeSet<String> = values.get("allowed_users")?;
    Ok(Value::Bool(!allowed.is_empty()))
}

fn any_allow_config(values: &Values<'_>) -> Result<Value, ConfigError> {
    for info in values.class().all_traits() {
        if info.name.starts_with("allow") && is_truthy(&values.value(info.name)?) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// Python's truth value, for the types that these traits have.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Str(text) => !text.is_empty(),
        value => value.items().is_none_or(|items| !items.is_empty()),
    }
}
