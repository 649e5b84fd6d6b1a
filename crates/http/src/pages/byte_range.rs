//! The part of a file that a request asks for (`Range`), by Tornado's reading of it.

use axum::http::{HeaderMap, header};

/// What of a file of a known size is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it: no range was asked for, or one that cannot be read, or one that is all of it.
    Whole,
    /// The bytes from the first to before the second.
    Part(usize, usize),
    /// Bytes that the file does not have.
    Nothing,
}

/// Reads `Range`.
pub fn wanted(headers: &HeaderMap, size: usize) -> Wanted {
    let Some((start, end)) = headers.get(header::RANGE).and_then(|value| parse(value.to_str().ok()?)) else {
        return Wanted::Whole;
    };
    let size_signed = i64::try_from(size).unwrap_or(i64::MAX);
    let start = start.map(|start| if start < 0 { (start + size_signed).max(0) } else { start });
    let beyond = start.is_some_and(|start| start >= size_signed || end.is_some_and(|end| start >= end));
    if beyond || end == Some(0) {
        return Wanted::Nothing;
    }
    let first = usize::try_from(start.unwrap_or(0)).unwrap_or(0);
    let last = end.and_then(|end| usize::try_from(end).ok()).map_or(size, |end| end.min(size));
    if (first, last) == (0, size) { Wanted::Whole } else { Wanted::Part(first, last) }
}

/// The first byte and the one behind the last; a first one below zero counts from the end.
fn parse(value: &str) -> Option<(Option<i64>, Option<i64>)> {
    let (unit, range) = value.split_once('=')?;
    if unit.trim() != "bytes" {
        return None;
    }
    let (start, end) = range.trim().split_once('-').unwrap_or((range.trim(), ""));
    let (start, end) = (number(start)?, number(end)?);
    match (start, end) {
        (None, Some(0)) => Some((None, Some(0))),
        (None, Some(end)) => Some((Some(-end), None)),
        (start, end) => Some((start, end.map(|end| end.saturating_add(1)))),
    }
}

/// A number or nothing; `None` for what is neither.
fn number(text: &str) -> Option<Option<i64>> {
    if text.is_empty() { Some(None) } else { text.trim().parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_tornado_reads_them() {
        for (range, expected) in [
            ("bytes=0-9", Wanted::Part(0, 10)),
            ("bytes=-5", Wanted::Part(95, 100)),
            ("bytes=-500", Wanted::Whole),
            ("bytes=10-", Wanted::Part(10, 100)),
            ("bytes=0-", Wanted::Whole),
            ("bytes=90-500", Wanted::Part(90, 100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=5-2", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=a-b", Wanted::Whole),
            ("lines=0-9", Wanted::Whole),
            ("nonsense", Wanted::Whole),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
            assert_eq!(wanted(&headers, 100), expected, "{range}");
        }
        assert_eq!(wanted(&HeaderMap::new(), 100), Wanted::Whole);
    }
}
