//! Names that are safe in URLs and DNS labels, and checks of the names people choose.
//!
//! JupyterHub 6 accepts as *name* of a server only a safe slug and keeps what the user typed as *display name*.

mod dns;
mod idna2008;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

pub use dns::{DomainKind, dns_label, dns_safe_name, subdomain_idna, subdomain_legacy};

/// The usual length limit: two slugs joined by `--` fit into one DNS label.
pub const MAX_SLUG_LENGTH: usize = 30;

/// Length of the hash that tells apart slugs of different names.
const HASH_LENGTH: usize = 8;

/// Why no slug can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// There is nothing to make a slug of.
    #[error("an empty name has no slug")]
    Empty,
    /// The limit leaves no room for the hash.
    #[error("a slug needs room for more than {HASH_LENGTH} characters and a hyphen, not {0}")]
    TooShort(usize),
}

fn is_slug_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn has_slug_ends(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.ends_with(is_slug_char)
}

/// Whether a server may have this name: 1 to 30 of `a-z0-9-`, a letter first, no hyphen last, no two hyphens
/// together.
pub fn is_valid_safe_slug(name: &str) -> bool {
    name.len() <= MAX_SLUG_LENGTH
        && has_slug_ends(name)
        && !name.contains("--")
        && name.chars().all(|c| is_slug_char(c) || c == '-')
}

fn is_simple(name: &str, max_length: usize) -> bool {
    name.len() <= max_length && has_slug_ends(name) && name.chars().all(is_slug_char)
}

/// The slug of any name, at most `max_length` long. A name of lower-case letters and digits that begins with a
/// letter is its own slug; any other is simplified, and with `avoid_collisions` marked by a hash of the name.
///
/// # Errors
/// [`SlugError`] for an empty name or a limit that leaves no room.
pub fn safe_slug(name: &str, avoid_collisions: bool, max_length: usize) -> Result<String, SlugError> {
    if name.is_empty() {
        return Err(SlugError::Empty);
    }
    if is_simple(name, max_length) {
        return Ok(name.to_owned());
    }
    if !avoid_collisions {
        return Ok(simplify(name, max_length));
    }
    match max_length.checked_sub(HASH_LENGTH + 1) {
        None | Some(0) => Err(SlugError::TooShort(max_length)),
        Some(room) => Ok(format!("{}-{}", simplify(name, room), short_hash(name, HASH_LENGTH))),
    }
}

/// The first hexadecimal digits of the SHA-256 of a name.
fn short_hash(name: &str, digits: usize) -> String {
    Sha256::digest(name)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .take(digits)
        .filter_map(hex_digit)
        .collect()
}

fn hex_digit(nibble: u8) -> Option<char> {
    char::from_digit(u32::from(nibble), 16)
}

/// Accents go, case goes, runs of anything else become one hyphen; the result is a slug for any input.
fn simplify(name: &str, max_length: usize) -> String {
    let bare: String =
        name.nfkd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark).collect();
    let mut slug = String::new();
    for c in bare.to_lowercase().chars() {
        if is_slug_char(c) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(max_length);
    if slug.starts_with(|c: char| c.is_ascii_digit()) {
        slug.truncate(max_length.saturating_sub(2));
        slug.insert_str(0, "x-");
    }
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.is_empty() { "x".to_owned() } else { slug }
}

/// Whether a server may be shown under this name: 1 to 255 printable characters, single blanks only inside.
pub fn is_valid_display_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=255).contains(&length)
        && !name.contains("  ")
        && !name.starts_with(' ')
        && !name.ends_with(' ')
        && name.chars().all(|c| c == ' ' || is_printable(c))
}

fn is_printable(c: char) -> bool {
    use GeneralCategory as G;
    !matches!(
        c.general_category(),
        G::SpaceSeparator
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
    )
}

/// The composed Unicode form (NFC) in which display names are stored.
pub fn normalise_unicode(name: &str) -> String {
    name.nfc().collect()
}

#[cfg(test)]
mod tests;
