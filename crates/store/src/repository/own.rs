//! Perijove's own tables: child processes and facts about the database.

use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::params;
use crate::rows::Process;
use crate::statement::sql;
use crate::tx::Tx;

/// The tables `perijove_processes` and `perijove_meta`.
pub struct Own<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Own<'_> {
    /// Finds the process of a subject.
    pub async fn process(&mut self, kind: &str, subject_id: i64) -> Result<Option<Process>, StoreError> {
        let statement = sql!(
            "SELECT [perijove_processes x] FROM perijove_processes x WHERE x.kind = ? AND x.subject_id = ?"
        );
        let rows = self.tx.rows(statement, params![kind, subject_id]).await?;
        rows.into_iter().next().map(process).transpose()
    }

    /// All processes of a kind.
    pub async fn processes(&mut self, kind: &str) -> Result<Vec<Process>, StoreError> {
        let statement = sql!(
            "SELECT [perijove_processes x] FROM perijove_processes x WHERE x.kind = ? ORDER BY x.subject_id"
        );
        self.tx.rows(statement, params![kind]).await?.into_iter().map(process).collect()
    }

    /// Records a process in the place of an earlier one of the same subject.
    pub async fn set_process(&mut self, process: &Process) -> Result<(), StoreError> {
        self.delete_process(&process.kind, process.subject_id).await?;
        let statement = sql!(
            "INSERT INTO perijove_processes (kind, subject_id, pid, start_time, boot_id, details) \
             VALUES (?, ?, ?, ?, ?, ?)"
        );
        let params = params![
            process.kind.as_str(),
            process.subject_id,
            process.pid,
            process.start_time,
            process.boot_id.as_str(),
            process.details.as_ref(),
        ];
        self.tx.execute(statement, params).await.map(|_| ())
    }

    /// Forgets a process.
    pub async fn delete_process(&mut self, kind: &str, subject_id: i64) -> Result<bool, StoreError> {
        let statement = sql!("DELETE FROM perijove_processes WHERE kind = ? AND subject_id = ?");
        Ok(self.tx.execute(statement, params![kind, subject_id]).await? > 0)
    }

    /// Reads a fact.
    pub async fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let statement = sql!("SELECT value FROM perijove_meta WHERE name = ?");
        Ok(self.tx.column(statement, params![name]).await?.into_iter().next())
    }

    /// Writes a fact; None forgets it.
    pub async fn set_meta(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.tx.execute(sql!("DELETE FROM perijove_meta WHERE name = ?"), params![name]).await?;
        if let Some(value) = value {
            let statement = sql!("INSERT INTO perijove_meta (name, value) VALUES (?, ?)");
            self.tx.execute(statement, params![name, value]).await?;
        }
        Ok(())
    }
}

fn process(mut row: Cells) -> Result<Process, StoreError> {
    Ok(Process {
        kind: row.take()?,
        subject_id: row.take()?,
        pid: row.take()?,
        start_time: row.take()?,
        boot_id: row.take()?,
        details: row.take()?,
    })
}
