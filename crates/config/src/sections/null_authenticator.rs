//! `c.NullAuthenticator`: no logins at all.

use crate::section::section;
use crate::sections::Authenticator;

section! {
    /// Nobody can log in; the hub is used through its API alone.
    NullAuthenticator = "NullAuthenticator" in "jupyterhub.auth" extends Authenticator;

    fields {}
    redefines {}
}
