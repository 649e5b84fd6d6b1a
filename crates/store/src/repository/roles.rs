//! Roles and who has them.

use super::{CHUNK, placeholders};
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::rows::Role;
use crate::statement::{Statement, sql, sql_of_ids};
use crate::tx::{Query, Tx};

/// The tables `roles`, `user_role_map`, `group_role_map` and `service_role_map`.
pub struct Roles<'t> {
    pub(super) tx: &'t mut Tx,
}

/// The names of the roles of many of one kind.
macro_rules! names_of {
    ($entity:literal) => {
        sql_of_ids!(concat!(
            "SELECT m.",
            $entity,
            "_id, r.name FROM ",
            $entity,
            "_role_map m JOIN roles r ON r.id = m.role_id WHERE m.",
            $entity,
            "_id IN ($ids) ORDER BY r.id"
        ))
    };
}

/// Who can have a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A service.
    Service,
}

/// A user, group or service by primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A user.
    User(i64),
    /// A group.
    Group(i64),
    /// A service.
    Service(i64),
}

/// The names of all who have a role, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// Users.
    pub users: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Services.
    pub services: Vec<String>,
}

/// That somebody has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// Who.
    pub holder: Holder,
    /// `roles.id`.
    pub role_id: i64,
    /// True if the authenticator gave it.
    pub managed_by_auth: bool,
}

impl Holder {
    fn kind(self) -> HolderKind {
        match self {
            Self::User(_) => HolderKind::User,
            Self::Group(_) => HolderKind::Group,
            Self::Service(_) => HolderKind::Service,
        }
    }

    fn id(self) -> i64 {
        match self {
            Self::User(id) | Self::Group(id) | Self::Service(id) => id,
        }
    }

    fn new(kind: HolderKind, id: i64) -> Self {
        match kind {
            HolderKind::User => Self::User(id),
            HolderKind::Group => Self::Group(id),
            HolderKind::Service => Self::Service(id),
        }
    }
}

/// The same statement for the three tables of assignments: `for_kind!(kind, "SELECT …", entity, "…")` puts `user`,
/// `group` or `service` where `entity` stands.
macro_rules! for_kind {
    (@one $entity:literal, $($part:tt)*) => { sql!(concat!($( for_kind!(@part $entity, $part) ),*)) };
    (@part $entity:literal, entity) => { $entity };
    (@part $entity:literal, $text:literal) => { $text };
    ($kind:expr, $($part:tt)*) => {
        match $kind {
            HolderKind::User => for_kind!(@one "user", $($part)*),
            HolderKind::Group => for_kind!(@one "group", $($part)*),
            HolderKind::Service => for_kind!(@one "service", $($part)*),
        }
    };
}

