//! Users, groups, roles, services and tokens of the configuration, parsed.

mod services;

use anyhow::{Context, bail};
use perijove_authenticators::Policy;
use perijove_config::sections::JupyterHub;
use perijove_core::startup::{GroupSeed, Seed, TokenSeed, TokenSeedOwner};
use perijove_model::Value;
use perijove_model::name::ServiceName;
use perijove_model::role::RoleSpec;

/// Reads what the start writes to the database.
///
/// # Errors
/// A role, group or service that is not of the form that upstream takes.
pub fn read(section: &JupyterHub, policy: &Policy) -> anyhow::Result<Seed> {
    let roles = section.load_roles.iter().map(RoleSpec::from_value).collect::<Result<_, _>>();
    let mut groups = Vec::new();
    for (name, value) in &section.load_groups {
        groups.push((name.clone(), group(name, value)?));
    }
    let services =
        section.services.expose().iter().map(services::read).collect::<anyhow::Result<Vec<_>>>()?;
    let tokens = tokens(section, &services)?;
    Ok(Seed {
        admin_users: policy.admin_users().clone(),
        allowed_users: policy.allowed_users().clone(),
        groups,
        roles: roles.context("c.JupyterHub.load_roles")?,
        extra_user_scopes: section.extra_user_scopes.iter().cloned().collect(),
        services,
        tokens,
        trust_given_tokens: section.trust_user_provided_tokens,
        // The authenticator knows these.
        delete_invalid_users: false,
        managed_roles: None,
        resets_managed_roles: false,
    })
}

/// Tokens of users and services, and those that services have in their own entries.
fn tokens(
    section: &JupyterHub,
    services: &[perijove_core::startup::ServiceSeed],
) -> anyhow::Result<Vec<TokenSeed>> {
    let mut tokens = Vec::new();
    for (token, name) in section.service_tokens.expose() {
        let name = ServiceName::parse(name).context("c.JupyterHub.service_tokens")?;
        tokens.push(TokenSeed { token: token.clone().into(), owner: TokenSeedOwner::Service(name) });
    }
    for service in services {
        let owner = TokenSeedOwner::Service(service.name.clone());
        tokens.extend(service.api_token.clone().map(|token| TokenSeed { token, owner }));
    }
    for (token, name) in section.api_tokens.expose() {
        tokens.push(TokenSeed { token: token.clone().into(), owner: TokenSeedOwner::User(name.clone()) });
    }
    Ok(tokens)
}

/// A list of users, or a dictionary with `users` and `properties`.
fn group(name: &str, value: &Value) -> anyhow::Result<GroupSeed> {
    if value.entries().is_none() {
        return Ok(GroupSeed { users: users(name, value)?, ..GroupSeed::default() });
    }
    let listed = value.get("users").map(|value| users(name, value)).transpose()?;
    let properties = match value.get("properties").map(|value| value.to_plain_json()) {
        Some(Some(serde_json::Value::Object(properties))) => Some(properties),
        Some(_) => bail!("c.JupyterHub.load_groups: properties of {name} must be a dictionary"),
        None => None,
    };
    Ok(GroupSeed { users: listed.unwrap_or_default(), properties })
}

fn users(name: &str, value: &Value) -> anyhow::Result<Vec<String>> {
    let names =
        value.items().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    match names {
        Some(Some(names)) => Ok(names),
        _ => bail!("c.JupyterHub.load_groups: users of {name} must be a list of names"),
    }
}
