//! Which schema a database has, and what is to be done about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Backend;
use crate::error::StoreError;
use crate::schema::{self, HEAD, TABLES, Table};

/// What was found in a database.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Observed {
    /// The columns of each table.
    pub(crate) tables: BTreeMap<String, BTreeSet<String>>,
    /// The names of our own indexes.
    pub(crate) own_indexes: BTreeSet<String>,
    /// The rows of Alembic's table; empty also if there is none.
    pub(crate) revisions: Vec<String>,
}

/// What is to be done with a database before it can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It has no tables of a hub: create them all, and the revision.
    Create,
    /// It has this schema; create what tables are missing, as upstream does. True if the revision is missing too.
    Use { stamp: bool },
    /// Add the columns that are missing.
    Upgrade,
}

/// A column that came after JupyterHub 5, with the default that its upgrade gives to rows that exist.
struct Later {
    revision: &'static str,
    table: &'static Table,
    columns: &'static [&'static str],
    default: Option<&'static str>,
}

/// The revision of JupyterHub 5.0 to 5.4, from which the upgrade begins.
const HUB_5: &str = "4621fec11365";

/// What came after it, in order; the last is [`HEAD`].
static LATER: [Later; 4] = [
    Later {
        revision: "be8ecf03ddac",
        table: &schema::SERVICES,
        columns: &["timeout"],
        default: Some("'30'"),
    },
    Later {
        revision: "afd65840b69e",
        table: &schema::OAUTH_CODES,
        columns: &["code_challenge", "code_challenge_method"],
        default: None,
    },
    Later { revision: "ff1860e38070", table: &schema::USERS, columns: &["user_info"], default: None },
    Later { revision: HEAD, table: &schema::SPAWNERS, columns: &["display_name"], default: None },
];

/// Earlier revisions, of JupyterHub 0.5 to 4.
const TOO_OLD: [&str; 14] = [
    "19c0846f6344",
    "eeb276e51423",
    "af4cbdb2d13c",
    "3ec6993fe20c",
    "1cebaf56856c",
    "56cc5a70207e",
    "99a28a4418e1",
    "d68c98b66cd4",
    "896818069c98",
    "4dc2d5a8c53c",
    "833da8570507",
    "651f5419b74d",
    "0eee8c825d24",
    "3c2384c5aae1",
];

impl Observed {
    /// Decides what is to be done. `database` names it in errors, `upgrade` allows an upgrade.
    pub(crate) fn plan(&self, database: &str, backend: Backend, upgrade: bool) -> Result<Plan, StoreError> {
        let database = || database.to_owned();
        if !TABLES.iter().any(|table| is_upstreams(table) && self.tables.contains_key(table.name)) {
            return self.plan_without_tables(database());
        }
        let revision = match self.revisions.as_slice() {
            [] => return self.plan_without_revision(database()),
            [revision] => revision.as_str(),
            several => {
                return Err(StoreError::UnknownRevision { database: database(), found: several.join(", ") });
            }
        };
        let upgradable = revision == HUB_5 || LATER.iter().any(|later| later.revision == revision);
        if TOO_OLD.contains(&revision) {
            return Err(StoreError::TooOld { database: database(), found: revision.to_owned() });
        }
        if !upgradable {
            return Err(StoreError::UnknownRevision { database: database(), found: revision.to_owned() });
        }
        if let Some(problem) = self.missing_column(revision) {
            return Err(StoreError::Inconsistent {
                database: database(),
                revision: revision.to_owned(),
                problem,
            });
        }
        match (revision == HEAD, upgrade) {
            (true, _) => Ok(Plan::Use { stamp: false }),
            (false, true) => Ok(Plan::Upgrade),
            (false, false) => Err(StoreError::NeedsUpgrade {
                database: database(),
                backend,
                found: revision.to_owned(),
                head: HEAD,
            }),
        }
    }

    /// Tables of plug-ins may be there, and a revision that upstream wrote just before it was stopped.
    fn plan_without_tables(&self, database: String) -> Result<Plan, StoreError> {
        match self.revisions.as_slice() {
            [] => Ok(Plan::Create),
            [revision] if revision == HEAD => Ok(Plan::Create),
            others => Err(StoreError::UnknownRevision { database, found: others.join(", ") }),
        }
    }

    /// Tables without a revision: of a JupyterHub before 0.8, or made by SQLAlchemy directly. Upstream guesses by one
    /// table; here all columns must be right.
    fn plan_without_revision(&self, database: String) -> Result<Plan, StoreError> {
        match self.missing_column(HEAD) {
            None => Ok(Plan::Use { stamp: true }),
            Some(problem) => {
                Err(StoreError::TooOld { database, found: format!("no revision, and {problem}") })
            }
        }
    }

    /// A column that a table of upstream's should have at a revision, but has not.
    fn missing_column(&self, revision: &str) -> Option<String> {
        let reached = LATER.iter().position(|later| later.revision == revision).map_or(0, |index| index + 1);
        let expected_later = |table: &Table, column: &str| {
            LATER
                .iter()
                .skip(reached)
                .any(|later| later.table.name == table.name && later.columns.contains(&column))
        };
        TABLES.iter().filter(|table| is_upstreams(table)).find_map(|table| {
            let found = self.tables.get(table.name)?;
            let missing = table
                .columns
                .iter()
                .find(|column| !found.contains(column.name) && !expected_later(table, column.name))?;
            Some(format!("the table {} has no column {}", table.name, missing.name))
        })
    }

    /// The statements that carry out a plan, each able to run in a transaction.
    pub(crate) fn statements(&self, plan: &Plan, backend: Backend) -> Vec<String> {
        let mut statements = Vec::new();
        if *plan == Plan::Upgrade {
            statements.extend(self.additions(backend));
        }
        statements.extend(schema::create_statements(|table| !self.tables.contains_key(table), backend));
        statements.extend(schema::create_own_indexes(|index| !self.own_indexes.contains(index), backend));
        if !self.tables.contains_key("alembic_version") {
            statements.push(schema::create_version_table().to_owned());
        }
        match plan {
            Plan::Use { stamp: false } => {}
            Plan::Create if self.revisions.len() == 1 => {}
            Plan::Create | Plan::Use { stamp: true } => {
                statements.push(format!("INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"));
            }
            Plan::Upgrade => statements.push(format!("UPDATE alembic_version SET version_num = '{HEAD}'")),
        }
        statements
    }

    /// Adds every column that came after JupyterHub 5 and is not there: also after an upgrade that was cut short,
    /// since MySQL cannot undo a change of a table.
    fn additions(&self, backend: Backend) -> Vec<String> {
        let mut statements = Vec::new();
        for later in &LATER {
            let Some(found) = self.tables.get(later.table.name) else { continue };
            let missing = later
                .table
                .columns
                .iter()
                .filter(|column| later.columns.contains(&column.name) && !found.contains(column.name));
            statements.extend(
                missing.map(|column| schema::add_column(later.table, column, later.default, backend)),
            );
        }
        statements
    }
}

fn is_upstreams(table: &Table) -> bool {
    !table.name.starts_with("perijove_")
}
