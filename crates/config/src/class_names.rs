//! Short names of classes: the entry points that JupyterHub 6.1.1 itself registers.

use crate::kind::ClassGroup;

/// Group, short name, import string.
const NAMES: &[(ClassGroup, &str, &str)] = &[
    (ClassGroup::Authenticators, "default", "jupyterhub.auth.PAMAuthenticator"),
    (ClassGroup::Authenticators, "pam", "jupyterhub.auth.PAMAuthenticator"),
    (ClassGroup::Authenticators, "dummy", "jupyterhub.auth.DummyAuthenticator"),
    (ClassGroup::Authenticators, "null", "jupyterhub.auth.NullAuthenticator"),
    (
        ClassGroup::Authenticators,
        "shared-password",
        "jupyterhub.authenticators.shared.SharedPasswordAuthenticator",
    ),
    (ClassGroup::Spawners, "default", "jupyterhub.spawner.LocalProcessSpawner"),
    (ClassGroup::Spawners, "localprocess", "jupyterhub.spawner.LocalProcessSpawner"),
    (ClassGroup::Spawners, "simple", "jupyterhub.spawner.SimpleLocalProcessSpawner"),
    (ClassGroup::Proxies, "default", "jupyterhub.proxy.ConfigurableHTTPProxy"),
    (ClassGroup::Proxies, "configurable-http-proxy", "jupyterhub.proxy.ConfigurableHTTPProxy"),
];

/// The import string of a short name, whatever its case; any other name stays as it is.
pub fn resolve(group: ClassGroup, name: &str) -> String {
    let wanted = name.to_lowercase();
    NAMES
        .iter()
        .find(|(member, short, _)| *member == group && *short == wanted)
        .map_or(name, |(_, _, import)| import)
        .to_owned()
}

/// The short names of a group.
pub fn short_names(group: ClassGroup) -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter(move |(member, ..)| *member == group).map(|(_, short, _)| *short)
}
