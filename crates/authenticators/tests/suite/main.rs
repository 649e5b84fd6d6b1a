//! What every authenticator must do, and PAM with real accounts. This program is its own PAM helper, as the real one.

#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod hooks;
mod pam;

use std::collections::BTreeSet;
use std::process::{Command, ExitCode};

use async_trait::async_trait;
use perijove_authenticators::registry::{self, Context};
use perijove_authenticators::{AuthError, Authenticator, KnownUsers, LoginRequest, Policy};
use perijove_config::Config;
use perijove_config::origin::Origin;
use perijove_model::Value;

fn main() -> ExitCode {
    if let Some(code) = perijove_sys::pam::helper_main() {
        return code;
    }
    let root = perijove_sys::account::own_uid() == 0;
    if root {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/accounts.sh");
        assert!(Command::new(script).arg("create").status().unwrap().success());
    } else {
        eprintln!("SKIPPED everything with PAM: needs root to make accounts");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        conformance::every_authenticator(root).await;
        hooks::run().await;
        if root {
            pam::run().await;
        }
    });
    ExitCode::SUCCESS
}

/// Users of a pretended database.
struct Known(BTreeSet<String>);

#[async_trait]
impl KnownUsers for Known {
    async fn is_known(&self, name: &str) -> Result<bool, AuthError> {
        Ok(self.0.contains(name))
    }
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn texts(words: &[&str]) -> Value {
    Value::List(words.iter().map(|word| text(word)).collect())
}

fn request(user: &str, password: &str) -> LoginRequest {
    let form = [("username", user), ("password", password)];
    LoginRequest::new(form.map(|(name, value)| (name.to_owned(), value.to_owned())), None)
}

async fn build(class: &str, options: &[(&str, Value)]) -> (Box<dyn Authenticator>, Policy) {
    let mut config = Config::default();
    for (name, value) in options {
        config.tree_mut().set(class, name, value.clone(), Origin::CommandLine);
    }
    let entry = registry::ENTRIES.iter().find(|entry| (entry.class)().name == class).unwrap();
    registry::build(&(entry.class)().import_string(), &config, &Context::default()).await.unwrap()
}
