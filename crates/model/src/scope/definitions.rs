//! The scopes of JupyterHub 6.1.1: names, what each implies, and what it means in our words.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One predefined scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeDefinition {
    /// The name, without filter.
    pub name: &'static str,
    /// What it allows, for the OAuth confirmation page and the reference.
    pub description: &'static str,
    /// The scopes that it directly implies.
    pub subscopes: &'static [&'static str],
}

macro_rules! scopes {
    ($($name:literal: $description:literal => [$($sub:literal),* $(,)?];)*) => {
        &[$(ScopeDefinition { name: $name, description: $description, subscopes: &[$($sub),*] }),*]
    };
}

static DEFINITIONS: &[ScopeDefinition] = scopes! {
    "(no_scope)": "Learn who is asking." => [];
    "self": "Everything that is yours" => [];
    "inherit": "Everything that you may do" => [];
    "admin-ui": "Open the admin page." => [];
    "admin:users": "Create, change and delete any user, and see what the identity provider told about them. Whoever has this can become anyone." => ["admin:auth_state", "users", "read:roles:users", "delete:users"];
    "admin:auth_state": "See what the identity provider told about a user." => [];
    "users": "See and change users, but not their servers, tokens or identity data." => ["read:users", "list:users", "users:activity"];
    "delete:users": "Delete users." => [];
    "list:users": "See which users there are." => ["read:users:name"];
    "read:users": "See everything about users, and where their default server runs." => ["read:users:name", "read:users:groups", "read:users:activity"];
    "read:users:name": "See the names of users." => [];
    "read:users:groups": "See which groups users are in." => [];
    "read:users:activity": "See when users were last active." => [];
    "read:roles": "See who has which role." => ["read:roles:users", "read:roles:services", "read:roles:groups"];
    "read:roles:users": "See the roles of users." => [];
    "read:roles:services": "See the roles of services." => [];
    "read:roles:groups": "See the roles of groups." => [];
    "users:activity": "Report that users are active." => ["read:users:activity"];
    "admin:servers": "Create, start, stop and delete the servers of users, and see their inner state." => ["admin:server_state", "servers"];
    "admin:server_state": "See and change the inner state of servers." => [];
    "servers": "Start and stop servers." => ["read:servers", "start:servers", "delete:servers"];
    "read:servers": "See whose servers there are, and how they are." => ["read:users:name"];
    "start:servers": "Start and change servers." => [];
    "delete:servers": "Stop and delete servers." => [];
    "tokens": "See, make and revoke the tokens of users." => ["read:tokens"];
    "read:tokens": "See which tokens users have." => [];
    "admin:groups": "Create, change and delete groups." => ["groups", "read:roles:groups", "delete:groups"];
    "groups": "See groups, change them, and add or remove their members, which can change what members may do." => ["read:groups", "list:groups"];
    "list:groups": "See which groups there are." => ["read:groups:name"];
    "read:groups": "See everything about groups." => ["read:groups:name"];
    "read:groups:name": "See the names of groups." => [];
    "delete:groups": "Delete groups." => [];
    "admin:services": "See services, and create, change and delete those that are not in the configuration." => ["list:services", "read:services", "read:roles:services"];
    "list:services": "See which services there are." => ["read:services:name"];
    "read:services": "See everything about services." => ["read:services:name"];
    "read:services:name": "See the names of services." => [];
    "read:hub": "See details of this hub." => [];
    "access:servers": "Use servers, in a browser or by their API." => [];
    "access:services": "Use services, in a browser or by their API." => [];
    "users:shares": "See what is shared with a user, and leave such shares." => ["read:users:shares"];
    "read:users:shares": "See what is shared with a user." => [];
    "groups:shares": "See what is shared with a group, and leave such shares." => ["read:groups:shares"];
    "read:groups:shares": "See what is shared with a group." => [];
    "read:shares": "See with whom servers are shared." => [];
    "shares": "Share servers with others, and end that." => ["access:servers", "read:shares", "users:shares", "groups:shares"];
    "proxy": "See and refresh the routes of the proxy, or announce another proxy." => [];
    "shutdown": "Shut this hub down." => [];
    "read:metrics": "Read this hub's metrics." => [];
};

struct Entry {
    definition: &'static ScopeDefinition,
    /// The scope itself and everything that it implies.
    closure: Vec<&'static str>,
}

static INDEX: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
    let by_name: HashMap<_, _> = DEFINITIONS.iter().map(|definition| (definition.name, definition)).collect();
    let entry = |definition: &'static ScopeDefinition| {
        let mut closure = vec![definition.name];
        let mut next = 0;
        while let Some(name) = closure.get(next).copied() {
            next += 1;
            for subscope in by_name.get(name).map_or(&[][..], |definition| definition.subscopes) {
                if !closure.contains(subscope) {
                    closure.push(subscope);
                }
            }
        }
        Entry { definition, closure }
    };
    DEFINITIONS.iter().map(|definition| (definition.name, entry(definition))).collect()
});

/// All predefined scopes, in the order of the reference.
pub fn definitions() -> &'static [ScopeDefinition] {
    DEFINITIONS
}

/// The definition of a predefined scope, by its name without filter.
pub fn definition(name: &str) -> Option<&'static ScopeDefinition> {
    INDEX.get(name).map(|entry| entry.definition)
}

/// A predefined scope and all that it implies; empty for another name.
pub(super) fn closure(name: &str) -> &'static [&'static str] {
    INDEX.get(name).map_or(&[], |entry| entry.closure.as_slice())
}
