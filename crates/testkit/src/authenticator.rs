//! Any name with the right password.

use async_trait::async_trait;
use perijove_authenticators::{AuthError, AuthModel, Authenticator, LoginForm, LoginRequest, Policy};
use secrecy::ExposeSecret;

/// The password of everybody.
pub const PASSWORD: &str = "right";

/// Lets in whoever knows [`PASSWORD`].
pub struct FakeAuthenticator;

#[async_trait]
impl Authenticator for FakeAuthenticator {
    fn upstream_class(&self) -> String {
        "jupyterhub.auth.DummyAuthenticator".into()
    }

    fn login_form(&self) -> LoginForm {
        LoginForm::default()
    }

    async fn authenticate(&self, request: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        let right = request.password().is_some_and(|password| password.expose_secret() == PASSWORD);
        Ok(request.username().filter(|_| right).map(AuthModel::named))
    }
}
