//! Shares: access to one server, given to a user or a group; and the codes that become shares.
//!
//! A share's scopes are stored with the server's name of that day, and count for the name of today.

mod codes;

use std::sync::Arc;

use perijove_model::scope::{self, ScopeDescription, ScopeSet};
use perijove_model::{ServerName, UserName};
use perijove_store::{self as store, ShareDetails, ShareFilter, Tx};

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::UserRecord;

pub use codes::NewShareCode;

/// A server that is, or may be, shared.
#[derive(Debug, Clone)]
pub struct SharedServer {
    /// Whose it is.
    pub owner: Arc<UserRecord>,
    /// Its name.
    pub name: ServerName,
    /// Its row; 0 for a default server that has none yet.
    spawner_id: i64,
}

/// Whom a server is shared with.
#[derive(Debug, Clone)]
pub enum ShareWith {
    /// A user.
    User(Arc<UserRecord>),
    /// A group.
    Group(store::Group),
}

impl SharedServer {
    /// Its shares, or its codes.
    pub fn filter(&self) -> ShareFilter {
        ShareFilter::Spawner(self.spawner_id)
    }
}

impl ShareWith {
    fn key(&self) -> store::ShareWith {
        match self {
            Self::User(user) => store::ShareWith::User(user.row.id),
            Self::Group(group) => store::ShareWith::Group(group.id),
        }
    }

    /// All that is shared with them.
    pub fn filter(&self) -> ShareFilter {
        match self {
            Self::User(user) => ShareFilter::WithUser(user.row.id),
            Self::Group(group) => ShareFilter::WithGroup(group.id),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::User(user) => format!("user:{}", user.name),
            Self::Group(group) => format!("group:{}", group.name),
        }
    }
}

impl Hub {
    /// A server by its owner's name and its own. Every user has a default server, whether or not it ever ran.
    pub async fn server_to_share(&self, owner: &str, server: &str) -> Result<Option<SharedServer>> {
        let Some(owner) = self.find_user(owner).await? else { return Ok(None) };
        let found = owner.spawner(server).map(|spawner| (spawner.name.clone(), spawner.row.id));
        let default = || server.is_empty().then(|| (ServerName::default(), 0));
        Ok(found.or_else(default).map(|(name, spawner_id)| SharedServer { owner, name, spawner_id }))
    }

    /// The group of this name as somebody to share with.
    pub async fn group_to_share_with(&self, name: &str) -> Result<Option<ShareWith>> {
        let mut tx = self.store.read().await?;
        Ok(tx.groups().by_name(name).await?.map(ShareWith::Group))
    }

    /// The scopes that a share of this server has if these are asked for; access alone if none are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scope that does not exist or is about something else.
    pub fn share_scopes(&self, asked: &[String], owner: &str, server: &str) -> Result<ScopeSet> {
        if asked.is_empty() {
            return scope::limit_to_server(["access:servers"], owner, server).map_err(Error::internal);
        }
        self.check_share_scopes(asked)?;
        let asked = asked.iter().map(String::as_str);
        scope::limit_to_server(asked, owner, server).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Checks that scopes exist.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the first that does not.
    pub fn check_share_scopes(&self, scopes: &[String]) -> Result<()> {
        scope::check_scopes_exist(scopes.iter().map(String::as_str), &self.scopes.custom)
            .map_err(|error| Error::Invalid(error.to_string()))
    }

    /// A share's scopes in words, for its receiver.
    pub fn describe_share_scopes(&self, scopes: &[String], user: &UserName) -> Vec<ScopeDescription> {
        let scopes = scopes.iter().map(String::as_str);
        scope::describe_scopes(scopes, Some(user.as_str()), &self.scopes.custom)
    }

    /// One page of shares, without those that have expired; and how many there are in all.
    pub async fn list_shares(
        &self,
        filter: ShareFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<ShareDetails>, i64)> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let page = tx.shares().list(filter, offset, Some(limit)).await?;
        let live = page.items.into_iter().filter(|found| found.share.expires_at.is_none_or(|end| end > now));
        Ok((live.map(followed).collect(), page.total))
    }

    /// The share of a server with somebody.
    pub async fn find_share(&self, server: &SharedServer, with: &ShareWith) -> Result<Option<ShareDetails>> {
        let mut tx = self.store.read().await?;
        let found = tx.shares().between(server.spawner_id, with.key()).await?;
        Ok(found.map(|share| details(server, with, share)))
    }

    /// Shares a server with somebody, or adds scopes to what is shared already.
    ///
    /// # Errors
    /// [`Error::NotFound`] if server or receiver are gone by now.
    pub async fn grant_share(
        &self,
        server: &SharedServer,
        with: &ShareWith,
        scopes: &ScopeSet,
    ) -> Result<ShareDetails> {
        let mut tx = self.store.begin().await?;
        let granted = self.grant_share_in(&mut tx, server, with, scopes).await?;
        tx.commit().await?;
        Ok(granted)
    }

