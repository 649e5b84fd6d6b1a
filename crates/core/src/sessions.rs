//! Account sessions (PAM): opened before a server starts, closed after it has stopped, also by
//! another process of the hub than the one that opened them.

use perijove_authenticators::AccountSession;
use perijove_model::ServerName;
use perijove_store as store;

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::UserRecord;

/// The word for session helpers in the table of processes.
const PROCESS_KIND: &str = "session";

impl Hub {
    /// Keeps the handle of an open session with the server's row.
    pub(crate) async fn keep_session(&self, spawner_id: i64, session: AccountSession) -> Result<()> {
        let details = serde_json::to_value(&session).map_err(Error::internal)?;
        let row = store::Process {
            kind: PROCESS_KIND.into(),
            subject_id: spawner_id,
            pid: 0,
            start_time: 0,
            boot_id: String::new(),
            details: Some(details),
        };
        let mut tx = self.store.begin().await?;
        tx.perijove().set_process(&row).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells the authenticator that a server has stopped, and closes its session if there is one.
    pub(crate) async fn close_session(&self, user: &UserRecord, server: &ServerName) {
        let session = match self.take_session(user, server).await {
            Ok(session) => session,
            Err(error) => {
                tracing::error!(user.name = %user.name, "the account session cannot be looked up: {error}");
                None
            }
        };
        self.authenticator.post_spawn_stop(&user.name, server, session.as_ref()).await;
    }

    async fn take_session(&self, user: &UserRecord, server: &ServerName) -> Result<Option<AccountSession>> {
        let mut tx = self.store.begin().await?;
        let Some(spawner) = tx.spawners().by_user_and_name(user.row.id, server.as_str()).await? else {
            return Ok(None);
        };
        let Some(kept) = tx.perijove().process(PROCESS_KIND, spawner.id).await? else { return Ok(None) };
        tx.perijove().delete_process(PROCESS_KIND, spawner.id).await?;
        tx.commit().await?;
        kept.details.map(serde_json::from_value).transpose().map_err(Error::internal)
    }
}
