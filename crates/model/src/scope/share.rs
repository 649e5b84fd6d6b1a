//! Scopes of shares: whatever they are, they reach one server only.

use super::ScopeSet;
use super::parsed::split;

/// A share's scope with a filter that names something else than the shared server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("!{filter} not allowed on sharing {scope}, only !{expected}")]
pub struct ShareScopeError {
    /// The scope as given.
    pub scope: String,
    /// Its filter.
    pub filter: String,
    /// The only filter that may be given.
    pub expected: String,
}

/// Gives every scope the filter of the shared server.
///
/// # Errors
/// [`ShareScopeError`] if a scope has another filter.
pub fn limit_to_server<'a>(
    scopes: impl IntoIterator<Item = &'a str>,
    owner: &str,
    server: &str,
) -> Result<ScopeSet, ShareScopeError> {
    let expected = filter(owner, server);
    let mut limited = ScopeSet::new();
    for scope in scopes {
        let (base, given) = split(scope);
        if let Some(given) = given.filter(|given| *given != expected) {
            return Err(ShareScopeError { scope: scope.to_owned(), filter: given.to_owned(), expected });
        }
        limited.insert(format!("{base}!{expected}"));
    }
    Ok(limited)
}

/// Stored scopes of a share as they count today: user or server may have another name now than when the server was
/// shared, and their old names may be somebody else's.
pub fn follow_server<'a>(stored: impl IntoIterator<Item = &'a str>, owner: &str, server: &str) -> ScopeSet {
    let filter = filter(owner, server);
    stored.into_iter().map(|scope| format!("{}!{filter}", split(scope).0)).collect()
}

fn filter(owner: &str, server: &str) -> String {
    format!("server={owner}/{server}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> ScopeSet {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn shared_scopes_reach_the_server_and_no_further() {
        let limited = limit_to_server(["read:servers", "access:servers!server=ann/lab"], "ann", "lab");
        assert_eq!(limited, Ok(set(&["read:servers!server=ann/lab", "access:servers!server=ann/lab"])));
        for foreign in ["read:servers!server=bob/lab", "read:users!user=ann", "access:servers!server"] {
            let refused = limit_to_server([foreign], "ann", "lab").unwrap_err();
            assert_eq!((refused.scope.as_str(), refused.expected.as_str()), (foreign, "server=ann/lab"));
        }
    }

    #[test]
    fn stored_scopes_follow_a_renamed_server_and_leave_its_old_name() {
        let followed = follow_server(["access:servers!server=ann/", "read:servers"], "anna", "lab");
        assert_eq!(followed, set(&["access:servers!server=anna/lab", "read:servers!server=anna/lab"]));
    }
}
