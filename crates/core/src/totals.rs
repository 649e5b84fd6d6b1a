//! How many users a list has on all its pages. Counting them costs more the more there are, so it is done once for each
//! version of the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use perijove_store::UserQuery;

/// How many kinds of lists are remembered.
const KINDS_AT_MOST: usize = 100;

/// Totals by the filters of their list, as of one version of the database.
#[derive(Debug, Default)]
pub(crate) struct Totals(Mutex<(Option<u64>, HashMap<UserQuery, i64>)>);

impl Totals {
    /// The total of a list as of this version; `None` also where databases have no versions.
    pub(crate) fn get(&self, version: Option<u64>, filters: &UserQuery) -> Option<i64> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        version.filter(|_| kept.0 == version)?;
        kept.1.get(filters).copied()
    }

    /// Keeps a total that was counted after `version` was asked for: it is at least that new.
    pub(crate) fn keep(&self, version: Option<u64>, filters: UserQuery, total: i64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != version || kept.1.len() >= KINDS_AT_MOST {
            *kept = (version, HashMap::new());
        }
        kept.1.insert(filters, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_of_one_version() {
        let (totals, all) = (Totals::default(), UserQuery::default());
        let some = UserQuery { name_filter: Some("a".to_owned()), ..UserQuery::default() };
        assert_eq!(totals.get(Some(1), &all), None);
        totals.keep(Some(1), all.clone(), 7);
        assert_eq!((totals.get(Some(1), &all), totals.get(Some(1), &some)), (Some(7), None));
        assert_eq!(totals.get(Some(2), &all), None);
        totals.keep(Some(2), some.clone(), 3);
        assert_eq!((totals.get(Some(2), &all), totals.get(Some(2), &some)), (None, Some(3)));
        totals.keep(None, all.clone(), 9);
        assert_eq!(totals.get(None, &all), None);
    }
}
