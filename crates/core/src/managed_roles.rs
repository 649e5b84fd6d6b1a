//! Roles that the authenticator decides about (`Authenticator.manage_roles`), as a login or refresh brings them.

use std::collections::BTreeSet;

use perijove_authenticators::AuthModel;
use perijove_model::Value;
use perijove_model::role::RoleSpec;
use perijove_store::{self as store, Holder, Tx};

use crate::error::{Error, Result};
use crate::hub::Hub;

impl Hub {
    /// The roles that a login brought; `None` where the authenticator does not manage roles, or leaves these alone.
    ///
    /// # Errors
    /// [`Error::Status`] with 409 for one that is none, as upstream.
    pub(crate) fn roles_of(&self, model: &AuthModel) -> Result<Option<Vec<RoleSpec>>> {
        let Some(roles) = model.roles.as_ref().filter(|_| self.features.manages_roles) else {
            return Ok(None);
        };
        let refused = |error: &dyn std::fmt::Display| Error::status(409, error.to_string());
        let read = |role: &serde_json::Value| {
            let value = Value::from_plain_json(role).map_err(|error| refused(&error))?;
            let spec = RoleSpec::from_value(&value).map_err(|error| refused(&error))?;
            spec.check(&self.scopes.custom).map_err(|error| refused(&error))?;
            Ok(spec)
        };
        Ok(Some(roles.iter().map(read).collect::<Result<_>>()?))
    }

    /// Whether a role that nobody has any more stays, because the start made it.
    pub(crate) fn keeps_role(&self, name: &str) -> bool {
        self.configured_roles.get().is_some_and(|names| names.contains(name))
    }
}

/// Gives the user exactly these roles; roles that are new are made.
pub(crate) async fn sync_roles(hub: &Hub, tx: &mut Tx, user: &store::User, roles: &[RoleSpec]) -> Result<()> {
    let held = tx.roles().for_user(user.id).await?;
    for spec in roles {
        let role = write_role(tx, spec).await?;
        set_holders(tx, &role, spec).await?;
        if !held.iter().any(|known| known.id == role.id) {
            tracing::info!("Granting user {} role {}", user.name, role.name);
            tx.roles().grant(Holder::User(user.id), role.id, true).await?;
        }
    }
    for role in held.iter().filter(|role| !roles.iter().any(|spec| spec.name.as_str() == role.name)) {
        tracing::info!("Stripping user {} of role {}", user.name, role.name);
        tx.roles().strip(Holder::User(user.id), role.id).await?;
        let holders = tx.roles().holders(role.id).await?;
        let is_idle = holders.users.is_empty() && holders.groups.is_empty() && holders.services.is_empty();
        if role.managed_by_auth && is_idle && !hub.keeps_role(&role.name) {
            tx.roles().delete(role.id).await?;
        }
    }
    Ok(())
}

/// Makes a role, or changes what its entry says about one that is there.
async fn write_role(tx: &mut Tx, spec: &RoleSpec) -> Result<store::Role> {
    let Some(mut row) = tx.roles().by_name(spec.name.as_str()).await? else {
        let mut new = store::Role {
            name: spec.name.to_string(),
            description: spec.description.clone(),
            scopes: spec.scopes.clone().unwrap_or_default(),
            managed_by_auth: true,
            ..store::Role::default()
        };
        tx.roles().insert(&mut new).await?;
        return Ok(new);
    };
    let before = row.clone();
    if let Some(description) = &spec.description {
        row.description = Some(description.clone());
    }
    if let Some(scopes) = spec.scopes.as_ref().filter(|scopes| !scopes.is_empty()) {
        row.scopes.clone_from(scopes);
    }
    if row != before {
        tx.roles().update(&row).await?;
    }
    Ok(row)
}

/// The lists of an entry are who has the role; what it does not list stays.
async fn set_holders(tx: &mut Tx, role: &store::Role, spec: &RoleSpec) -> Result<()> {
    let held = tx.roles().holders(role.id).await?;
    let kinds = [
        (&spec.users, held.users, Kind::User),
        (&spec.groups, held.groups, Kind::Group),
        (&spec.services, held.services, Kind::Service),
    ];
    for (wanted, held, kind) in kinds {
        let Some(wanted) = wanted else { continue };
        let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        for name in held.iter().filter(|name| !wanted.contains(name.as_str())) {
            if let Some(holder) = kind.find(tx, name).await? {
                tx.roles().strip(holder, role.id).await?;
            }
        }
        for name in wanted.into_iter().filter(|name| !held.iter().any(|known| known == name)) {
            match kind.find(tx, name).await? {
                Some(holder) => {
                    tx.roles().grant(holder, role.id, false).await?;
                }
                None => {
                    tracing::warn!("the role {} cannot be given to {name}, which is not there", role.name)
                }
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    User,
    Group,
    Service,
}

impl Kind {
    async fn find(self, tx: &mut Tx, name: &str) -> Result<Option<Holder>> {
        Ok(match self {
            Self::User => tx.users().by_name(name).await?.map(|row| Holder::User(row.id)),
            Self::Group => tx.groups().by_name(name).await?.map(|row| Holder::Group(row.id)),
            Self::Service => tx.services().by_name(name).await?.map(|row| Holder::Service(row.id)),
        })
    }
}
