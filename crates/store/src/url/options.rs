//! What a URL means for the drivers.

use secrecy::ExposeSecret as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Server, UrlError};

impl Server {
    /// Options for PostgreSQL. What the URL leaves open comes from `PGHOST`, `PGUSER`, `PGPASSWORD` and the like, as
    /// with libpq; the default host is the local socket.
    pub(crate) fn postgres(&self) -> Result<PgConnectOptions, UrlError> {
        let mut options = PgConnectOptions::new();
        if let Some(host) = &self.host {
            options = options.host(host);
        }
        if let Some(port) = self.port {
            options = options.port(port);
        }
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(password.expose_secret());
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        let mut hosts = 0;
        for (name, value) in &self.query {
            hosts += usize::from(name == "host");
            if hosts > 1 || (name == "host" && value.contains(',')) {
                return Err(refused(name, "names several hosts, which is not supported"));
            }
            options = postgres_option(options, name, value)?;
        }
        Ok(options)
    }

    /// Options for MySQL and MariaDB. The connection always speaks UTF-8, whatever `charset` says: that option is
    /// about Python's strings.
    pub(crate) fn mysql(&self) -> Result<MySqlConnectOptions, UrlError> {
        let mut options = MySqlConnectOptions::new();
        if let Some(host) = &self.host {
            options = options.host(host);
        }
        if let Some(port) = self.port {
            options = options.port(port);
        }
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(password.expose_secret());
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        for (name, value) in &self.query {
            options = mysql_option(options, name, value)?;
        }
        Ok(options)
    }
}

fn postgres_option(options: PgConnectOptions, name: &str, value: &str) -> Result<PgConnectOptions, UrlError> {
    Ok(match name {
        "sslmode" | "ssl" => options.ssl_mode(match value {
            "disable" | "False" | "false" => PgSslMode::Disable,
            "allow" => PgSslMode::Allow,
            "prefer" => PgSslMode::Prefer,
            "require" | "True" | "true" => PgSslMode::Require,
            "verify-ca" => PgSslMode::VerifyCa,
            "verify-full" => PgSslMode::VerifyFull,
            _ => return Err(refused(name, "has a value that libpq does not know")),
        }),
        "sslrootcert" if value == "system" => options,
        "sslrootcert" => options.ssl_root_cert(value),
        "sslcert" => options.ssl_client_cert(value),
        "sslkey" => options.ssl_client_key(value),
        "host" if value.starts_with('/') => options.socket(value),
        "host" => match value.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) => options.host(host).port(port),
            None => options.host(value),
        },
        "hostaddr" => options.host(value),
        "port" => options.port(value.parse().map_err(|_| UrlError::Port)?),
        "dbname" => options.database(value),
        "user" => options.username(value),
        "password" => options.password(value),
        "application_name" => options.application_name(value),
        "options" => {
            let settings = value.split("-c").filter_map(|setting| setting.trim().split_once('='));
            options.options(settings)
        }
        "service" | "passfile" => {
            return Err(refused(name, "is not supported: write its contents into the URL"));
        }
        "sslcrl" | "channel_binding" | "ssl_min_protocol_version" | "target_session_attrs" => {
            return Err(refused(name, "is not supported"));
        }
        _ => {
            tracing::warn!(option = name, "an option of JupyterHub.db_url has no effect");
            options
        }
    })
}

fn mysql_option(
    options: MySqlConnectOptions,
    name: &str,
    value: &str,
) -> Result<MySqlConnectOptions, UrlError> {
    let yes = matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on");
    Ok(match name {
        "unix_socket" => options.socket(value),
        "charset" | "use_unicode" => options,
        "ssl_ca" | "ssl-ca" => options.ssl_mode(MySqlSslMode::VerifyCa).ssl_ca(value),
        "ssl_cert" => options.ssl_client_cert(value),
        "ssl_key" => options.ssl_client_key(value),
        "ssl_check_hostname" | "ssl_verify_identity" if yes => options.ssl_mode(MySqlSslMode::VerifyIdentity),
        "ssl_verify_cert" if yes => options.ssl_mode(MySqlSslMode::VerifyCa),
        "ssl_disabled" if yes => options.ssl_mode(MySqlSslMode::Disabled),
        "ssl_check_hostname" | "ssl_verify_identity" | "ssl_verify_cert" | "ssl_disabled" => options,
        "ssl_mode" => options.ssl_mode(value.parse().map_err(|_| refused(name, "has an unknown value"))?),
        "read_default_file" | "read_default_group" | "option_files" => {
            return Err(refused(name, "is not supported: write host, user and password into the URL"));
        }
        _ => {
            tracing::warn!(option = name, "an option of JupyterHub.db_url has no effect");
            options
        }
    })
}

fn refused(name: &str, problem: &'static str) -> UrlError {
    UrlError::Option { name: name.to_owned(), problem }
}
