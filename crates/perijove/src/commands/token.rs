//! `perijove token USER`: a new token, printed and nothing else.

use std::process::ExitCode;

use anyhow::{Context, bail};
use perijove_config::Loaded;
use perijove_core::records::UserRecord;
use perijove_core::tokens::{TokenOwner, TokenRequest};
use secrecy::ExposeSecret;

use crate::parts;

/// Prints a new token of `user`, or of whoever runs the program. Needs no running hub.
pub async fn token(loaded: &Loaded, user: Option<&str>) -> anyhow::Result<ExitCode> {
    let name = match user {
        Some(name) => name.to_owned(),
        None => own_name()?,
    };
    let hub = parts::offline_hub(loaded).await?;
    let Some(user) = hub.find_user(&name).await? else {
        bail!(
            "No such user: {name}. hint: a user exists once it is named in the configuration or has logged in"
        )
    };
    let user: &UserRecord = &user;
    let request = TokenRequest { note: "command-line generated".into(), ..TokenRequest::default() };
    let (plain, _) = hub.new_token(TokenOwner::User(user), request).await?;
    hub.close().await?;
    super::print(&format!("{}\n", plain.expose_secret()))
}

/// The name of whoever runs the program.
fn own_name() -> anyhow::Result<String> {
    let account = perijove_sys::account::own_account().context("who runs this cannot be found out")?;
    let account = account.context("whoever runs this has no account\nhint: perijove token NAME")?;
    Ok(account.name)
}
