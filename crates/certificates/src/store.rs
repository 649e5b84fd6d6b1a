//! The folder of authorities and certificates.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::AltName;
use crate::signing::{self, Made};

const INDEX: &str = "certipy.json";
/// What ends within this time is made anew.
const RENEWED_BEFORE_END: TimeDelta = TimeDelta::days(30);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        error: io::Error,
    },
    /// The index is not certipy's.
    #[error(
        "{path} is no index of certificates: {problem}\nhint: move the folder away, or set c.JupyterHub.recreate_internal_certs"
    )]
    Index {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// An authority cannot sign.
    #[error("the certificate of {name} cannot be made by {authority}: {problem}")]
    Signing {
        /// Whose certificate.
        name: String,
        /// Who signs.
        authority: String,
        /// What is wrong.
        problem: String,
    },
}

/// A private key and its certificate, as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The private key, readable by the hub's account only.
    pub key: PathBuf,
    /// The certificate.
    pub certificate: PathBuf,
}

/// An authority that somebody else has made (`JupyterHub.external_ssl_authorities`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExternalAuthority {
    /// Its private key; without it nothing can be signed.
    pub key: Option<PathBuf>,
    /// Its certificate.
    pub certificate: PathBuf,
    /// The certificate of who signed that.
    pub authority: Option<PathBuf>,
}

/// An entry of certipy's index.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    serial: Value,
    is_ca: bool,
    parent_ca: String,
    signees: Option<Map<String, Value>>,
    files: Files,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Files {
    #[serde(default)]
    key: String,
    cert: String,
    #[serde(default)]
    ca: String,
}

/// The folder (`JupyterHub.internal_certs_location`).
#[derive(Debug)]
pub struct CertificateStore {
    folder: PathBuf,
    records: BTreeMap<String, Record>,
}

