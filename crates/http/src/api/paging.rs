//! Lists in pages: which part of a list a request wants, and the answer with it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use perijove_model::api::{PageRequest, accepts_pagination};
use serde::Serialize;
use url::form_urlencoded;

use crate::api::query::Arguments;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::responses::json;

/// The part of a list that a request wants. An extractor: it reads `offset` and `limit` of the query, and whether the
/// client wants to be told where the next page is.
pub struct Paging {
    page: PageRequest,
    /// Whether the answer is an envelope with `_pagination`, or the bare list.
    enveloped: bool,
    url: String,
}

impl Paging {
    /// The number of entries before the page.
    pub fn offset(&self) -> i64 {
        i64::try_from(self.page.offset).unwrap_or(i64::MAX)
    }

    /// How many entries the page has at most.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.page.limit).unwrap_or(i64::MAX)
    }

    /// The answer: the page's entries, and where the next page is if the client asked for that. `total` counts all
    /// entries of the list.
    pub fn answer<T: Serialize>(&self, entries: T, total: i64) -> Answer {
        if self.enveloped { self.envelope(entries, total) } else { json(StatusCode::OK, &entries) }
    }

    /// The same for lists that upstream never sends bare.
    pub fn envelope<T: Serialize>(&self, entries: T, total: i64) -> Answer {
        let total = u64::try_from(total).unwrap_or_default();
        json(
            StatusCode::OK,
            &self.page.envelope(entries, total, |offset, limit| next_url(&self.url, offset, limit)),
        )
    }
}

impl FromRequestParts<App> for Paging {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller =
            Caller::from_request_parts(parts, app).await.map_err(|status| Failure::new(status, ""))?;
        let wanted = Arguments::parse(parts.uri.query().unwrap_or_default())?;
        let accept =
            parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let enveloped = accepts_pagination(accept);
        let limits = &app.hub.settings.api;
        let default = if enveloped { limits.page_default_limit } else { limits.page_max_limit };
        let page =
            PageRequest::parse(wanted.get("offset"), wanted.get("limit"), default, limits.page_max_limit)
                .map_err(|error| Failure::bad_request(error.to_string()))?;
        let url = format!("{}://{}{}", caller.client().browser_scheme, caller.client().host, parts.uri);
        Ok(Self { page, enveloped, url })
    }
}

/// The address of the next page: the present one with another offset and limit, in their places. As upstream's, it
/// has the values of a name that is there more than once beside each other, and one offset and limit, whatever there
/// was: a second one would win, and a client that follows it would get the same page for ever.
fn next_url(url: &str, offset: u64, limit: u64) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut arguments: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match arguments.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value.into_owned()),
            None => arguments.push((name.into_owned(), vec![value.into_owned()])),
        }
    }
    for (name, value) in [("offset", offset), ("limit", limit)] {
        match arguments.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => *values = vec![value.to_string()],
            None => arguments.push((name.to_owned(), vec![value.to_string()])),
        }
    }
    let mut next = form_urlencoded::Serializer::new(String::new());
    for (name, values) in &arguments {
        next.extend_pairs(values.iter().map(|value| (name, value)));
    }
    format!("{path}?{}", next.finish())
}

#[cfg(test)]
mod tests {
    use super::next_url;

    #[test]
    fn the_next_page_keeps_the_order_of_the_query() {
        assert_eq!(
            next_url("http://h/users?limit=2&a=b&offset=0", 2, 2),
            "http://h/users?limit=2&a=b&offset=2"
        );
        assert_eq!(next_url("http://h/users", 50, 50), "http://h/users?offset=50&limit=50");
    }

    #[test]
    fn the_next_page_has_one_offset_and_one_limit() {
        assert_eq!(
            next_url("http://h/users?a=1&limit=1&b=&limit=2&a=2", 2, 2),
            "http://h/users?a=1&a=2&limit=2&b=&offset=2"
        );
        assert_eq!(
            next_url("http://h/users?offset=0&offset=1&limit=1", 3, 1),
            "http://h/users?offset=3&limit=1"
        );
    }
}