    async fn grant_share_in(
        &self,
        tx: &mut Tx,
        server: &SharedServer,
        with: &ShareWith,
        scopes: &ScopeSet,
    ) -> Result<ShareDetails> {
        let spawner = self.row_to_share(tx, server, Some(with)).await?;
        let who = format!("{} on {}/{}", with.describe(), server.owner.name, server.name);
        if let Some(share) = tx.shares().between(spawner.id, with.key()).await? {
            let mut known = details(server, with, share);
            let mut all: ScopeSet = known.share.scopes.iter().cloned().collect();
            if !scopes.is_subset(&all) {
                tracing::info!("granting more scopes to {who}: {scopes:?}");
                all.extend(scopes.iter().cloned());
                known.share.scopes = all.into_iter().collect();
                tx.shares().update(&known.share).await?;
            }
            return Ok(known);
        }
        tracing::info!("sharing with {who}: {scopes:?}");
        let (user_id, group_id) = match with {
            ShareWith::User(user) => (Some(user.row.id), None),
            ShareWith::Group(group) => (None, Some(group.id)),
        };
        let mut share = store::Share {
            user_id,
            group_id,
            created_at: self.now(),
            scopes: scopes.iter().cloned().collect(),
            owner_id: Some(server.owner.row.id),
            spawner_id: Some(spawner.id),
            ..store::Share::default()
        };
        tx.shares().insert(&mut share).await?;
        Ok(details(server, with, share))
    }

    /// The server's row, made for a default server that has none. Keeps owner and receiver as they are until the end
    /// of the transaction, so that two requests at a time make one share.
    async fn row_to_share(
        &self,
        tx: &mut Tx,
        server: &SharedServer,
        with: Option<&ShareWith>,
    ) -> Result<store::Spawner> {
        let owner = &server.owner;
        let mut users = vec![owner.row.id];
        let mut all_there = true;
        match with {
            Some(ShareWith::User(user)) => users.push(user.row.id),
            Some(ShareWith::Group(group)) => all_there = tx.groups().find(group.id).await?.is_some(),
            None => {}
        }
        // In one order, whoever shares with whom.
        users.sort_unstable();
        users.dedup();
        for id in users {
            all_there &= tx.users().lock(id).await?;
        }
        if !all_there {
            return Err(Error::NotFound("user or group deleted meanwhile".to_owned()));
        }
        if server.name.is_default() {
            return self.spawner_row(tx, owner.row.id, &server.name, "").await;
        }
        let found = tx.spawners().by_user_and_name(owner.row.id, server.name.as_str()).await?;
        found.ok_or_else(|| Error::NotFound(format!("No such server: {}/{}", owner.name, server.name)))
    }

    /// Takes scopes of a server away from somebody, or all if none are named. `None` if nothing is left, or never was.
    pub async fn revoke_share(
        &self,
        server: &SharedServer,
        with: &ShareWith,
        scopes: Option<&[String]>,
    ) -> Result<Option<ShareDetails>> {
        let who = format!("{} on {}/{}", with.describe(), server.owner.name, server.name);
        let mut tx = self.store.begin().await?;
        let Some(share) = tx.shares().between(server.spawner_id, with.key()).await? else {
            tracing::info!("nothing to revoke from {who}");
            return Ok(None);
        };
        let mut known = details(server, with, share);
        let before = known.share.scopes.len();
        match scopes {
            Some(scopes) => known.share.scopes.retain(|scope| !scopes.contains(scope)),
            None => known.share.scopes.clear(),
        }
        if known.share.scopes.is_empty() {
            tx.shares().delete(known.share.id).await?;
            tx.commit().await?;
            tracing::info!("revoked all from {who}");
            return Ok(None);
        }
        if known.share.scopes.len() < before {
            tx.shares().update(&known.share).await?;
            tx.commit().await?;
            tracing::info!("revoked scopes from {who}; left: {:?}", known.share.scopes);
        }
        Ok(Some(known))
    }

    /// Deletes one share.
    pub async fn delete_share(&self, share: &ShareDetails) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.shares().delete(share.share.id).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes all shares of a server.
    pub async fn revoke_all_shares(&self, server: &SharedServer) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let deleted = tx.shares().delete_for_spawner(server.spawner_id).await?;
        tx.commit().await?;
        tracing::info!("deleted {deleted} shares of {}/{}", server.owner.name, server.name);
        Ok(())
    }
}

fn followed(mut found: ShareDetails) -> ShareDetails {
    found.share.scopes = follow(&found.share.scopes, &found.owner_name, &found.server_name);
    found
}

fn follow(scopes: &[String], owner: &str, server: &str) -> Vec<String> {
    scope::follow_server(scopes.iter().map(String::as_str), owner, server).into_iter().collect()
}

fn details(server: &SharedServer, with: &ShareWith, share: store::Share) -> ShareDetails {
    let (user_name, group_name) = match with {
        ShareWith::User(user) => (Some(user.row.name.clone()), None),
        ShareWith::Group(group) => (None, Some(group.name.clone())),
    };
    followed(ShareDetails {
        share,
        owner_name: server.owner.row.name.clone(),
        server_name: server.name.to_string(),
        user_name,
        group_name,
    })
}