impl CertificateStore {
    /// Opens or makes the folder; with `anew` what is there is removed first.
    ///
    /// # Errors
    /// [`CertificateError`] where it cannot be read or made.
    pub fn open(folder: &Path, anew: bool) -> Result<Self, CertificateError> {
        let folder = std::path::absolute(folder).map_err(|error| file_error(folder, error))?;
        if anew && folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| file_error(&folder, error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| file_error(&folder, error))?;
        let index = folder.join(INDEX);
        let records = match fs::read_to_string(&index) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| CertificateError::Index {
                path: index.display().to_string(),
                problem: error.to_string(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(file_error(&index, error)),
        };
        Ok(Self { folder, records })
    }

    /// The folder, as an absolute path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes over an authority that somebody else has made, in place of one of this name.
    ///
    /// # Errors
    /// [`CertificateError::File`] where the index cannot be written.
    pub fn add_external(&mut self, name: &str, files: &ExternalAuthority) -> Result<(), CertificateError> {
        let text = |path: &Option<PathBuf>| path.as_ref().map_or_else(String::new, |path| shown(path));
        let files =
            Files { key: text(&files.key), cert: shown(&files.certificate), ca: text(&files.authority) };
        self.record(name, true, "", files)
    }

    /// Makes the authority of this name, unless there is one.
    ///
    /// # Errors
    /// [`CertificateError`] where it cannot be made or written.
    pub fn ensure_authority(&mut self, name: &str, now: DateTime<Utc>) -> Result<(), CertificateError> {
        if self.records.contains_key(name) {
            return Ok(());
        }
        tracing::info!("Generating CA {name}");
        let made = signing::authority(name, now).map_err(|error| signing_error(name, name, error))?;
        let pair = self.write(name, &made)?;
        self.record(name, true, "", files_of(&pair, ""))
    }

    /// Writes the certificates of `trusted` into [the file](Self::trust_file) of those whom `name` trusts.
    ///
    /// # Errors
    /// [`CertificateError`] where a certificate cannot be read, or the file not written.
    pub fn trust(&self, name: &str, trusted: &[&str]) -> Result<(), CertificateError> {
        let mut bundle = String::new();
        for authority in trusted {
            bundle.push_str(read(&self.authority(authority, authority)?.cert)?.trim_end());
            bundle.push('\n');
        }
        replace(&self.trust_file(name), &bundle, 0o644)
    }

    /// The file that [`Self::trust`] writes.
    pub fn trust_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}_trust.crt"))
    }

    /// A certificate that is kept from start to start; made anew only when its end is near.
    ///
    /// # Errors
    /// [`CertificateError`] where it cannot be made or written.
    pub fn kept(
        &mut self,
        name: &str,
        authority: &str,
        alt_names: &[AltName],
        now: DateTime<Utc>,
    ) -> Result<Pair, CertificateError> {
        if let Some(record) = self.records.get(name) {
            let pair = Pair { key: (&record.files.key).into(), certificate: (&record.files.cert).into() };
            let lasts = |pem: String| signing::end_of(&pem).is_some_and(|end| end - RENEWED_BEFORE_END > now);
            if pair.key.is_file() && fs::read_to_string(&pair.certificate).is_ok_and(lasts) {
                tracing::info!("Using existing {name} certificate");
                return Ok(pair);
            }
        }
        tracing::info!("Generating signed pair for {name}: {}", AltName::list(alt_names));
        let pair = self.issue(name, authority, alt_names, now)?;
        let files = files_of(&pair, &self.authority(authority, name)?.cert);
        self.record(name, false, authority, files)?;
        Ok(pair)
    }

    /// A new certificate, in place of one of the same name. The index does not know of it, so that a start of one among
    /// thousands of servers does not write about all.
    ///
    /// # Errors
    /// [`CertificateError`] where it cannot be made or written.
    pub fn issue(
        &self,
        name: &str,
        authority: &str,
        alt_names: &[AltName],
        now: DateTime<Utc>,
    ) -> Result<Pair, CertificateError> {
        let files = self.authority(authority, name)?;
        if files.key.is_empty() {
            return Err(signing_error(name, authority, "its private key is not known here"));
        }
        let (key, certificate) = (read(&files.key)?, read(&files.cert)?);
        let made = signing::signed(name, alt_names, &key, &certificate, now);
        self.write(name, &made.map_err(|error| signing_error(name, authority, error))?)
    }

    /// The files of an authority, which is wanted for the certificate of `name`.
    fn authority(&self, authority: &str, name: &str) -> Result<&Files, CertificateError> {
        let record = self.records.get(authority);
        let missing = || signing_error(name, authority, "there is no such authority");
        record.map(|record| &record.files).ok_or_else(missing)
    }

    fn write(&self, name: &str, made: &Made) -> Result<Pair, CertificateError> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(|error| file_error(&folder, error))?;
        let pair =
            Pair { key: folder.join(format!("{name}.key")), certificate: folder.join(format!("{name}.crt")) };
        replace(&pair.key, &made.key, 0o600)?;
        replace(&pair.certificate, &made.certificate, 0o644)?;
        Ok(pair)
    }

    fn record(
        &mut self,
        name: &str,
        is_ca: bool,
        parent: &str,
        files: Files,
    ) -> Result<(), CertificateError> {
        let record =
            Record { serial: Value::from(0), is_ca, parent_ca: parent.to_owned(), signees: None, files };
        self.records.insert(name.to_owned(), record);
        let path = self.folder.join(INDEX);
        let text = serde_json::to_string_pretty(&self.records);
        replace(&path, &text.map_err(|error| file_error(&path, error.into()))?, 0o644)
    }
}

fn files_of(pair: &Pair, authority: &str) -> Files {
    Files { key: shown(&pair.key), cert: shown(&pair.certificate), ca: authority.to_owned() }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &str) -> Result<String, CertificateError> {
    fs::read_to_string(path).map_err(|error| file_error(path.as_ref(), error))
}

/// Writes a file of this mode in one step: who reads it finds the old or the new.
fn replace(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let wrong = |error| file_error(path, error);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(error)),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished).map_err(wrong)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(wrong)?;
    fs::rename(&unfinished, path).map_err(wrong)
}

fn file_error(path: &Path, error: io::Error) -> CertificateError {
    CertificateError::File { path: path.display().to_string(), error }
}

fn signing_error(name: &str, authority: &str, problem: impl ToString) -> CertificateError {
    CertificateError::Signing {
        name: name.to_owned(),
        authority: authority.to_owned(),
        problem: problem.to_string(),
    }
}
