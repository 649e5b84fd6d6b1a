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
        let number = |text: &str| match text.trim().parse::<i64>() {
            Ok(number) => Ok(number.unsigned_abs()),
            // What no database counts to is as good as the largest that it does.
            Err(error) if matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
                Ok(i64::MAX.unsigned_abs())
            }
            Err(_) => Err(PageError),
        };
        let offset = offset.map_or(Ok(0), number)?;
        let limit = limit.map_or(Ok(default_limit), number)?;
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
