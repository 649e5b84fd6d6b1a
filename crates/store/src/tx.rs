//! Transactions: everything that is read or written happens in one.

use crate::Backend;
use crate::backend::Connection;
use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::Param;
use crate::rows::{Field, Record};
use crate::statement::{LONGEST_LIST, ListStatement, Statement, adapt};
use crate::store::FactsKept;

/// A transaction. It sees one state of the database; what it writes counts after [`Tx::commit`], and dropping it
/// undoes it.
///
/// Keep it short: on SQLite only one writes at a time, and no transaction may stay open across a wait on the network,
/// a spawn or a hash.
pub struct Tx {
    connection: Connection,
    writes: bool,
}

/// What is asked, in the notation of [`crate::statement`].
pub(crate) enum Query<'q> {
    /// Written once and for all.
    Static(&'static Statement),
    /// Put together at run time from few parts, so that there are few of its kind: SQLite keeps it prepared.
    Recurring(&'q str),
    /// Made up at run time, and not kept prepared.
    Once(&'q str),
}

impl From<&'static Statement> for Query<'_> {
    fn from(statement: &'static Statement) -> Self {
        Self::Static(statement)
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("backend", &self.backend()).field("writes", &self.writes).finish()
    }
}

impl Tx {
    pub(crate) fn new(connection: Connection, writes: bool) -> Self {
        Self { connection, writes }
    }

    /// The kind of database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.connection.backend()
    }

    /// Makes everything since the beginning count, durably. [`StoreError::Busy`] and [`StoreError::Query`] mean that
    /// nothing does.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.connection.commit().await
    }

    /// [`Tx::commit`] of nothing but times of activity and new tokens, so that what is kept of everything else need not
    /// be read again, see [`FactsKept::confirm`].
    pub async fn commit_keeping_facts(self) -> Result<FactsKept, StoreError> {
        self.connection.commit_keeping_facts().await.map(FactsKept)
    }

    /// Undoes everything since the beginning, as dropping does, but waits until that is done.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// All rows of an answer.
    pub(crate) async fn rows<'q>(
        &mut self,
        query: impl Into<Query<'q>>,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        let backend = self.backend();
        match query.into() {
            Query::Static(statement) => self.connection.rows(statement.text(backend), params).await,
            Query::Recurring(text) => self.connection.recurring_rows(adapt(text, backend), params).await,
            Query::Once(text) => self.connection.dynamic_rows(adapt(text, backend), params).await,
        }
    }

    /// All rows for these ids, in as many statements as there are chunks of them; the order is within a chunk.
    pub(crate) async fn rows_of_ids(
        &mut self,
        statement: &'static ListStatement,
        ids: &[i64],
    ) -> Result<Vec<Cells>, StoreError> {
        let mut rows = Vec::new();
        for chunk in ids.chunks(LONGEST_LIST) {
            let (text, params) = statement.with(self.backend(), chunk);
            rows.extend(self.connection.rows(text, &params).await?);
        }
        Ok(rows)
    }

    /// [`Tx::rows_of_ids`] where each row is an id and something that belongs to it.
    pub(crate) async fn pairs_of_ids<F: Field>(
        &mut self,
        statement: &'static ListStatement,
        ids: &[i64],
    ) -> Result<Vec<(i64, F)>, StoreError> {
        let rows = self.rows_of_ids(statement, ids).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// Runs a statement that gives no rows. Returns how many rows it concerned.
    pub(crate) async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
    ) -> Result<u64, StoreError> {
        self.writable()?;
        self.connection.execute(statement.text(self.connection.backend()), params).await
    }

    /// All rows of an answer as structs.
    pub(crate) async fn all<'q, R: Record>(
        &mut self,
        query: impl Into<Query<'q>>,
        params: &[Param<'_>],
    ) -> Result<Vec<R>, StoreError> {
        self.rows(query, params).await?.iter_mut().map(R::decode).collect()
    }

    /// The first row of an answer as a struct.
    pub(crate) async fn optional<R: Record>(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
    ) -> Result<Option<R>, StoreError> {
        self.rows(statement, params).await?.first_mut().map(R::decode).transpose()
    }

    /// The first row that the caller recognises. MySQL's usual collations call texts equal that differ in case, in
    /// accents or in blanks at the end: who logs in as `josé` must not be taken for `jose`.
    pub(crate) async fn exact<R: Record>(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
        same: impl Fn(&R) -> bool,
    ) -> Result<Option<R>, StoreError> {
        for mut row in self.rows(statement, params).await? {
            let record = R::decode(&mut row)?;
            if same(&record) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The first column of all rows of an answer.
    pub(crate) async fn column<'q, F: Field>(
        &mut self,
        query: impl Into<Query<'q>>,
        params: &[Param<'_>],
    ) -> Result<Vec<F>, StoreError> {
        self.rows(query, params).await?.iter_mut().map(Cells::take).collect()
    }

    /// The only value of an answer that always has one.
    pub(crate) async fn scalar<'q, F: Field>(
        &mut self,
        query: impl Into<Query<'q>>,
        params: &[Param<'_>],
    ) -> Result<F, StoreError> {
        self.rows(query, params)
            .await?
            .into_iter()
            .next()
            .ok_or(StoreError::Value { position: 0, expected: "a row" })?
            .take()
    }

    /// [`Tx::execute`] for a statement that is made up at run time.
    pub(crate) async fn dynamic_execute(
        &mut self,
        template: &str,
        params: &[Param<'_>],
    ) -> Result<u64, StoreError> {
        self.writable()?;
        let text = adapt(template, self.backend());
        self.connection.dynamic_execute(text, params).await
    }

    /// Adds a row with all its columns and sets its primary key.
    pub(crate) async fn insert<R: Record>(&mut self, row: &mut R) -> Result<(), StoreError> {
        self.writable()?;
        let text = R::TABLE.statements().insert(self.backend());
        let id = self.connection.insert(text, &row.encode()).await?;
        row.set_id(id);
        Ok(())
    }

    /// Writes all columns of a row. False if there is none with its primary key.
    pub(crate) async fn update<R: Record>(&mut self, row: &R) -> Result<bool, StoreError> {
        self.writable()?;
        let text = R::TABLE.statements().update(self.backend());
        let mut params = row.encode();
        params.push(Param::Int(Some(row.id())));
        Ok(self.connection.execute(text, &params).await? > 0)
    }

    fn writable(&self) -> Result<(), StoreError> {
        if self.writes { Ok(()) } else { Err(StoreError::ReadOnly) }
    }
}
