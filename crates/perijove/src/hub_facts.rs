//! What the Python worker is told about the hub, so that upstream's objects around a hook say the truth.

use std::time::Duration;

use perijove_config::origin::Origin;
use perijove_config::tree::{Entry, Raw};
use perijove_config::{ClassRef, Config, Listen, sections};
use perijove_core::settings::Settings;
use perijove_model::Value;
use perijove_python::{ClassName, HubFacts, HubServer, HubSettings, ProxyAppFacts, ProxyFacts};

use crate::internal_tls::InternalTls;
use crate::sections::Sections;

/// How long code of a plug-in may block its process. Upstream's whole hub would stand still as long.
const STALL_LIMIT: Duration = Duration::from_secs(60);

/// Collects them.
pub fn collect(
    config: &Config,
    sections: &Sections,
    settings: &Settings,
    internal: Option<&InternalTls>,
) -> HubFacts {
    HubFacts {
        log_level: u32::try_from(sections.hub.base.log_level.0).unwrap_or(20),
        overrides: overrides(config),
        spawner_class: class_name(&sections.classes.spawner.class),
        authenticator_class: class_name(&sections.classes.authenticator.class),
        proxy: proxy(sections, internal),
        authenticator_is_python: sections.classes.authenticator.python.is_some(),
        hub: hub_server(sections, internal),
        settings: hub_settings(sections, settings, internal),
        database_url: sections.hub.db_url.clone(),
        output_file: None,
        stall_limit: STALL_LIMIT,
    }
}

fn proxy(sections: &Sections, internal: Option<&InternalTls>) -> Option<ProxyFacts> {
    sections.classes.proxy.python.as_ref()?;
    let hub = &sections.hub;
    Some(ProxyFacts {
        class_name: class_name(&sections.classes.proxy.class),
        public_url: hub.bind_url.clone(),
        ssl_key: hub.ssl_key.clone(),
        ssl_cert: hub.ssl_cert.clone(),
        app: ProxyAppFacts {
            subdomain_host: hub.subdomain_host.clone(),
            internal_ssl: internal.is_some(),
            internal_proxy_certs: internal.map(InternalTls::proxy_files).unwrap_or_default(),
            internal_trust_bundles: internal.map(InternalTls::trust_bundles).unwrap_or_default(),
        },
    })
}

fn class_name(class: &ClassRef) -> ClassName {
    match class {
        ClassRef::Named(name) => ClassName::Named(name.clone()),
        ClassRef::Object(handle) => ClassName::Handle(handle.clone()),
    }
}

fn hub_server(sections: &Sections, internal: Option<&InternalTls>) -> HubServer {
    let hub = &sections.hub;
    let port = match &sections.addresses.hub {
        Listen::Tcp { port, .. } => *port,
        Listen::Unix(_) => 0,
    };
    HubServer {
        base_url: sections.addresses.hub_prefix.clone(),
        bind_url: hub.hub_bind_url.clone(),
        connect_url: hub.hub_connect_url.clone(),
        ip: hub.hub_ip.clone(),
        port,
        connect_ip: hub.hub_connect_ip.clone(),
        public_host: sections.addresses.public_host.clone(),
        routespec: hub.hub_routespec.clone(),
        tls: internal.map(InternalTls::hub_files),
    }
}

fn hub_settings(sections: &Sections, settings: &Settings, internal: Option<&InternalTls>) -> HubSettings {
    let hub = &sections.hub;
    HubSettings {
        base_url: settings.base_url.clone(),
        subdomain_host: hub.subdomain_host.clone(),
        domain: settings.domain().to_owned(),
        public_url: hub.public_url.clone(),
        allow_named_servers: hub.allow_named_servers,
        default_server_name: hub.default_server_name.clone(),
        admin_access: hub.admin_access,
        redirect_to_server: hub.redirect_to_server,
        login_url: settings.login_url(),
        logout_url: format!("{}logout", settings.hub_prefix),
        cookie_options: settings.cookies.options_json(),
        cookie_host_prefix_enabled: settings.cookies.host_prefix,
        trusted_alt_names: hub.trusted_alt_names.clone(),
        internal_ssl: internal.is_some(),
        internal_certs_location: internal.map(|internal| internal.folder().display().to_string()),
        internal_trust_bundles: internal.map(InternalTls::trust_bundles).unwrap_or_default(),
    }
}

/// What is set over the Python files, which the worker has read itself.
fn overrides(config: &Config) -> Vec<(String, String, Value)> {
    let mut overrides = Vec::new();
    for (section, tree) in &config.tree().sections {
        for (name, entry) in tree.entries.iter().filter(|(_, entry)| !is_of_python(entry)) {
            if let Some(value) = value_of(config, section, name, entry) {
                overrides.push((section.clone(), name.clone(), value));
            }
        }
    }
    overrides
}

fn is_of_python(entry: &Entry) -> bool {
    matches!(&entry.origin, Origin::File { path, .. } if path.extension().is_some_and(|extension| extension == "py"))
}

fn value_of(config: &Config, section: &str, name: &str, entry: &Entry) -> Option<Value> {
    match &entry.raw {
        Raw::Value(value) => Some(value.clone()),
        // Only the trait knows what words of the command line mean.
        Raw::Words(_) => config.values(sections::find(section)?).value(name).ok(),
    }
}
