//! Share codes: made, listed, deleted, and exchanged for a share by whoever holds them.

use chrono::TimeDelta;
use perijove_crypto::token::{self, HashedToken};
use perijove_model::scope::ScopeSet;
use perijove_store::{self as store, ShareCodeDetails, ShareDetails, ShareFilter};
use secrecy::{ExposeSecret, SecretString};

use super::{ShareWith, SharedServer, follow};
use crate::error::{Error, Result};
use crate::hub::Hub;

/// A new code: its value is known only now.
#[derive(Debug)]
pub struct NewShareCode {
    /// The code.
    pub code: SecretString,
    /// The row.
    pub details: ShareCodeDetails,
}

impl Hub {
    /// Makes a code for a share of a server, which is good for `expires_in` seconds.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the server is gone by now.
    pub async fn create_share_code(
        &self,
        server: &SharedServer,
        scopes: &ScopeSet,
        expires_in: u32,
    ) -> Result<NewShareCode> {
        let code = token::share_code_with(&mut rand::rng());
        let now = self.now();
        let mut tx = self.store.begin().await?;
        let spawner = self.row_to_share(&mut tx, server, None).await?;
        let mut row = store::ShareCode {
            hashed: token::hash(code.expose_secret(), token::ROUNDS_FOR_GENERATED).to_string(),
            prefix: token::prefix(code.expose_secret()).to_owned(),
            created_at: now,
            scopes: scopes.iter().cloned().collect(),
            expires_at: Some(now + TimeDelta::seconds(i64::from(expires_in))),
            owner_id: Some(server.owner.row.id),
            spawner_id: Some(spawner.id),
            ..store::ShareCode::default()
        };
        tx.shares().insert_code(&mut row).await?;
        tx.commit().await?;
        tracing::info!("made a share code for {}/{}", server.owner.name, server.name);
        let owner_name = server.owner.row.name.clone();
        let details = ShareCodeDetails { code: row, owner_name, server_name: server.name.to_string() };
        Ok(NewShareCode { code, details })
    }

    /// One page of codes, without those that have expired; and how many there are in all.
    pub async fn list_share_codes(
        &self,
        filter: ShareFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<ShareCodeDetails>, i64)> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let page = tx.shares().list_codes(filter, offset, Some(limit)).await?;
        let live = page.items.into_iter().filter(|found| found.code.expires_at.is_none_or(|end| end > now));
        Ok((live.map(followed).collect(), page.total))
    }

    /// The row of a code that has not expired.
    pub async fn find_share_code(&self, code: &SecretString) -> Result<Option<ShareCodeDetails>> {
        let (now, plain) = (self.now(), code.expose_secret());
        let mut tx = self.store.read().await?;
        let candidates = tx.shares().codes_by_prefix(token::prefix(plain)).await?;
        let found = candidates.into_iter().find(|candidate| {
            candidate.code.expires_at.is_none_or(|end| end >= now)
                && HashedToken::parse(&candidate.code.hashed).is_ok_and(|hashed| hashed.verify(plain))
        });
        Ok(found.map(followed))
    }

    /// The row of a server's code by number, even if it has expired.
    pub async fn share_code_by_id(&self, server: &SharedServer, id: i64) -> Result<Option<store::ShareCode>> {
        let mut tx = self.store.read().await?;
        let found = tx.shares().find_code(id).await?;
        Ok(found.filter(|code| code.spawner_id == Some(server.spawner_id)))
    }

    /// The row of a server's code by value.
    pub async fn share_code_of(
        &self,
        server: &SharedServer,
        code: &SecretString,
    ) -> Result<Option<store::ShareCode>> {
        let found = self.find_share_code(code).await?;
        Ok(found.map(|found| found.code).filter(|code| code.spawner_id == Some(server.spawner_id)))
    }

    /// Deletes a code.
    pub async fn delete_share_code(&self, code: &store::ShareCode) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.shares().delete_code(code.id).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes all codes of a server.
    pub async fn delete_share_codes(&self, server: &SharedServer) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let deleted = tx.shares().delete_codes_for_spawner(server.spawner_id).await?;
        tx.commit().await?;
        tracing::info!("deleted {deleted} share codes of {}/{}", server.owner.name, server.name);
        Ok(())
    }

    /// Exchanges a code for a share with `with`. A code can be exchanged any number of times, and each counts.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the code, the server or its receiver are gone by now.
    pub async fn exchange_share_code(
        &self,
        code: &ShareCodeDetails,
        server: &SharedServer,
        with: &ShareWith,
    ) -> Result<ShareDetails> {
        let scopes: ScopeSet = code.code.scopes.iter().cloned().collect();
        let mut tx = self.store.begin().await?;
        let granted = self.grant_share_in(&mut tx, server, with, &scopes).await?;
        if !tx.shares().count_exchange(code.code.id, self.now()).await? {
            return Err(Error::NotFound("share code deleted meanwhile".to_owned()));
        }
        tx.commit().await?;
        tracing::info!(
            "exchanged a share code of {}/{} for {}",
            server.owner.name,
            server.name,
            with.describe()
        );
        Ok(granted)
    }
}

fn followed(mut found: ShareCodeDetails) -> ShareCodeDetails {
    found.code.scopes = follow(&found.code.scopes, &found.owner_name, &found.server_name);
    found
}
