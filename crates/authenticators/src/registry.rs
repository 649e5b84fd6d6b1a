//! Which names stand for which implementation.

use perijove_config::class::ClassInfo;
use perijove_config::class_names;
use perijove_config::kind::ClassGroup;
use perijove_config::sections;
use perijove_config::{Config, ConfigError, Section};
use perijove_model::Value;
use perijove_python::Worker;
use perijove_sys::pam::HelperProgram;

use crate::authenticator::{Authenticator, LoginForm};
use crate::error::SetupError;
use crate::policy::{Policy, PolicySettings};
use crate::{dummy, hooks, null, pam, shared_password};

/// What constructors need besides the configuration.
#[derive(Debug, Clone)]
pub struct Context {
    /// The program that runs PAM transactions.
    pub pam_helper: HelperProgram,
    /// The process that holds the functions of the configuration, if there are any.
    pub worker: Option<Worker>,
    /// The path of the hub, which functions of the configuration see in their requests.
    pub hub_prefix: String,
}

impl Default for Context {
    fn default() -> Self {
        Self { pam_helper: HelperProgram::this_program(), worker: None, hub_prefix: "/hub/".to_owned() }
    }
}

/// One native authenticator.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its section; the import string names it in configurations.
    pub class: fn() -> &'static ClassInfo,
    /// Its constructor.
    pub build: Build,
}

/// Makes an authenticator from the configuration.
pub type Build = fn(&Config, &Context) -> Result<Box<dyn Authenticator>, SetupError>;

/// Every native authenticator, one line each.
pub const ENTRIES: &[Entry] = &[
    Entry { class: sections::PamAuthenticator::class, build: pam::build },
    Entry { class: sections::DummyAuthenticator::class, build: dummy::build },
    Entry { class: sections::SharedPasswordAuthenticator::class, build: shared_password::build },
    Entry { class: sections::NullAuthenticator::class, build: null::build },
];

/// The entry of a short name (`pam`, `dummy`, …) or import string.
pub fn find(name: &str) -> Option<&'static Entry> {
    let import = class_names::resolve(ClassGroup::Authenticators, name);
    ENTRIES.iter().find(|entry| (entry.class)().import_string() == import)
}

/// Builds the authenticator of this name and the policy that goes with it.
///
/// # Errors
/// [`SetupError::Unknown`] if it is not native; otherwise the configuration cannot be used and the start must end.
pub async fn build(
    name: &str,
    config: &Config,
    context: &Context,
) -> Result<(Box<dyn Authenticator>, Policy), SetupError> {
    let entry = find(name).ok_or_else(|| SetupError::Unknown(name.to_owned()))?;
    let authenticator = (entry.build)(config, context)?;
    let rules = sections::Authenticator::read(&config.values((entry.class)())).map_err(config_error)?;
    let authenticator = match &rules.post_auth_hook {
        Some(_) => hooks::with_post_auth_hook(authenticator, context)?,
        None => authenticator,
    };
    let policy = Policy::new(PolicySettings::from(&rules), authenticator.as_ref()).await?;
    Ok((authenticator, policy))
}

pub(crate) fn config_error(error: ConfigError) -> SetupError {
    SetupError::Config(error.to_string())
}

/// The login page of authenticators with a plain form.
pub(crate) fn login_form(options: &sections::Authenticator) -> LoginForm {
    let prompt = match &options.otp_prompt {
        Value::Str(prompt) => prompt.clone(),
        other => other.repr(),
    };
    LoginForm {
        auto_login: options.auto_login,
        auto_login_oauth2_authorize: options.auto_login_oauth2_authorize,
        otp_prompt: options.request_otp.then_some(prompt),
        ..LoginForm::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_import_strings_find_the_class() {
        let class = |name: &str| find(name).map(|entry| (entry.class)().name);
        assert_eq!(class("pam"), Some("PAMAuthenticator"));
        assert_eq!(class("default"), Some("PAMAuthenticator"));
        assert_eq!(class("Dummy"), Some("DummyAuthenticator"));
        assert_eq!(class("null"), Some("NullAuthenticator"));
        assert_eq!(class("shared-password"), Some("SharedPasswordAuthenticator"));
        assert_eq!(class("jupyterhub.auth.PAMAuthenticator"), Some("PAMAuthenticator"));
        assert_eq!(
            class("jupyterhub.authenticators.shared.SharedPasswordAuthenticator"),
            Some("SharedPasswordAuthenticator")
        );
        assert_eq!(class("oauthenticator.github.GitHubOAuthenticator"), None);
    }
}
