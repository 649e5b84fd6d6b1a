//! `c.CryptKeeper`: keys for what is stored encrypted.

use crate::class::DefaultValue::Late;
use crate::from_value::Hidden;
use crate::kind::{Kind, LIST};
use crate::section::section;

section! {
    /// Encryption of `auth_state` in the database.
    CryptKeeper = "CryptKeeper" in "jupyterhub.crypto" root SINGLETON_CONFIGURABLE;

    fields {
        /// The keys, each 32 bytes, as bytes or in base64 or hexadecimal notation. The first one
        /// encrypts; the others can still decrypt.
        keys: Option<Hidden<Vec<Vec<u8>>>> = LIST, Late("JUPYTERHUB_CRYPT_KEY, split at semicolons"), Honoured;
        /// Threads for encryption. Perijove needs none; the value is accepted.
        n_threads: Option<i64> = Kind::Int, Late("the number of processors"), Harmless;
    }
    redefines {}
}
