//! The typed sections, one file per configurable class, and the registry of all of them.

use crate::class::ClassInfo;
use crate::section::Section;

mod application;
mod authenticator;
mod configurable_http_proxy;
mod crypt_keeper;
mod dummy_authenticator;
mod event_logger;
mod http_client;
mod jupyterhub;
mod local_authenticator;
mod local_process_spawner;
mod metrics;
mod null_authenticator;
mod pam_authenticator;
mod proxy;
mod shared_password_authenticator;
mod simple_local_process_spawner;
mod spawner;

pub use application::Application;
pub use authenticator::Authenticator;
pub use configurable_http_proxy::ConfigurableHttpProxy;
pub use crypt_keeper::CryptKeeper;
pub use dummy_authenticator::DummyAuthenticator;
pub use event_logger::EventLogger;
pub use http_client::HttpClient;
pub use jupyterhub::JupyterHub;
pub use local_authenticator::LocalAuthenticator;
pub use local_process_spawner::LocalProcessSpawner;
pub use metrics::PeriodicMetricsCollector;
pub use null_authenticator::NullAuthenticator;
pub use pam_authenticator::PamAuthenticator;
pub use proxy::Proxy;
pub use shared_password_authenticator::SharedPasswordAuthenticator;
pub use simple_local_process_spawner::SimpleLocalProcessSpawner;
pub use spawner::Spawner;

/// Every class that has a section, in the order of the reference page.
pub fn all() -> [&'static ClassInfo; 17] {
    [
        Application::class(),
        JupyterHub::class(),
        Authenticator::class(),
        LocalAuthenticator::class(),
        PamAuthenticator::class(),
        DummyAuthenticator::class(),
        SharedPasswordAuthenticator::class(),
        NullAuthenticator::class(),
        Spawner::class(),
        LocalProcessSpawner::class(),
        SimpleLocalProcessSpawner::class(),
        Proxy::class(),
        ConfigurableHttpProxy::class(),
        CryptKeeper::class(),
        EventLogger::class(),
        HttpClient::class(),
        PeriodicMetricsCollector::class(),
    ]
}

/// The class with this section name.
pub fn find(name: &str) -> Option<&'static ClassInfo> {
    all().into_iter().find(|class| class.name == name)
}
