//! How often somebody may guess a password where a program, and no person before a page, sends it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Attempts are counted anew after this time.
const WINDOW: Duration = Duration::from_secs(60);
/// How many attempts may fail in that time, for one address or one name.
const AT_MOST: u32 = 10;
/// How many addresses and names are remembered; past it, new ones are refused until the old ones are forgotten.
const ENTRIES_AT_MOST: usize = 10_000;

/// Failed attempts, by address and by name.
#[derive(Debug, Default)]
pub struct Attempts {
    counts: Mutex<HashMap<String, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Instant,
    attempts: u32,
}

impl Attempts {
    /// Counts an attempt by each of `keys`. Counted before it is made, so that many at a time are not
    /// free. `Err` is the time to wait.
    ///
    /// # Errors
    /// If one of the keys has had its attempts; none is counted then.
    pub fn begin(&self, keys: &[String], now: Instant) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |count: &Count| now.saturating_duration_since(count.since);
        if counts.len() + keys.len() > ENTRIES_AT_MOST {
            counts.retain(|_, count| age(count) < WINDOW);
            if counts.len() + keys.len() > ENTRIES_AT_MOST {
                return Err(WINDOW);
            }
        }
        for key in keys {
            if let Some(count) = counts.get(key).filter(|count| age(count) < WINDOW)
                && count.attempts >= AT_MOST
            {
                return Err(WINDOW.saturating_sub(age(count)));
            }
        }
        for key in keys {
            let count = counts.entry(key.clone()).or_insert(Count { since: now, attempts: 0 });
            if age(count) >= WINDOW {
                *count = Count { since: now, attempts: 0 };
            }
            count.attempts += 1;
        }
        Ok(())
    }

    /// Takes the attempt back: it was right.
    pub fn succeeded(&self, keys: &[String]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(count) = counts.get_mut(key) {
                count.attempts = count.attempts.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_refused_until_the_window_is_over() {
        let attempts = Attempts::default();
        let (now, keys) = (Instant::now(), ["a".to_owned(), "b".to_owned()]);
        for _ in 0..AT_MOST {
            assert!(attempts.begin(&keys, now).is_ok());
        }
        let later = now + Duration::from_secs(20);
        assert_eq!(attempts.begin(&keys[..1], later), Err(Duration::from_secs(40)));
        assert_eq!(attempts.begin(&["c".to_owned(), "b".to_owned()], later), Err(Duration::from_secs(40)));
        assert!(attempts.begin(&["c".to_owned()], later).is_ok());
        assert!(attempts.begin(&keys, now + WINDOW).is_ok());
    }

    #[test]
    fn right_passwords_cost_nothing() {
        let attempts = Attempts::default();
        let (now, keys) = (Instant::now(), ["a".to_owned()]);
        for _ in 0..3 * AT_MOST {
            assert!(attempts.begin(&keys, now).is_ok());
            attempts.succeeded(&keys);
        }
    }

    #[test]
    fn the_table_does_not_grow_without_end() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..ENTRIES_AT_MOST {
            assert!(attempts.begin(&[number.to_string()], now).is_ok());
        }
        assert_eq!(attempts.begin(&["x".to_owned()], now), Err(WINDOW));
        assert!(attempts.begin(&["x".to_owned()], now + WINDOW).is_ok());
    }
}
