//! `c.PAMAuthenticator`: passwords of this machine's accounts, checked by PAM.

use std::collections::BTreeSet;

use crate::class::DefaultValue::{Bool, EmptySet, Int, Text};
use crate::kind::{Kind, SET};
use crate::section::section;
use crate::sections::LocalAuthenticator;

section! {
    /// Checks passwords with PAM, as `login` does. The default authenticator.
    PamAuthenticator = "PAMAuthenticator" in "jupyterhub.auth" extends LocalAuthenticator;

    fields {
        /// Members of these groups of the machine are administrators.
        admin_groups: BTreeSet<String> = SET, EmptySet, Honoured;
        /// Also ask PAM whether the account may be used now (expired, locked, at this hour). As in
        /// JupyterHub that is asked in any case, together with the password.
        check_account: bool = Kind::Bool, Bool(true), Harmless;
        /// The encoding of names and passwords towards PAM.
        encoding: String = Kind::Unicode, Text("utf8"), Honoured;
        /// How many checks may run at the same time.
        executor_threads: i64 = Kind::Int, Int(4), Honoured;
        /// Open a PAM session when a server starts, and close it when the server stops.
        open_sessions: bool = Kind::Bool, Bool(false), Honoured;
        /// Replace a name by the one that the account database gives for its user id, so that one
        /// account has one name.
        pam_normalize_username: bool = Kind::Bool, Bool(false), Honoured;
        /// The PAM service, a file in `/etc/pam.d`.
        service: String = Kind::Unicode, Text("login"), Honoured;
    }
    redefines {}
}
