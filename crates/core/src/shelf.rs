//! What was read for lists, as long as nothing has changed in the database since: reading it costs more the more users
//! there are.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// How many ids and names one shelf holds: some megabytes.
pub(crate) const MOST: i64 = 250_000;

/// Answers by what was asked for, as of one version of the database.
#[derive(Debug)]
pub(crate) struct Shelf<Q, A>(Mutex<Kept<Q, A>>);

#[derive(Debug)]
struct Kept<Q, A> {
    version: Option<u64>,
    size: i64,
    answers: HashMap<Q, A>,
}

impl<Q, A> Kept<Q, A> {
    fn of(version: Option<u64>) -> Self {
        Self { version, size: 0, answers: HashMap::new() }
    }
}

impl<Q, A> Default for Shelf<Q, A> {
    fn default() -> Self {
        Self(Mutex::new(Kept::of(None)))
    }
}

impl<Q: Eq + Hash, A: Clone> Shelf<Q, A> {
    /// The answer as of this version; `None` also where databases have no versions.
    pub(crate) fn get(&self, version: Option<u64>, asked: &Q) -> Option<A> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        version.filter(|_| kept.version == version)?;
        kept.answers.get(asked).cloned()
    }

    /// Keeps what was read of this very version. `size` is how many ids and names that are; what is too large is not
    /// kept, and what was kept before makes room for it.
    pub(crate) fn keep(&self, version: Option<u64>, asked: Q, answer: A, size: usize) {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if version.is_none() || size > MOST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != version || kept.size + size > MOST {
            *kept = Kept::of(version);
        }
        kept.size += size;
        kept.answers.insert(asked, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_of_one_version() {
        let shelf = Shelf::<&str, i64>::default();
        assert_eq!(shelf.get(Some(1), &"all"), None);
        shelf.keep(Some(1), "all", 7, 1);
        assert_eq!((shelf.get(Some(1), &"all"), shelf.get(Some(1), &"some")), (Some(7), None));
        assert_eq!(shelf.get(Some(2), &"all"), None);
        shelf.keep(Some(2), "some", 3, 1);
        assert_eq!((shelf.get(Some(2), &"all"), shelf.get(Some(2), &"some")), (None, Some(3)));
        shelf.keep(None, "all", 9, 1);
        assert_eq!(shelf.get(None, &"all"), None);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let shelf = Shelf::<i64, i64>::default();
        let most = usize::try_from(MOST).unwrap();
        shelf.keep(Some(1), 1, 1, most);
        assert_eq!(shelf.get(Some(1), &1), Some(1));
        shelf.keep(Some(1), 2, 2, 1);
        assert_eq!((shelf.get(Some(1), &1), shelf.get(Some(1), &2)), (None, Some(2)));
        shelf.keep(Some(1), 3, 3, most + 1);
        assert_eq!((shelf.get(Some(1), &2), shelf.get(Some(1), &3)), (Some(2), None));
    }
}
