//! `NullAuthenticator`: nobody logs in; the hub is used through its API.

use async_trait::async_trait;
use perijove_config::sections;
use perijove_config::{Config, Section};

use crate::authenticator::{Authenticator, LoginForm};
use crate::error::{AuthError, SetupError};
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;
use crate::registry::{Context, config_error};

/// Refuses everybody.
#[derive(Debug, Default)]
pub struct NullAuthenticator(());

/// Builds it.
///
/// # Errors
/// [`SetupError`] if the section cannot be read.
pub fn build(config: &Config, _: &Context) -> Result<Box<dyn Authenticator>, SetupError> {
    config.section::<sections::NullAuthenticator>().map_err(config_error)?;
    Ok(Box::new(NullAuthenticator::default()))
}

#[async_trait]
impl Authenticator for NullAuthenticator {
    fn upstream_class(&self) -> String {
        sections::NullAuthenticator::class().import_string()
    }

    fn login_form(&self) -> LoginForm {
        LoginForm { login_service: "null".to_owned(), auto_login: true, ..LoginForm::default() }
    }

    async fn authenticate(&self, _: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        Ok(None)
    }
}
