//! Groups: found, made, filled, deleted.

use std::collections::BTreeMap;
use std::sync::Arc;

use perijove_model::name::GroupName;
use perijove_store::{self as store, HolderKind, Tx};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::shelf::Shelf;

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

/// Groups by primary key, as lists showed them.
pub(crate) type KnownGroups = Shelf<i64, Arc<GroupRecord>>;

impl Hub {
    /// A group by name.
    pub async fn find_group(&self, name: &str) -> Result<Option<GroupRecord>> {
        let mut tx = self.store.read().await?;
        match tx.groups().by_name(name).await? {
            Some(row) => load_one(&mut tx, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// One page of groups, only those named if `visible` names some; and how many there are in all.
    pub async fn list_groups(
        &self,
        visible: Option<&[&str]>,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<Arc<GroupRecord>>, i64)> {
        let (mut tx, version) = self.store.read_at_version().await?;
        let page = tx.groups().list(visible, offset, Some(limit)).await?;
        let ids: Vec<i64> = page.items.iter().map(|row| row.id).collect();
        let known = |id: &i64| self.known_groups.get(version, id);
        let mut groups: BTreeMap<i64, Arc<GroupRecord>> =
            ids.iter().filter_map(|id| Some((*id, known(id)?))).collect();
        let missing = page.items.into_iter().filter(|row| !groups.contains_key(&row.id)).collect();
        for group in load(&mut tx, missing).await? {
            let (id, size, group) = (group.row.id, 1 + group.users.len(), Arc::new(group));
            self.known_groups.keep(version, id, group.clone(), size);
            groups.insert(id, group);
        }
        Ok((ids.iter().filter_map(|id| groups.remove(id)).collect(), page.total))
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
        let made = load_one(&mut tx, row).await?;
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
        let changed = load_one(&mut tx, group.row.clone()).await?;
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

    /// Deletes a group. False if somebody else has.
    pub async fn delete_group(&self, group: &GroupRecord) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        // Of several requests at the same time one deletes it.
        let deleted = tx.groups().delete(group.row.id).await?;
        tx.commit().await?;
        Ok(deleted)
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

async fn load_one(tx: &mut Tx, row: store::Group) -> Result<GroupRecord> {
    let empty = GroupRecord { row: row.clone(), users: Vec::new(), roles: Vec::new() };
    Ok(load(tx, vec![row]).await?.pop().unwrap_or(empty))
}

/// Many groups in as many statements as one.
async fn load(tx: &mut Tx, rows: Vec<store::Group>) -> Result<Vec<GroupRecord>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut records: BTreeMap<i64, GroupRecord> = rows
        .into_iter()
        .map(|row| (row.id, GroupRecord { row, users: Vec::new(), roles: Vec::new() }))
        .collect();
    for (id, name) in tx.groups().member_names(&ids).await? {
        if let Some(record) = records.get_mut(&id) {
            record.users.push(name);
        }
    }
    for (id, name) in tx.roles().names_of(HolderKind::Group, &ids).await? {
        if let Some(record) = records.get_mut(&id) {
            record.roles.push(name);
        }
    }
    Ok(records.into_values().collect())
}
