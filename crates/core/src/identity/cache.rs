//! What was read of tokens, cookies and users, for as long as it is true.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// Entries that the cache of one version may hold; past it, it starts anew.
const ENTRIES_AT_MOST: usize = 50_000;

/// Tokens by a hash of their value, cookies by their content, users by name: as of one version of the facts.
#[derive(Debug)]
pub(super) struct Cache<T, C, U>(RwLock<Entries<T, C, U>>);

#[derive(Debug)]
pub(super) struct Entries<T, C, U> {
    version: Option<u64>,
    pub(super) tokens: HashMap<u64, Kept<T>>,
    pub(super) cookies: HashMap<String, Kept<C>>,
    pub(super) users: HashMap<String, Kept<U>>,
    /// Outlives the version: who read before it was replaced may keep something after.
    forgotten: Forgotten,
}

/// Something with the turn in which it was read, or a later one, before that of [`Cache::change_user`].
#[derive(Debug, Clone)]
pub(super) struct Kept<V> {
    pub(super) turn: u64,
    /// The user whom it tells of, if it is one.
    pub(super) user_id: Option<i64>,
    pub(super) value: V,
}

/// What was looked for. If it is not there, it is read, and then kept with this turn.
pub(super) enum Lookup<V> {
    Found(V),
    Missing { turn: u64 },
}

/// Users of whom what was read before a turn counts no more.
#[derive(Debug, Default)]
struct Forgotten {
    turn: u64,
    /// The turn for those that are not listed.
    others: u64,
    users: HashMap<i64, u64>,
}

impl<T, C, U> Default for Cache<T, C, U> {
    fn default() -> Self {
        Self(RwLock::new(Entries::of(None, Forgotten::default())))
    }
}

impl<T, C, U> Cache<T, C, U> {
    /// Looks for `key` among what is true of `version`; None where databases have no versions, and nothing is kept.
    pub(super) fn find<K, Q, V, F>(
        &self,
        version: Option<u64>,
        among: impl FnOnce(&Entries<T, C, U>) -> &HashMap<K, Kept<V>>,
        key: &Q,
        found: impl FnOnce(&V) -> Option<F>,
    ) -> Lookup<F>
    where
        K: Hash + Eq + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_of_version = version.is_some() && entries.version == version;
        let kept = if is_of_version { among(&entries).get(key) } else { None };
        let current = kept.filter(|kept| entries.forgotten.is_current(kept));
        let missing = Lookup::Missing { turn: entries.forgotten.turn };
        current.and_then(|kept| found(&kept.value)).map_or(missing, Lookup::Found)
    }

    /// Keeps something that was read after `version` was asked for, so that it is at least that new, and after it was
    /// looked for in vain.
    pub(super) fn keep<K: Hash + Eq, V>(
        &self,
        version: Option<u64>,
        among: impl FnOnce(&mut Entries<T, C, U>) -> &mut HashMap<K, Kept<V>>,
        key: K,
        kept: Kept<V>,
    ) {
        if version.is_none() {
            return;
        }
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.version != version || entries.len() >= ENTRIES_AT_MOST {
            *entries = Entries::of(version, std::mem::take(&mut entries.forgotten));
        }
        among(&mut entries).insert(key, kept);
    }

    /// From now on, what was read of this user before counts no more, in whatever version. But what is kept under the
    /// user's name and true of `version` counts on, as `change` makes it.
    pub(super) fn change_user(
        &self,
        (id, name): (i64, &str),
        version: Option<u64>,
        change: impl FnOnce(&U) -> Option<U>,
    ) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_of_version = version.is_some() && entries.version == version;
        let kept = entries.users.get(name).filter(|kept| is_of_version && kept.user_id == Some(id));
        let changed =
            kept.filter(|kept| entries.forgotten.is_current(kept)).and_then(|kept| change(&kept.value));
        entries.forgotten.add(id);
        if let Some(value) = changed {
            let turn = entries.forgotten.turn;
            entries.users.insert(name.to_owned(), Kept { turn, user_id: Some(id), value });
        }
    }
}

impl<T, C, U> Entries<T, C, U> {
    fn of(version: Option<u64>, forgotten: Forgotten) -> Self {
        Self { version, tokens: HashMap::new(), cookies: HashMap::new(), users: HashMap::new(), forgotten }
    }

    fn len(&self) -> usize {
        self.tokens.len() + self.cookies.len() + self.users.len()
    }
}

impl Forgotten {
    fn add(&mut self, user_id: i64) {
        self.turn += 1;
        if self.users.len() >= ENTRIES_AT_MOST {
            self.users.clear();
            self.others = self.turn;
        }
        self.users.insert(user_id, self.turn);
    }

