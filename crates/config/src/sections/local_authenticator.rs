//! `c.LocalAuthenticator`: people who are accounts of this machine.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::value::Value;

use crate::class::DefaultValue::{Bool, EmptyDict, EmptySet, Texts};
use crate::kind::{DICT, Kind, SET};
use crate::section::section;
use crate::sections::Authenticator;

section! {
    /// What authenticators for accounts of this machine share.
    LocalAuthenticator = "LocalAuthenticator" in "jupyterhub.auth" extends Authenticator;

    fields {
        /// The command that makes an account. `USERNAME` in it is replaced by the name, which is
        /// also added at its end.
        add_user_cmd: Vec<String> = Kind::Command(1),
            Texts(&["adduser", "-q", "--gecos", "\"\"", "--disabled-password"]), Honoured;
        /// Members of these groups of the machine may log in.
        allowed_groups: BTreeSet<String> = SET, EmptySet, Honoured;
        /// Make an account for a person who has none.
        create_system_users: bool = Kind::Bool, Bool(false), Honoured;
        /// The old name of `allowed_groups`. JupyterHub 6 ignores it, so that it lets nobody in.
        group_whitelist: BTreeSet<String> = SET, EmptySet, Honoured;
        /// User ids for accounts that are made, by name.
        uids: BTreeMap<String, Value> = DICT, EmptyDict, Honoured;
    }
    redefines {}
}
