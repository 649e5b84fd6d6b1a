//! `PAMAuthenticator`: the accounts and passwords of this machine.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use perijove_config::sections;
use perijove_config::{Config, Section};
use perijove_model::{ServerName, UserName};
use perijove_sys::pam::{Cause, Encoding, Pam, PamError, PamOptions, SessionProcess};
use perijove_sys::process::boot_id;
use secrecy::SecretString;

use crate::authenticator::{AccountSession, Authenticator, LoginForm};
use crate::error::{AddUserError, AuthError, SetupError};
use crate::local::LocalAccounts;
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;
use crate::registry::{Context, config_error, login_form};

/// How long one PAM transaction may take: some modules wait for a person to press a button on a phone.
const DEADLINE: Duration = Duration::from_secs(120);

/// Helper processes at once, whatever `executor_threads` says: each is a process of its own, so that more of them
/// cost little, while too few would let four slow logins keep everybody out.
const PARALLEL: usize = 32;

/// Checks passwords with PAM.
///
/// Upstream checks the account in the same transaction as the password, whether or not `check_account` is on (pamela
/// 1.2 does so by itself), so that turning it off lets nobody else in. So it is here.
#[derive(Debug)]
pub struct PamAuthenticator {
    options: sections::PamAuthenticator,
    local: LocalAccounts,
    pam: Pam,
    open_sessions: AtomicBool,
}

/// Builds it.
///
/// # Errors
/// [`SetupError`] for an encoding that is not known.
pub fn build(config: &Config, context: &Context) -> Result<Box<dyn Authenticator>, SetupError> {
    let options: sections::PamAuthenticator = config.section().map_err(config_error)?;
    let encoding = Encoding::from_name(&options.encoding).ok_or_else(|| SetupError::Invalid {
        option: "PAMAuthenticator.encoding".to_owned(),
        problem: format!("{:?} is not one of utf8, latin1, ascii", options.encoding),
    })?;
    let pam = Pam::new(PamOptions {
        helper: context.pam_helper.clone(),
        service: options.service.clone(),
        encoding,
        parallel: usize::try_from(options.executor_threads).unwrap_or(0).max(PARALLEL),
        deadline: DEADLINE,
    });
    Ok(Box::new(PamAuthenticator {
        local: LocalAccounts::new("PAMAuthenticator", &options)?,
        open_sessions: AtomicBool::new(options.open_sessions),
        options,
        pam,
    }))
}

impl PamAuthenticator {
    /// The cause goes into the log; the user sees the same message for every cause.
    fn log_refusal(&self, request: &LoginRequest, error: &PamError) {
        let name = request.logged_username();
        let address = request.remote_addr.map(|address| address.to_string()).unwrap_or_default();
        let service = &self.options.service;
        match error {
            PamError::Refused(refusal) if refusal.cause() == Cause::Setup => tracing::error!(
                user.name = name,
                client.address = address,
                pam.service = service,
                cause = %refusal,
                "PAM cannot check passwords: see /etc/pam.d, and whether the hub may read /etc/shadow (root, or group \
                 shadow)"
            ),
            error => tracing::warn!(
                user.name = name,
                client.address = address,
                pam.service = service,
                cause = %error,
                "PAM refused a login"
            ),
        }
    }

    fn give_up_sessions(&self, user: &UserName, action: &str, error: &PamError) {
        self.open_sessions.store(false, Ordering::Relaxed);
        tracing::warn!(
            user.name = %user,
            cause = %error,
            "a PAM session could not be {action}; sessions are off from now on"
        );
    }
}

fn session_record(session: SessionProcess) -> AccountSession {
    let entries = [
        ("pid", session.pid.into()),
        ("start_time", session.start_time.into()),
        ("boot_id", boot_id().unwrap_or_default().into()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `None` for a session of an earlier boot, of which nothing is left.
fn session_process(record: &AccountSession) -> Option<SessionProcess> {
    let boot = boot_id().ok()?;
    if record.get("boot_id")?.as_str()? != boot {
        return None;
    }
    let pid = u32::try_from(record.get("pid")?.as_u64()?).ok()?;
    Some(SessionProcess { pid, start_time: record.get("start_time")?.as_u64()? })
}

#[async_trait]
impl Authenticator for PamAuthenticator {
    fn upstream_class(&self) -> String {
        sections::PamAuthenticator::class().import_string()
    }

    fn login_form(&self) -> LoginForm {
        login_form(&self.options)
    }

    async fn authenticate(&self, request: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        let (Some(name), Some(password)) = (request.username(), request.password()) else { return Ok(None) };
        let one_time = request.field("otp").map(SecretString::from);
        let secrets: Vec<_> = std::iter::once(password).chain(&one_time).collect();
        match self.pam.authenticate(name, &secrets).await {
            Ok(()) => Ok(Some(AuthModel::named(name))),
            Err(error @ (PamError::Refused(_) | PamError::Unencodable)) => {
                self.log_refusal(request, &error);
                Ok(None)
            }
            Err(error) => Err(AuthError::Unavailable {
                what: format!("PAM service {:?}", self.options.service),
                cause: error.to_string(),
            }),
        }
    }

    async fn normalize_username(&self, name: &str, policy: &Policy) -> Result<String, AuthError> {
        if self.options.pam_normalize_username {
            return Ok(policy.map_username(self.local.canonical_name(name).await?));
        }
        Ok(policy.normalize_username(name))
    }

    async fn is_allowed(&self, model: &AuthModel, _: &Policy) -> Result<bool, AuthError> {
        self.local.in_allowed_groups(&model.name).await
    }

    async fn is_admin(&self, model: &AuthModel, policy: &Policy) -> Result<Option<bool>, AuthError> {
        let groups: &BTreeSet<String> = &self.options.admin_groups;
        match policy.is_admin(&model.name) {
            // The groups are authoritative: who left them is no admin any more.
            None if !groups.is_empty() => self.local.in_existing_groups(&model.name, groups).await.map(Some),
            listed => Ok(listed),
        }
    }

    fn adds_accounts(&self) -> bool {
        true
    }

    async fn add_user(&self, user: &UserName, policy: &Policy) -> Result<(), AddUserError> {
        if !policy.validate_username(user.as_str()) {
            return Err(AddUserError::InvalidName(user.to_string()));
        }
        self.local.ensure(user.as_str()).await
    }

    async fn pre_spawn_start(
        &self,
        user: &UserName,
        _: &ServerName,
    ) -> Result<Option<AccountSession>, AuthError> {
        if !self.open_sessions.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.pam.open_session(user.as_str()).await {
            Ok(session) => Ok(Some(session_record(session))),
            Err(error) => {
                self.give_up_sessions(user, "opened", &error);
                Ok(None)
            }
        }
    }

    async fn post_spawn_stop(&self, user: &UserName, _: &ServerName, session: Option<&AccountSession>) {
        let Some(session) = session.and_then(session_process) else { return };
        if let Err(error) = self.pam.close_session(user.as_str(), session).await {
            self.give_up_sessions(user, "closed", &error);
        }
    }
}
