//! `c.JupyterHubHTTPClient`: the hub as a client of servers, services and the proxy.

use std::collections::BTreeMap;

use perijove_model::value::Value;

use crate::class::DefaultValue::EmptyDict;
use crate::kind::DICT;
use crate::section::section;

section! {
    /// Requests that the hub itself makes.
    HttpClient = "JupyterHubHTTPClient" in "jupyterhub.httpclient" root SINGLETON_CONFIGURABLE;

    fields {
        /// Options of upstream's connection pool (an aiohttp connector), such as `limit`.
        connector_options: BTreeMap<String, Value> = DICT, EmptyDict, NotYet;
        /// Options of upstream's client session (aiohttp), such as `timeout`.
        session_options: BTreeMap<String, Value> = DICT, EmptyDict, NotYet;
    }
    redefines {}
}
