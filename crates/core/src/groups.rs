//! Groups: found, made, filled, deleted.

use perijove_model::name::GroupName;
use perijove_store::{self as store, Tx};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::hub::Hub;

/// A group with what models show of it.
#[derive(Debug, Clone)]
pub struct GroupRecord {
    /// The row.
    pub row: store::Group,
    /// Names of the members.
    pub users: Vec<String>,
    /// Names of its roles.
    pub roles: Vec<String>,
}

impl Hub {
    /// A group by name.
    pub async fn find_group(&self, name: &str) -> Result<Option<GroupRecord>> {
        let mut tx = self.store.read().await?;
        match tx.groups().by_name(name).await? {
            Some(row) => load(&mut tx, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// One page of groups, only those named if `visible` names some; and how many there are in all.
    pub async fn list_groups(
        &self,
        visible: Option<&[&str]>,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<GroupRecord>, i64)> {
        let mut tx = self.store.read().await?;
        let page = tx.groups().list(visible, offset, Some(limit)).await?;
        let mut groups = Vec::with_capacity(page.items.len());
        for row in page.items {
            groups.push(load(&mut tx, row).await?);
        }
        Ok((groups, page.total))
    }

    /// Makes a group with these members.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is such a group, [`Error::Invalid`] for a name that is none or a
    /// user who is not there.
    pub async fn create_group(&self, name: &str, users: &[String]) -> Result<GroupRecord> {
        let name = GroupName::parse(name).map_err(|error| Error::Invalid(error.to_string()))?;
        let users = self.normalized(users).await?;
        let mut tx = self.store.begin().await?;
        if tx.groups().by_name(name.as_str()).await?.is_some() {
            return Err(Error::Conflict(format!("Group {name} already exists")));
        }
        let ids = ids_of(&mut tx, &users).await?;
        let mut row = store::Group { name: name.to_string(), ..store::Group::default() };
        tx.groups().insert(&mut row).await?;
        for id in ids {
            tx.groups().add_user(row.id, id).await?;
        }
        let made = load(&mut tx, row).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Adds users to a group, or removes them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a user who is not there.
    pub async fn change_members(
        &self,
        group: &GroupRecord,
        users: &[String],
        add: bool,
    ) -> Result<GroupRecord> {
        let users = self.normalized(users).await?;
        let mut tx = self.store.begin().await?;
        for id in ids_of(&mut tx, &users).await? {
            if add {
                tx.groups().add_user(group.row.id, id).await?;
            } else {
                tx.groups().remove_user(group.row.id, id).await?;
            }
        }
        let changed = load(&mut tx, group.row.clone()).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Replaces what administrators attached to a group.
    pub async fn set_group_properties(
        &self,
        group: &GroupRecord,
        properties: Map<String, Value>,
    ) -> Result<GroupRecord> {
        let properties = Value::Object(properties);
        let mut tx = self.store.begin().await?;
        tx.groups().set_properties(group.row.id, Some(&properties)).await?;
        tx.commit().await?;
        Ok(GroupRecord {
            row: store::Group { properties: Some(properties), ..group.row.clone() },
            ..group.clone()
        })
    }

    /// Deletes a group.
    pub async fn delete_group(&self, group: &GroupRecord) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.groups().delete(group.row.id).await?;
        Ok(tx.commit().await?)
    }

    async fn normalized(&self, users: &[String]) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(users.len());
        for name in users {
            names.push(self.normalize_user_name(name).await?);
        }
        Ok(names)
    }
}

async fn ids_of(tx: &mut Tx, users: &[String]) -> Result<Vec<i64>> {
    let mut ids = Vec::with_capacity(users.len());
    for name in users {
        let user = tx.users().by_name(name).await?;
        ids.push(user.ok_or_else(|| Error::Invalid(format!("No such user: {name}")))?.id);
    }
    Ok(ids)
}

async fn load(tx: &mut Tx, row: store::Group) -> Result<GroupRecord> {
    let users = tx.groups().members(row.id).await?.into_iter().map(|user| user.name).collect();
    let roles = tx.roles().for_group(row.id).await?.into_iter().map(|role| role.name).collect();
    Ok(GroupRecord { row, users, roles })
}
