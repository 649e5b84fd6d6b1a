//! Lists in pages.
//!
//! A client that accepts [`MEDIA_TYPE`] gets an envelope with the items and a link to the next page; others get the
//! bare list.

use std::num::IntErrorKind;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client puts into `Accept` to get the envelope.
pub const MEDIA_TYPE: &str = "application/jupyterhub-pagination+json";

/// `offset` or `limit` are no whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid argument type, offset and limit must be integers")]
pub struct PageError;

/// The zeros of Unicode's decimal digits outside ASCII (category `Nd`); the other nine of a script follow its zero.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50,
    0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140,
    0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items to skip.
    pub offset: u64,
    /// How many items to send at most; 1 or more.
    pub limit: u64,
}

impl PageRequest {
    /// Reads the query arguments `offset` and `limit`. `default_limit` is for clients that know the envelope
    /// (`JupyterHub.api_page_default_limit`), others get `max_limit`. Signs are ignored, as upstream does.
    ///
    /// # Errors
    /// [`PageError`] if either is not a whole number.
    pub fn parse(
        offset: Option<&str>,
        limit: Option<&str>,
        default_limit: u64,
        max_limit: u64,
    ) -> Result<Self, PageError> {
        let offset = offset.map_or(Ok(0), whole_number)?;
        let limit = limit.map_or(Ok(default_limit), whole_number)?;
        Ok(Self { offset, limit: limit.min(max_limit).max(1) })
    }

    /// The offset of the next page, if there is one.
    pub fn next_offset(self, total: u64) -> Option<u64> {
        self.offset.checked_add(self.limit).filter(|next| *next < total)
    }

    /// The envelope. `next_url` makes the full URL of the next page from its offset and limit.
    pub fn envelope<T>(
        self,
        items: T,
        total: u64,
        next_url: impl FnOnce(u64, u64) -> String,
    ) -> Paginated<T> {
        let next = self.next_offset(total).map(|offset| NextPage {
            offset,
            limit: self.limit,
            url: next_url(offset, self.limit),
        });
        Paginated { items, pagination: Pagination { offset: self.offset, limit: self.limit, total, next } }
    }
}

/// A whole number without its sign, in every form that Python's `int` takes: digits of any script, with single
/// underscores between them.
fn whole_number(text: &str) -> Result<u64, PageError> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut plain = String::with_capacity(digits.len());
    for part in digits.split('_') {
        if part.is_empty() {
            return Err(PageError);
        }
        for letter in part.chars() {
            plain.push(decimal_digit(letter).ok_or(PageError)?);
        }
    }
    match plain.parse::<i64>() {
        Ok(number) => Ok(number.unsigned_abs()),
        // What no database counts to is as good as the largest that it does.
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(i64::MAX.unsigned_abs()),
        Err(_) => Err(PageError),
    }
}

/// The ASCII digit that a decimal digit of any script stands for.
fn decimal_digit(letter: char) -> Option<char> {
    if letter.is_ascii_digit() {
        return Some(letter);
    }
    let code = u32::from(letter);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Whether an `Accept` header asks for the envelope.
pub fn accepts_pagination(accept: &str) -> bool {
    accept.split(',').any(|kind| kind.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

/// The envelope around one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paginated<T> {
    /// The items: a list, or a map for services.
    pub items: T,
    /// Where this page is.
    #[serde(rename = "_pagination")]
    pub pagination: Pagination,
}

/// Where a page is within its list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Pagination {
    /// How many items come before.
    pub offset: u64,
    /// How many items a page has at most.
    pub limit: u64,
    /// How many items there are.
    pub total: u64,
    /// The next page, if there is one.
    pub next: Option<NextPage>,
}

/// The next page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct NextPage {
    /// Its offset.
    pub offset: u64,
    /// Its limit.
    pub limit: u64,
    /// Its full URL.
    pub url: String,
}
