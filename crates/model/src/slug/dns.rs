//! DNS names for users and services, for hubs that give each a subdomain.

use super::{idna2008, is_slug_char, short_hash};
use crate::path::escape_segment;

/// Longest DNS label.
const MAX_LABEL: usize = 63;

/// Longest result of [`dns_safe_name`].
const MAX_SAFE_NAME: usize = 40;

/// What gets a subdomain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomainKind {
    /// A user, whose servers live there.
    User,
    /// A service.
    Service,
}

/// The domain of a user or service by the present rule (`subdomain_hook = "idna"`): always valid, unlike names
/// never clash, each service has its own.
pub fn subdomain_idna(name: &str, domain: &str, kind: DomainKind) -> String {
    let label = dns_label(name);
    match kind {
        DomainKind::User => format!("{label}.{domain}"),
        DomainKind::Service => format!("{label}--service.{domain}"),
    }
}

/// The domain by the old rule (`subdomain_hook = "legacy"`): the percent-encoded name with `_` for `%`; all
/// services share one.
pub fn subdomain_legacy(name: &str, domain: &str, kind: DomainKind) -> String {
    match kind {
        DomainKind::User => format!("{}.{domain}", legacy_label(name)),
        DomainKind::Service => format!("services.{domain}"),
    }
}

fn legacy_label(name: &str) -> String {
    let mut label = String::new();
    for c in escape_segment(name).to_lowercase().chars() {
        match c {
            '%' => label.push('_'),
            c if c.is_ascii_alphanumeric() || c == '-' || c == '.' => label.push(c),
            c => label.push_str(&format!("_{:x}", u32::from(c))),
        }
    }
    label
}

/// A valid DNS label for any name: the name itself if it is one and holds no `--`, else its IDNA form, else its
/// first plain characters with a hash.
pub fn dns_label(name: &str) -> String {
    encode(name, MAX_LABEL)
}

/// The same of at most 40 characters where the name is plain, as spawners use it (`User.dns_safe_name`).
pub fn dns_safe_name(name: &str) -> String {
    encode(name, MAX_SAFE_NAME)
}

fn encode(name: &str, max_length: usize) -> String {
    if name.contains("--") {
        return trim_and_hash(name);
    }
    if is_label(name, max_length) {
        return name.to_owned();
    }
    match idna2008::to_ascii(name) {
        Some(encoded) if is_label(&encoded, MAX_LABEL) => encoded,
        _ => trim_and_hash(name),
    }
}

fn is_label(label: &str, max_length: usize) -> bool {
    (1..=max_length).contains(&label.len())
        && !label.chars().all(|c| c.is_ascii_digit())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn trim_and_hash(name: &str) -> String {
    let stub: String = name.to_lowercase().chars().filter(|c| is_slug_char(*c)).take(8).collect();
    let stub = if stub.is_empty() { "x" } else { &stub };
    format!("u-{stub}--{}", short_hash(name, 7))
}
