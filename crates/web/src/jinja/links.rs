//! Addresses in a text become links: the filter `urlize`.

use std::net::Ipv6Addr;

/// Ends of addresses that count as such without a scheme.
const KNOWN_ENDS: [&str; 8] = ["com", "net", "int", "edu", "gov", "org", "info", "mil"];
/// Brackets around an address, as they are in escaped text.
const BRACKETS: [(&str, &str); 3] = [("(", ")"), ("<", ">"), ("&lt;", "&gt;")];
/// What may follow an address and is no part of it.
const AFTER: [&str; 6] = [")", ">", ".", ",", "\n", "&gt;"];

/// How links look.
pub(super) struct Links {
    /// The attributes of each link, beginning with a blank.
    pub(super) attributes: String,
    /// How many letters of an address are shown.
    pub(super) limit: usize,
    /// Schemes that make a link besides the usual ones.
    pub(super) schemes: Vec<String>,
}

impl Links {
    /// Escaped text, with links.
    pub(super) fn in_text(&self, text: &str) -> String {
        let mut linked = String::with_capacity(text.len());
        for piece in text.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end_matches(char::is_whitespace);
            linked.push_str(&self.of_word(word));
            linked.push_str(piece.get(word.len()..).unwrap_or_default());
        }
        linked
    }

    fn of_word(&self, word: &str) -> String {
        let (before, address, after) = parts(word);
        let (attributes, address) = (&self.attributes, address.as_str());
        let link = if is_web_address(address) {
            let scheme = if has_scheme(address) { "" } else { "https://" };
            format!("<a href=\"{scheme}{address}\"{attributes}>{}</a>", self.shortened(address))
        } else if let Some(mail) = address.strip_prefix("mailto:").filter(|mail| is_mail(mail)) {
            format!("<a href=\"{address}\">{mail}</a>")
        } else if !address.starts_with(['@'])
            && !address.starts_with("www.")
            && !address.contains(':')
            && is_mail(address)
        {
            format!("<a href=\"mailto:{address}\">{address}</a>")
        } else if self.schemes.iter().any(|scheme| address != scheme && address.starts_with(scheme.as_str()))
        {
            format!("<a href=\"{address}\"{attributes}>{address}</a>")
        } else {
            address.to_owned()
        };
        format!("{before}{link}{after}")
    }

    fn shortened(&self, address: &str) -> String {
        match address.char_indices().nth(self.limit) {
            Some((end, _)) => format!("{}...", address.get(..end).unwrap_or_default()),
            None => address.to_owned(),
        }
    }
}

/// Opening brackets before an address, the address, and what follows it. A bracket that closes one inside of the address
/// is part of it.
fn parts(word: &str) -> (&str, String, String) {
    let mut address = word;
    while let Some(rest) = BRACKETS.iter().find_map(|(open, _)| address.strip_prefix(open)) {
        address = rest;
    }
    let before = word.strip_suffix(address).unwrap_or_default();
    let whole = address;
    while let Some(rest) = AFTER.iter().find_map(|end| address.strip_suffix(end)) {
        address = rest;
    }
    let mut after = whole.strip_prefix(address).unwrap_or_default().to_owned();
    let mut address = address.to_owned();
    for (open, close) in BRACKETS {
        let opened = address.matches(open).count();
        if opened <= address.matches(close).count() {
            continue;
        }
        for _ in 0..opened.min(after.matches(close).count()) {
            let Some(at) = after.find(close) else { break };
            let rest = after.split_off(at + close.len());
            address.push_str(&after);
            after = rest;
        }
    }
    (before, address, after)
}

fn has_scheme(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

fn is_web_address(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let of_web = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let rest = of_web.or_else(|| lower.strip_prefix("www.")).unwrap_or(&lower);
    let host_end = match rest.strip_prefix('[') {
        Some(inner) => inner.find(']').map_or(rest.len(), |end| end + 2),
        None => rest.find([':', '/', '?', '#']).unwrap_or(rest.len()),
    };
    let (host, more) = rest.split_at(host_end);
    if !is_port_and_path(more) {
        return false;
    }
    match of_web {
        Some(_) => is_name(host) || is_number(host),
        None if rest.len() < lower.len() => {
            is_name(host) || is_known_name(lower.split([':', '/', '?', '#']).next().unwrap_or_default())
        }
        None => is_known_name(host),
    }
}

/// A port of up to five digits, if there is one, and a path, query or fragment, if there is one.
fn is_port_and_path(more: &str) -> bool {
    let after_port = match more.strip_prefix(':') {
        Some(port) => {
            let rest = port.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if !(1..=5).contains(&(port.len() - rest.len())) {
                return false;
            }
            rest
        }
        None => more,
    };
    after_port.is_empty() || after_port.starts_with(['/', '?', '#'])
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '%' | '-'))
}

/// A host name, the last part of which is letters or encoded letters.
fn is_name(host: &str) -> bool {
    let (labels, end) = host.rsplit_once('.').map_or((None, host), |(labels, end)| (Some(labels), end));
    let encoded = end
        .strip_prefix("xn--")
        .is_some_and(|name| (2..=59).contains(&name.chars().count()) && is_label(name));
    let plain = (2..=63).contains(&end.len()) && end.bytes().all(|letter| letter.is_ascii_lowercase());
    (encoded || plain) && labels.is_none_or(|labels| labels.split('.').all(is_label))
}

/// A host name that is known for one by its last part.
fn is_known_name(host: &str) -> bool {
    let Some((labels, end)) = host.rsplit_once('.') else { return false };
    let long_enough = |label: &str| (2..=63).contains(&label.chars().count()) && is_label(label);
    KNOWN_ENDS.contains(&end) && labels.split('.').all(long_enough)
}

/// An address of version 4 or 6.
fn is_number(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let parts: Vec<&str> = host.split('.').collect();
    let is_part =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
    parts.len() == 4 && parts.iter().all(is_part)
}

fn is_mail(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let Some((labels, end)) = host.rsplit_once('.') else { return false };
    !name.is_empty()
        && labels.starts_with(is_letter)
        && labels.chars().all(|letter| is_letter(letter) || matches!(letter, '.' | '-'))
        && !end.is_empty()
        && end.chars().all(is_letter)
}
