//! Timestamps as SQLAlchemy keeps them on SQLite: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC without saying so.
//!
//! Always six digits: such texts sort as the times they mean, which the comparisons of both hubs rely on.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};

/// The text for a time; what is finer than a microsecond is cut off.
pub(crate) fn format(time: &DateTime<Utc>) -> String {
    let mut text = String::with_capacity(26);
    let micros = (time.nanosecond() / 1000).min(999_999);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{micros:06}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
    );
    text
}

/// Reads such a text; also with `T` in the middle, with fewer digits or none, as a person may have typed it.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    fixed(text.as_bytes()).or_else(|| loose(text.trim())).map(|naive| naive.and_utc())
}

/// The usual form, without chrono's format interpreter: this runs for every token look-up.
fn fixed(text: &[u8]) -> Option<NaiveDateTime> {
    if text.len() != 26 {
        return None;
    }
    for (position, separator) in [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':'), (19, b'.')] {
        if text.get(position) != Some(&separator) {
            return None;
        }
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        text.get(from..to)?.iter().try_fold(0_u32, |sum, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            Some(sum * 10 + u32::from(digit))
        })
    };
    NaiveDate::from_ymd_opt(number(0, 4)?.try_into().ok()?, number(5, 7)?, number(8, 10)?)?.and_hms_micro_opt(
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
        number(20, 26)?,
    )
}

fn loose(text: &str) -> Option<NaiveDateTime> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.naive_utc());
    }
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d"].iter().find_map(|format| {
        NaiveDateTime::parse_from_str(text, format).ok().or_else(|| {
            NaiveDate::parse_from_str(text, format).ok().and_then(|date| date.and_hms_opt(0, 0, 0))
        })
    })
}
