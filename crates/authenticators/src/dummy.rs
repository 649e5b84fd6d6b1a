//! `DummyAuthenticator`: any name gets in, for trying things out.

use async_trait::async_trait;
use perijove_config::sections;
use perijove_config::{Config, Section};
use secrecy::ExposeSecret;

use crate::authenticator::{Authenticator, Finding, LoginForm};
use crate::error::{AuthError, SetupError};
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;
use crate::registry::{Context, config_error, login_form};
use crate::shared_password::same;

/// Accepts any name, with one password for all or with none.
#[derive(Debug)]
pub struct DummyAuthenticator {
    options: sections::DummyAuthenticator,
}

/// Builds it.
///
/// # Errors
/// [`SetupError`] if the section cannot be read.
pub fn build(config: &Config, _: &Context) -> Result<Box<dyn Authenticator>, SetupError> {
    let options = config.section().map_err(config_error)?;
    Ok(Box::new(DummyAuthenticator { options }))
}

#[async_trait]
impl Authenticator for DummyAuthenticator {
    fn upstream_class(&self) -> String {
        sections::DummyAuthenticator::class().import_string()
    }

    fn login_form(&self) -> LoginForm {
        login_form(&self.options)
    }

    async fn authenticate(&self, request: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        let Some(name) = request.username() else { return Ok(None) };
        let wanted = &self.options.password;
        let accepted = wanted.expose_secret().is_empty()
            || request.password().is_some_and(|password| same(password, wanted));
        Ok(accepted.then(|| AuthModel::named(name)))
    }

    fn findings(&self, _: &Policy) -> Vec<Finding> {
        vec![Finding::warning("DummyAuthenticator lets anybody in under any name: use it for tests only")]
    }
}
