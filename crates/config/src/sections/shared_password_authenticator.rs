//! `c.SharedPasswordAuthenticator`: one password for all, another for administrators.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::class::DefaultValue::{EmptyDict, None};
use crate::from_value::Hidden;
use crate::kind::Kind;
use crate::section::section;
use crate::sections::Authenticator;

section! {
    /// One password that everybody knows, and another one for administrators. For workshops.
    SharedPasswordAuthenticator = "SharedPasswordAuthenticator" in "jupyterhub.authenticators.shared"
        extends Authenticator;

    fields {
        /// The password of those in `admin_users`, who cannot log in with any other: at least 32
        /// characters, not the same as `user_password`.
        admin_password: Option<SecretString> = Kind::Optional(&Kind::Unicode), None, Honoured;
        /// Further passwords, and the groups that a person who uses one is put in. Needs
        /// `manage_groups`.
        password_groups: Hidden<BTreeMap<String, Vec<String>>> =
            Kind::Dict(&Kind::Unicode, &Kind::List(&Kind::Unicode)), EmptyDict, Honoured;
        /// The password of everybody else: at least 8 characters. Unset, only administrators get in.
        user_password: Option<SecretString> = Kind::Optional(&Kind::Unicode), None, Honoured;
    }
    redefines {}
}
