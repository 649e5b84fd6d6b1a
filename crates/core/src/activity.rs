//! Implicit activity: seen in memory at once, written in groups.
//!
//! A request with a token or a cookie is activity of that token and user. Writing each to the
//! database would make every read a write; so the newest time of each is kept here, merged into
//! what readers see, and written by [`Activity::drain`]'s caller every `activity_resolution`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Newest activity not yet in the database, by row.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pending {
    /// By user.
    pub users: HashMap<i64, DateTime<Utc>>,
    /// By token.
    pub tokens: HashMap<i64, DateTime<Utc>>,
    /// By server (row of `spawners`).
    pub spawners: HashMap<i64, DateTime<Utc>>,
}

impl Pending {
    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.tokens.is_empty() && self.spawners.is_empty()
    }
}

/// Which kind of row was active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(i64),
    /// A token.
    Token(i64),
    /// A server.
    Spawner(i64),
}

/// Collects implicit activity.
#[derive(Debug)]
pub struct Activity {
    resolution: TimeDelta,
    pending: Mutex<Pending>,
}

impl Activity {
    /// Activity younger than `resolution_seconds` after the recorded one is not recorded.
    pub fn new(resolution_seconds: u64) -> Self {
        let resolution =
            TimeDelta::try_seconds(i64::try_from(resolution_seconds).unwrap_or(30)).unwrap_or_default();
        Self { resolution, pending: Mutex::default() }
    }

    /// Notes that `subject`, whose row says `recorded`, is active `now`.
    pub fn touch(&self, subject: Subject, recorded: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if recorded.is_some_and(|recorded| now - recorded <= self.resolution) {
            return;
        }
        let mut pending = self.lock();
        let (map, id) = slot(&mut pending, subject);
        let newest = map.entry(id).or_insert(now);
        if now - *newest > self.resolution {
            *newest = now;
        }
    }

    /// Notes activity of which the exact time is known, as a proxy tells it: the resolution does not count.
    pub fn record(&self, subject: Subject, recorded: Option<DateTime<Utc>>, time: DateTime<Utc>) {
        if recorded.is_some_and(|recorded| time <= recorded) {
            return;
        }
        let mut pending = self.lock();
        let (map, id) = slot(&mut pending, subject);
        let newest = map.entry(id).or_insert(time);
        *newest = time.max(*newest);
    }

    /// What a reader sees: the newer of the row's time and the one noted here.
    pub fn merged(&self, subject: Subject, recorded: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let mut pending = self.lock();
        let (map, id) = slot(&mut pending, subject);
        recorded.max(map.get(&id).copied())
    }

    /// Forgets what is noted of a row that is deleted: its number may become another row's.
    pub fn forget(&self, subject: Subject) {
        let mut pending = self.lock();
        let (map, id) = slot(&mut pending, subject);
        map.remove(&id);
    }

    /// A copy of what is to be written. It stays visible to readers until [`Activity::written`].
    pub fn drain(&self) -> Pending {
        self.lock().clone()
    }

    /// Forgets what `written` holds, unless something newer came meanwhile.
    pub fn written(&self, written: &Pending) {
        let mut pending = self.lock();
        pending.users.retain(|id, time| written.users.get(id) != Some(time));
        pending.tokens.retain(|id, time| written.tokens.get(id) != Some(time));
        pending.spawners.retain(|id, time| written.spawners.get(id) != Some(time));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn slot(pending: &mut Pending, subject: Subject) -> (&mut HashMap<i64, DateTime<Utc>>, i64) {
    match subject {
        Subject::User(id) => (&mut pending.users, id),
        Subject::Token(id) => (&mut pending.tokens, id),
        Subject::Spawner(id) => (&mut pending.spawners, id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn recent_activity_is_not_written_again() {
        let activity = Activity::new(30);
        activity.touch(Subject::User(1), Some(at(100)), at(120));
        assert!(activity.drain().is_empty());
        activity.touch(Subject::User(1), Some(at(100)), at(131));
        assert_eq!(activity.merged(Subject::User(1), Some(at(100))), Some(at(131)));
    }

    #[test]
    fn a_deleted_row_leaves_nothing_to_the_next_of_its_number() {
        let activity = Activity::new(30);
        for subject in [Subject::User(1), Subject::Spawner(2), Subject::Token(7)] {
            activity.touch(subject, None, at(100));
            activity.forget(subject);
            assert_eq!(activity.merged(subject, None), None);
        }
    }

    #[test]
    fn exact_times_count_however_close_they_are() {
        let activity = Activity::new(30);
        activity.record(Subject::Spawner(1), Some(at(100)), at(101));
        activity.record(Subject::Spawner(1), Some(at(100)), at(99));
        assert_eq!(activity.drain().spawners.get(&1), Some(&at(101)));
        activity.record(Subject::Spawner(2), Some(at(100)), at(100));
        assert!(!activity.drain().spawners.contains_key(&2));
    }

    #[test]
    fn what_came_during_the_write_is_kept() {
        let activity = Activity::new(0);
        activity.touch(Subject::Token(7), None, at(1));
        let written = activity.drain();
        activity.touch(Subject::Token(7), None, at(2));
        activity.written(&written);
        assert_eq!(activity.drain().tokens.get(&7), Some(&at(2)));
        let rest = activity.drain();
        activity.written(&rest);
        assert!(activity.drain().is_empty());
    }
}
