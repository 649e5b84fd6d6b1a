//! `c.Proxy`: what every proxy shares.

use std::collections::BTreeMap;

use crate::class::DefaultValue::{Bool, EmptyDict};
use crate::kind::Kind;
use crate::section::section;

section! {
    /// What every proxy shares.
    Proxy = "Proxy" in "jupyterhub.proxy" root LOGGING_CONFIGURABLE;

    fields {
        /// More routes that the hub keeps in the proxy: paths (with a host in front if
        /// `JupyterHub.subdomain_host` is set) and the URLs they lead to.
        extra_routes: BTreeMap<String, String> = Kind::Dict(&Kind::Unicode, &Kind::Unicode), EmptyDict, Honoured;
        /// The hub runs the proxy. False if something else runs it: the hub then only sends it routes.
        should_start: bool = Kind::Bool, Bool(true), Honoured;
    }
    redefines {}
}