impl Roles<'_> {
    /// Finds a role by name.
    pub async fn by_name(&mut self, name: &str) -> Result<Option<Role>, StoreError> {
        let statement = sql!("SELECT [roles r] FROM roles r WHERE r.name = ?");
        self.tx.exact(statement, params![name], |found: &Role| found.name == name).await
    }

    /// The roles among these names that exist, by name.
    pub async fn by_names(&mut self, names: &[&str]) -> Result<Vec<Role>, StoreError> {
        let mut roles = Vec::with_capacity(names.len());
        for chunk in names.chunks(CHUNK) {
            let params: Vec<Param<'_>> = chunk.iter().map(|name| Param::from(*name)).collect();
            let text =
                format!("SELECT [roles r] FROM roles r WHERE r.name IN ({})", placeholders(chunk.len()));
            roles.extend(self.tx.all::<Role>(Query::Once(&text), &params).await?);
        }
        roles.retain(|found| names.contains(&found.name.as_str()));
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(roles)
    }

    /// All roles, by primary key.
    pub async fn all(&mut self) -> Result<Vec<Role>, StoreError> {
        self.tx.all(sql!("SELECT [roles r] FROM roles r ORDER BY r.id"), &[]).await
    }

    /// Adds a role and sets its id. [`StoreError::Conflict`] if the name is taken.
    pub async fn insert(&mut self, role: &mut Role) -> Result<(), StoreError> {
        self.tx.insert(role).await
    }

    /// Writes all columns of a role.
    pub async fn update(&mut self, role: &Role) -> Result<bool, StoreError> {
        self.tx.update(role).await
    }

    /// Deletes a role and takes it from everybody.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM roles WHERE id = ?"), params![id]).await? > 0)
    }

    /// The roles of a user itself, without those of their groups.
    pub async fn for_user(&mut self, user_id: i64) -> Result<Vec<Role>, StoreError> {
        self.of(Holder::User(user_id)).await
    }

    /// The roles of a group.
    pub async fn for_group(&mut self, group_id: i64) -> Result<Vec<Role>, StoreError> {
        self.of(Holder::Group(group_id)).await
    }

    /// The roles of a service.
    pub async fn for_service(&mut self, service_id: i64) -> Result<Vec<Role>, StoreError> {
        self.of(Holder::Service(service_id)).await
    }

    /// The roles of a user, a group or a service, by primary key.
    pub async fn of(&mut self, holder: Holder) -> Result<Vec<Role>, StoreError> {
        let statement: &Statement = for_kind!(
            holder.kind(),
            "SELECT [roles r] FROM " entity "_role_map m JOIN roles r ON r.id = m.role_id WHERE m." entity
            "_id = ? ORDER BY r.id"
        );
        self.tx.all(statement, params![holder.id()]).await
    }

    /// The roles that a user has through groups, each once.
    pub async fn for_groups_of_user(&mut self, user_id: i64) -> Result<Vec<Role>, StoreError> {
        let statement = sql!(
            "SELECT [roles r] FROM roles r WHERE r.id IN (SELECT m.role_id FROM group_role_map m \
             JOIN user_group_map g ON g.group_id = m.group_id WHERE g.user_id = ?) ORDER BY r.id"
        );
        self.tx.all(statement, params![user_id]).await
    }

    /// Pairs of the id of a user, group or service and the name of a role, for many of one kind.
    pub async fn names_of(
        &mut self,
        kind: HolderKind,
        ids: &[i64],
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let statement = match kind {
            HolderKind::User => names_of!("user"),
            HolderKind::Group => names_of!("group"),
            HolderKind::Service => names_of!("service"),
        };
        self.tx.pairs_of_ids(statement, ids).await
    }

    /// The names of all who have a role.
    pub async fn holders(&mut self, role_id: i64) -> Result<Holders, StoreError> {
        let users = sql!(
            "SELECT e.name FROM user_role_map m JOIN users e ON e.id = m.user_id WHERE m.role_id = ? ORDER BY e.name"
        );
        let groups = sql!(
            "SELECT e.name FROM group_role_map m JOIN \"groups\" e ON e.id = m.group_id \
             WHERE m.role_id = ? ORDER BY e.name"
        );
        let services = sql!(
            "SELECT e.name FROM service_role_map m JOIN services e ON e.id = m.service_id \
             WHERE m.role_id = ? ORDER BY e.name"
        );
        Ok(Holders {
            users: self.tx.column(users, params![role_id]).await?,
            groups: self.tx.column(groups, params![role_id]).await?,
            services: self.tx.column(services, params![role_id]).await?,
        })
    }

    /// Gives a role, or changes who manages it. False if nothing changed.
    pub async fn grant(
        &mut self,
        holder: Holder,
        role_id: i64,
        managed_by_auth: bool,
    ) -> Result<bool, StoreError> {
        let known: &Statement = for_kind!(
            holder.kind(),
            "SELECT managed_by_auth FROM " entity "_role_map WHERE " entity "_id = ? AND role_id = ?"
        );
        let found: Vec<bool> = self.tx.column(known, params![holder.id(), role_id]).await?;
        let statement: &Statement = match found.first() {
            Some(managed) if *managed == managed_by_auth => return Ok(false),
            Some(_) => for_kind!(
                holder.kind(),
                "UPDATE " entity "_role_map SET managed_by_auth = ? WHERE " entity "_id = ? AND role_id = ?"
            ),
            None => for_kind!(
                holder.kind(),
                "INSERT INTO " entity "_role_map (managed_by_auth, " entity "_id, role_id) VALUES (?, ?, ?)"
            ),
        };
        self.tx.execute(statement, params![managed_by_auth, holder.id(), role_id]).await?;
        Ok(true)
    }

    /// Gives a role to all users who do not have it. Returns to how many.
    pub async fn grant_to_users_without(&mut self, role_id: i64) -> Result<u64, StoreError> {
        let statement = sql!(
            "INSERT INTO user_role_map (managed_by_auth, user_id, role_id) SELECT ?, u.id, ? FROM users u \
             WHERE NOT EXISTS (SELECT 1 FROM user_role_map m WHERE m.user_id = u.id AND m.role_id = ?)"
        );
        self.tx.execute(statement, params![false, role_id, role_id]).await
    }

    /// Gives a role to all users who have none. Returns to how many.
    pub async fn grant_to_users_without_any(&mut self, role_id: i64) -> Result<u64, StoreError> {
        let statement = sql!(
            "INSERT INTO user_role_map (managed_by_auth, user_id, role_id) SELECT ?, u.id, ? FROM users u \
             WHERE NOT EXISTS (SELECT 1 FROM user_role_map m WHERE m.user_id = u.id)"
        );
        self.tx.execute(statement, params![false, role_id]).await
    }

    /// Takes a role away. False if it was not there.
    pub async fn strip(&mut self, holder: Holder, role_id: i64) -> Result<bool, StoreError> {
        let statement: &Statement = for_kind!(
            holder.kind(),
            "DELETE FROM " entity "_role_map WHERE " entity "_id = ? AND role_id = ?"
        );
        Ok(self.tx.execute(statement, params![holder.id(), role_id]).await? > 0)
    }

    /// Who has which role, of one kind.
    pub async fn assignments(&mut self, kind: HolderKind) -> Result<Vec<Assignment>, StoreError> {
        let statement: &Statement = for_kind!(
            kind,
            "SELECT " entity "_id, role_id, managed_by_auth FROM " entity "_role_map ORDER BY " entity "_id, role_id"
        );
        let mut assignments = Vec::new();
        for mut row in self.tx.rows(statement, &[]).await? {
            assignments.push(Assignment {
                holder: Holder::new(kind, row.take()?),
                role_id: row.take()?,
                managed_by_auth: row.take()?,
            });
        }
        Ok(assignments)
    }
}
