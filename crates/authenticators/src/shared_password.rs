//! `SharedPasswordAuthenticator`: one password for everybody, a longer one for admins.

use async_trait::async_trait;
use perijove_config::sections;
use perijove_config::{Config, Section};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::authenticator::{Authenticator, Finding, LoginForm};
use crate::error::{AuthError, SetupError};
use crate::model::{AuthModel, LoginRequest, ManagedGroups};
use crate::policy::Policy;
use crate::registry::{Context, config_error, login_form};

const CLASS: &str = "SharedPasswordAuthenticator";

/// Compares passwords without telling by its time where they differ.
pub(crate) fn same(given: &SecretString, wanted: &SecretString) -> bool {
    given.expose_secret().as_bytes().ct_eq(wanted.expose_secret().as_bytes()).into()
}

/// Accepts any name with a shared password. That passwords are long enough and differ is checked where they are read.
#[derive(Debug)]
pub struct SharedPasswordAuthenticator {
    options: sections::SharedPasswordAuthenticator,
    password_groups: Vec<(SecretString, Vec<String>)>,
}

/// Builds it.
///
/// # Errors
/// [`SetupError::Config`] for a password that is too short or used twice, and for `password_groups` without
/// `manage_groups`.
pub fn build(config: &Config, _: &Context) -> Result<Box<dyn Authenticator>, SetupError> {
    let options: sections::SharedPasswordAuthenticator = config.section().map_err(config_error)?;
    let groups = options.password_groups.expose().iter();
    let password_groups =
        groups.map(|(password, groups)| (SecretString::from(password.as_str()), groups.clone())).collect();
    Ok(Box::new(SharedPasswordAuthenticator { password_groups, options }))
}

#[async_trait]
impl Authenticator for SharedPasswordAuthenticator {
    fn upstream_class(&self) -> String {
        sections::SharedPasswordAuthenticator::class().import_string()
    }

    fn login_form(&self) -> LoginForm {
        login_form(&self.options)
    }

    async fn authenticate(
        &self,
        request: &LoginRequest,
        policy: &Policy,
    ) -> Result<Option<AuthModel>, AuthError> {
        let (Some(name), Some(password)) = (request.username(), request.password()) else { return Ok(None) };
        let name = policy.normalize_username(name);
        let is = |wanted: &Option<SecretString>| wanted.as_ref().is_some_and(|wanted| same(password, wanted));
        let model = |admin, groups| AuthModel {
            admin,
            groups: ManagedGroups::Exactly(groups),
            ..AuthModel::named(name.as_str())
        };
        if policy.is_admin(&name) == Some(true) {
            return Ok(is(&self.options.admin_password).then(|| model(Some(true), Vec::new())));
        }
        if is(&self.options.user_password) {
            // Everybody knows this password, so it never makes an admin.
            return Ok(Some(model(Some(false), Vec::new())));
        }
        let grouped = self.password_groups.iter().find(|(wanted, _)| same(password, wanted));
        Ok(grouped.map(|(_, groups)| model(None, groups.clone())))
    }

    fn findings(&self, policy: &Policy) -> Vec<Finding> {
        let mut findings = Vec::new();
        let admins = !policy.admin_users().is_empty();
        match (&self.options.admin_password, admins) {
            (Some(_), false) => findings.push(Finding::warning(format!(
                "{CLASS}.admin_password is set, but {CLASS}.admin_users is empty, so that no admin can log in"
            ))),
            (None, true) => findings.push(Finding::warning(format!(
                "{CLASS}.admin_users is set, but {CLASS}.admin_password is not, so that no admin can log in"
            ))),
            _ => {}
        }
        match (&self.options.user_password, &self.options.admin_password) {
            (None, None) => findings.push(Finding::error(format!(
                "neither {CLASS}.user_password nor {CLASS}.admin_password is set, so that nobody can log in"
            ))),
            (None, Some(_)) => findings.push(Finding::warning(format!(
                "{CLASS}.user_password is not set, so that only admins can log in"
            ))),
            _ => {}
        }
        findings
    }
}

#[cfg(test)]
mod tests;
