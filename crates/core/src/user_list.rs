//! The list of users, a page at a time.

use std::sync::Arc;

use perijove_store::{Page, Tx, User, UserQuery};

use crate::error::Result;
use crate::hub::Hub;
use crate::records::UserRecord;
use crate::shelf::{MOST, Shelf};

/// A page of users and how many there are in all.
#[derive(Debug)]
pub struct UserPage {
    /// The users of this page.
    pub users: Vec<Arc<UserRecord>>,
    /// All that match.
    pub total: i64,
}

/// What is known of lists, by [`UserQuery::all_pages`].
pub(crate) type KnownLists = Shelf<UserQuery, KnownList>;

/// What is known of a list.
#[derive(Debug, Clone)]
pub(crate) struct KnownList {
    /// How many users there are on all pages.
    total: i64,
    /// The ids of all of them, in the list's ascending order, if they were read.
    ids: Option<Arc<[i64]>>,
}

impl Hub {
    /// One page of users.
    pub async fn list_users(&self, query: &UserQuery) -> Result<UserPage> {
        let (mut tx, version) = self.store.read_at_version().await?;
        let list = query.all_pages();
        let known = self.known_lists.get(version, &list);
        let (page, found) = page(&mut tx, query, known, version.is_some()).await?;
        if let Some(found) = found {
            let size = found.ids.as_ref().map_or(0, |ids| ids.len()) + size(&list);
            self.known_lists.keep(version, list, found, size);
        }
        let users = UserRecord::of_rows(&mut tx, page.items).await?.into_iter().map(Arc::new).collect();
        Ok(UserPage { users, total: page.total })
    }
}

/// A page, and what is known of the list now, if that is more than before.
async fn page(
    tx: &mut Tx,
    query: &UserQuery,
    known: Option<KnownList>,
    may_keep: bool,
) -> Result<(Page<User>, Option<KnownList>)> {
    if let Some(ids) = known.as_ref().and_then(|known| known.ids.as_deref()) {
        return Ok((page_of_ids(tx, query, ids).await?, None));
    }
    let total = known.map(|known| known.total);
    if may_keep && query.passes_over_many() && total.is_none_or(|total| total <= MOST) {
        let ids = tx.users().ids_of_list(query).await?;
        let page = page_of_ids(tx, query, &ids).await?;
        let ids = (page.total <= MOST).then(|| ids.into());
        let found = KnownList { total: page.total, ids };
        return Ok((page, Some(found)));
    }
    let page = tx.users().list_of(query, total).await?;
    let found = KnownList { total: page.total, ids: None };
    Ok((page, total.is_none().then_some(found)))
}

/// A page of a list of which all ids are known.
async fn page_of_ids(tx: &mut Tx, query: &UserQuery, ids: &[i64]) -> Result<Page<User>> {
    let passed = usize::try_from(query.offset).unwrap_or_default();
    let most = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or_default());
    let wanted: Vec<i64> = if query.descending {
        ids.iter().rev().skip(passed).take(most).copied().collect()
    } else {
        ids.iter().skip(passed).take(most).copied().collect()
    };
    let items = tx.users().by_ids(&wanted).await?;
    Ok(Page { items, total: i64::try_from(ids.len()).unwrap_or(i64::MAX) })
}

/// How much of a shelf the name of a list takes.
fn size(list: &UserQuery) -> usize {
    1 + list.visible.as_ref().map_or(0, |visible| visible.users.len() + visible.groups.len())
}
