//! `c.DummyAuthenticator`: any name, for trying things out.

use std::collections::BTreeSet;

use perijove_model::value::Value;
use secrecy::SecretString;

use crate::class::DefaultValue::{Computed, Text};
use crate::error::ConfigError;
use crate::kind::Kind;
use crate::section::section;
use crate::sections::Authenticator;
use crate::values::Values;

section! {
    /// Lets anybody in under any name. For tests only.
    DummyAuthenticator = "DummyAuthenticator" in "jupyterhub.auth" extends Authenticator;

    fields {
        /// If not empty, the password that everybody must give. Deprecated in favour of
        /// `SharedPasswordAuthenticator`.
        password: SecretString = Kind::Unicode, Text(""), Honoured;
    }
    redefines {
        allow_all = Kind::Bool, Computed("True unless allowed_users is set", allow_all), Honoured;
    }
}

fn allow_all(values: &Values<'_>) -> Result<Value, ConfigError> {
    let allowed: BTreeSet<String> = values.get("allowed_users")?;
    Ok(Value::Bool(allowed.is_empty()))
}