    fn is_current<V>(&self, kept: &Kept<V>) -> bool {
        let Some(id) = kept.user_id else { return true };
        kept.turn >= self.users.get(&id).copied().unwrap_or(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Option<u64> = Some(1);

    type Names = Cache<(), (), &'static str>;

    fn find(cache: &Names, version: Option<u64>, name: &str) -> Option<&'static str> {
        match cache.find(version, |kept| &kept.users, name, |value| Some(*value)) {
            Lookup::Found(value) => Some(value),
            Lookup::Missing { .. } => None,
        }
    }

    /// What a reader keeps who begins now.
    fn reading(cache: &Names, name: &str, id: i64, value: &'static str) -> (String, Kept<&'static str>) {
        let Lookup::Missing { turn } = cache.find(NOW, |kept| &kept.users, name, |_| None::<()>) else {
            unreachable!("nothing is found");
        };
        (name.to_owned(), Kept { turn, user_id: Some(id), value })
    }

    fn keep(cache: &Names, version: Option<u64>, (name, kept): (String, Kept<&'static str>)) {
        cache.keep(version, |kept| &mut kept.users, name, kept);
    }

    fn forget(cache: &Names, name: &str, id: i64) {
        cache.change_user((id, name), NOW, |_| None);
    }

    #[test]
    fn entries_are_of_one_version() {
        let cache = Names::default();
        keep(&cache, None, reading(&cache, "ada", 1, "old"));
        assert_eq!(find(&cache, None, "ada"), None);
        keep(&cache, NOW, reading(&cache, "ada", 1, "old"));
        assert_eq!((find(&cache, NOW, "ada"), find(&cache, Some(2), "ada")), (Some("old"), None));
        keep(&cache, Some(2), reading(&cache, "bob", 2, "new"));
        assert_eq!((find(&cache, NOW, "ada"), find(&cache, Some(2), "bob")), (None, Some("new")));
    }

    #[test]
    fn one_user_is_forgotten_alone() {
        let cache = Names::default();
        keep(&cache, NOW, reading(&cache, "ada", 1, "old"));
        keep(&cache, NOW, reading(&cache, "bob", 2, "old"));
        forget(&cache, "ada", 1);
        assert_eq!((find(&cache, NOW, "ada"), find(&cache, NOW, "bob")), (None, Some("old")));
        keep(&cache, NOW, reading(&cache, "ada", 1, "new"));
        assert_eq!(find(&cache, NOW, "ada"), Some("new"));
    }

    #[test]
    fn what_is_changed_must_be_true_before() {
        let cache = Names::default();
        let change = |version, id| cache.change_user((id, "ada"), version, |_| Some("changed"));
        let slow = reading(&cache, "ada", 1, "old");
        change(NOW, 1);
        assert_eq!(find(&cache, NOW, "ada"), None);
        // Read before, kept after.
        keep(&cache, NOW, slow);
        change(NOW, 1);
        assert_eq!(find(&cache, NOW, "ada"), None);
        for (version, id, expected) in
            [(NOW, 1, Some("changed")), (Some(2), 1, None), (None, 1, None), (NOW, 2, Some("old"))]
        {
            keep(&cache, NOW, reading(&cache, "ada", 1, "old"));
            change(version, id);
            assert_eq!(find(&cache, NOW, "ada"), expected, "{version:?} {id}");
            forget(&cache, "ada", 1);
        }
    }

    /// Who read before a user was forgotten keeps nothing, even if the cache began anew meanwhile.
    #[test]
    fn slow_readers_bring_nothing_back() {
        let cache = Names::default();
        let slow = reading(&cache, "ada", 1, "old");
        forget(&cache, "ada", 1);
        keep(&cache, NOW, slow.clone());
        assert_eq!(find(&cache, NOW, "ada"), None);
        keep(&cache, Some(2), reading(&cache, "bob", 2, "new"));
        keep(&cache, NOW, slow);
        assert_eq!(find(&cache, NOW, "ada"), None);
    }

    #[test]
    fn those_who_are_forgotten_are_not_remembered_for_ever() {
        let cache = Names::default();
        let slow = reading(&cache, "ada", 1, "old");
        let most = i64::try_from(ENTRIES_AT_MOST).unwrap();
        for id in 1..=most + 1 {
            forget(&cache, "", id);
        }
        assert_eq!(cache.0.read().unwrap().forgotten.users.len(), 1);
        keep(&cache, NOW, slow);
        assert_eq!(find(&cache, NOW, "ada"), None);
        keep(&cache, NOW, reading(&cache, "ada", 1, "new"));
        assert_eq!(find(&cache, NOW, "ada"), Some("new"));
    }
}
