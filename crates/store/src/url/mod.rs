//! `JupyterHub.db_url` in SQLAlchemy's forms.
//!
//! `sqlite:///relative.sqlite`, `sqlite:////absolute.sqlite`, `sqlite://` (in memory), a bare path,
//! `postgresql://user:password@host:5432/name?sslmode=require`, `mysql+pymysql://…`: any driver name after a `+` is
//! accepted, since the drivers are Python's. User, password and database are percent-encoded, as SQLAlchemy has it.

mod options;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// In memory, for this process alone.
    Memory,
    /// An SQLite file; a relative path counts from the working directory.
    SqliteFile(PathBuf),
    /// A PostgreSQL server.
    Postgres(Server),
    /// A MySQL or MariaDB server.
    MySql(Server),
}

/// A database on a server.
#[derive(Clone, Debug)]
pub struct Server {
    /// What stands before `://`.
    scheme: String,
    user: Option<String>,
    password: Option<SecretString>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    /// What stands after `?`, decoded, in order.
    query: Vec<(String, String)>,
}

/// Why a database URL cannot be used. No message contains the URL, since that may contain a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another kind of database.
    #[error(
        "JupyterHub.db_url: databases of the kind {0:?} are not supported\nhint: use sqlite:///path, postgresql://… or mysql://…"
    )]
    Unsupported(String),
    /// The port is not a number.
    #[error(
        "JupyterHub.db_url: the port is not a number between 1 and 65535\nhint: percent-encode `@`, `/` and `:` inside the user's name and the password"
    )]
    Port,
    /// An SQLite URL names a host.
    #[error(
        "JupyterHub.db_url: an SQLite URL has no host\nhint: sqlite:///relative/path or sqlite:////absolute/path, with three or four slashes"
    )]
    SqliteHost,
    /// Something after the `?` that would change the connection and is not supported here.
    #[error("JupyterHub.db_url: the option {name:?} {problem}")]
    Option {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Something is not UTF-8 after percent-decoding.
    #[error("JupyterHub.db_url: it is not UTF-8 after percent-decoding")]
    Encoding,
}

impl DatabaseUrl {
    /// Reads a `db_url`.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            // As upstream: a plain file name means SQLite.
            return sqlite(&format!("/{url}"));
        };
        let kind = scheme.split('+').next().unwrap_or_default();
        match kind.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest),
            "postgresql" | "postgres" => Ok(Self::Postgres(Server::parse(scheme, rest)?)),
            "mysql" | "mariadb" => Ok(Self::MySql(Server::parse(scheme, rest)?)),
            _ => Err(UrlError::Unsupported(kind.to_owned())),
        }
    }
}

/// What follows `sqlite://`.
fn sqlite(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    for (name, value) in pairs(query)? {
        if name == "uri" && !matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "off" | "no") {
            return Err(UrlError::Option { name, problem: "is not supported: give the path itself" });
        }
        tracing::debug!(option = name, "ignoring an option of Python's SQLite driver");
    }
    let Some((host, path)) = place.split_once('/') else {
        return if place.is_empty() { Ok(DatabaseUrl::Memory) } else { Err(UrlError::SqliteHost) };
    };
    if !host.is_empty() {
        return Err(UrlError::SqliteHost);
    }
    let path = decode(path)?;
    if path.is_empty() || path == ":memory:" {
        return Ok(DatabaseUrl::Memory);
    }
    Ok(DatabaseUrl::SqliteFile(PathBuf::from(path.into_owned())))
}

impl Server {
    /// Reads what follows `scheme://`. As SQLAlchemy does, the password ends at the first `@`.
    fn parse(scheme: &str, rest: &str) -> Result<Self, UrlError> {
        let (place, query) = match rest.split_once('?') {
            // A question mark before the `@` belongs to the password.
            Some((before, _)) if !before.contains('@') && rest.contains('@') => {
                let (credentials, after) = rest.split_once('@').unwrap_or_default();
                let (host, query) = after.split_once('?').unwrap_or((after, ""));
                (format!("{credentials}@{host}"), query)
            }
            Some((before, query)) => (before.to_owned(), query),
            None => (rest.to_owned(), ""),
        };
        let (credentials, address) = match place.split_once('@') {
            // `@` after a slash that is not the password's belongs to the database name.
            Some((before, _)) if before.split(':').next().is_some_and(|user| user.contains('/')) => {
                (None, place.as_str())
            }
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, place.as_str()),
        };
        let (user, password) = match credentials
            .map(|text| text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password))))
        {
            Some((user, password)) => (Some(user), password),
            None => (None, None),
        };
        let (authority, database) = address.split_once('/').map_or((address, None), |(a, d)| (a, Some(d)));
        let (host, port) = split_port(authority)?;
        let text = |value: Option<&str>| {
            let decoded = value.filter(|it| !it.is_empty()).map(decode).transpose();
            decoded.map(|it| it.map(Cow::into_owned))
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            user: text(user)?,
            password: password.map(decode).transpose()?.map(|it| SecretString::from(it.into_owned())),
            host: host.map(str::to_owned),
            port,
            database: text(database)?,
            query: pairs(query)?,
        })
    }
}

fn split_port(authority: &str) -> Result<(Option<&str>, Option<u16>), UrlError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse().ok().filter(|port| *port > 0).ok_or(UrlError::Port)?),
    };
    Ok((Some(host).filter(|host| !host.is_empty()), port))
}

fn decode(text: &str) -> Result<Cow<'_, str>, UrlError> {
    percent_decode_str(text).decode_utf8().map_err(|_| UrlError::Encoding)
}

/// `a=1&b=2`, decoded as a form is.
fn pairs(query: &str) -> Result<Vec<(String, String)>, UrlError> {
    let part = |text: &str| decode(&text.replace('+', " ")).map(Cow::into_owned);
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((part(name)?, part(value)?))
        })
        .collect()
}

/// For messages: without the password.
impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite:///:memory:"),
            Self::SqliteFile(path) => write!(f, "sqlite:///{}", path.display()),
            Self::Postgres(server) | Self::MySql(server) => server.fmt(f),
        }
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if self.user.is_some() || self.password.is_some() {
            f.write_str(self.user.as_deref().unwrap_or_default())?;
            f.write_str(if self.password.is_some() { ":[redacted]@" } else { "@" })?;
        }
        f.write_str(self.host.as_deref().unwrap_or_default())?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        // Options are left out: some drivers take a password there.
        write!(f, "/{}", self.database.as_deref().unwrap_or_default())
    }
}
