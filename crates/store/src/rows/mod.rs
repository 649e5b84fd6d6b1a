//! The rows of every table as plain structs, one public field per column, in the order in which SQLAlchemy creates
//! the columns. Names are plain strings here: the database may hold names that today's rules refuse, and such a row
//! must stay readable. JSON columns are `serde_json::Value`; scope lists are read from JSON arrays, NULL as empty.
//!
//! `Debug` leaves out what must not reach a log (cookie ids, hashes, secrets, codes, encrypted state).

mod access;
mod field;
mod hub;
mod own;
mod sharing;

pub use access::{
    ClientTarget, Grants, RunningSpawner, SharedServer, TokenOwner, TokenWithOwner, UserWithGrants,
};
pub(crate) use field::Field;
pub use hub::{ApiToken, Group, OAuthClient, OAuthCode, Role, Server, Service, Spawner, User};
pub use own::Process;
pub use sharing::{Share, ShareCode, ShareCodeDetails, ShareDetails};

use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::Param;
use crate::schema::Table;

/// A struct that mirrors one table with an integer primary key named `id`.
pub(crate) trait Record: Sized + Send {
    /// The table it mirrors; the fields have the order of its columns.
    const TABLE: &'static Table;
    /// Reads one value per column, in order.
    fn decode(cells: &mut Cells) -> Result<Self, StoreError>;
    /// One parameter per column except `id`, in order.
    fn encode(&self) -> Vec<Param<'_>>;
    /// The primary key.
    fn id(&self) -> i64;
    /// Sets the primary key after an insertion.
    fn set_id(&mut self, id: i64);
}

/// Declares a [`Record`]: a struct whose fields are the columns of a table, in order.
macro_rules! record {
    (@show $value:expr) => { &$value };
    (@show $value:expr, hidden) => { &"…" };
    (@param id, $value:expr) => { None };
    (@param $field:ident, $value:expr) => { Some($crate::rows::Field::write(&$value)) };
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $table:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $kind:ty $(=> $hidden:ident)?, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        pub struct $name { $( $(#[$field_meta])* pub $field: $kind, )* }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $( .field(stringify!($field), record!(@show self.$field $(, $hidden)?)) )*
                    .finish()
            }
        }

        impl $crate::rows::Record for $name {
            const TABLE: &'static $crate::schema::Table = &$crate::schema::$table;

            fn decode(cells: &mut $crate::cell::Cells) -> Result<Self, $crate::error::StoreError> {
                Ok(Self { $( $field: cells.take()?, )* })
            }

            fn encode(&self) -> Vec<$crate::param::Param<'_>> {
                [ $( record!(@param $field, self.$field), )* ].into_iter().flatten().collect()
            }

            fn id(&self) -> i64 { self.id }

            fn set_id(&mut self, id: i64) { self.id = id; }
        }

        #[cfg(test)]
        impl $name {
            /// The names of the fields, for the test that compares them with the columns.
            pub(crate) const FIELDS: &'static [&'static str] = &[ $( stringify!($field), )* ];
        }
    };
}
pub(crate) use record;
