//! `c.SimpleLocalProcessSpawner`: servers without accounts, for trying things out.

use crate::class::DefaultValue::Text;
use crate::kind::Kind;
use crate::section::section;
use crate::sections::LocalProcessSpawner;

section! {
    /// Runs every server as the hub's own account, each in a directory of its own. For tests only:
    /// nothing keeps the servers apart.
    SimpleLocalProcessSpawner = "SimpleLocalProcessSpawner" in "jupyterhub.spawner" extends LocalProcessSpawner;

    fields {
        /// The home directory of a server; `{username}` is replaced by the person's name.
        home_dir_template: String = Kind::Unicode, Text("/tmp/{username}"), Honoured;
    }
    redefines {}
}
