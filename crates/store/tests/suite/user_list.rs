//! `tx.users().list()`.

use perijove_store::{Tx, UserQuery, UserSort, UserState, VisibleUsers};

use crate::rows::{at, group, running, spawner, texts, user};

async fn names(tx: &mut Tx, query: UserQuery) -> (Vec<String>, i64) {
    let page = tx.users().list(&query).await.unwrap();
    (page.items.into_iter().map(|user| user.name).collect(), page.total)
}

/// Four users, in this order: `cleo`, `Ada_B`, `bob`, `dan`.
async fn people(tx: &mut Tx) {
    let cleo = user(tx, "cleo").await;
    let ada = user(tx, "Ada_B").await;
    let bob = user(tx, "bob").await;
    let dan = user(tx, "dan").await;
    tx.users().set_activity(&[(ada.id, at(2)), (bob.id, at(1)), (dan.id, at(1))]).await.unwrap();
    running(tx, &bob, "").await;
    running(tx, &bob, "second").await;
    spawner(tx, &dan, "").await;
    group(tx, "lab", &[&cleo, &dan]).await;
    group(tx, "empty", &[]).await;
}

on_every_database! {
    async fn orders(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let mut order = async |sort, descending| {
            names(&mut tx, UserQuery { sort, descending, ..UserQuery::default() }).await.0
        };
        assert_eq!(order(UserSort::Id, false).await, ["cleo", "Ada_B", "bob", "dan"]);
        assert_eq!(order(UserSort::Id, true).await, ["dan", "bob", "Ada_B", "cleo"]);
        assert_eq!(order(UserSort::LastActivity, false).await, ["cleo", "bob", "dan", "Ada_B"]);
        assert_eq!(order(UserSort::LastActivity, true).await, ["Ada_B", "dan", "bob", "cleo"]);
        assert_eq!(order(UserSort::Name, false).await, ["Ada_B", "bob", "cleo", "dan"]);
        assert_eq!(order(UserSort::Name, true).await, ["dan", "cleo", "bob", "Ada_B"]);
    }

    async fn states(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let query = |state| UserQuery { state: Some(state), ..UserQuery::default() };
        assert_eq!(names(&mut tx, query(UserState::Active)).await, (texts(&["bob"]), 1));
        assert_eq!(names(&mut tx, query(UserState::Inactive)).await, (texts(&["cleo", "Ada_B", "dan"]), 3));
    }

    async fn filters(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let query = |filter: &str| UserQuery { name_filter: Some(filter.to_owned()), ..UserQuery::default() };
        assert_eq!(names(&mut tx, query("A")).await.0, ["Ada_B", "dan"]);
        assert_eq!(names(&mut tx, query("a_b")).await.0, ["Ada_B"]);
        assert_eq!(names(&mut tx, query("c%o")).await.0, ["cleo"]);
        assert_eq!(names(&mut tx, query("'; --")).await, (Vec::new(), 0));
    }

    async fn visibility(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let query = |users: &[&str], groups: &[&str]| UserQuery {
            visible: Some(VisibleUsers { users: texts(users), groups: texts(groups) }),
            ..UserQuery::default()
        };
        assert_eq!(names(&mut tx, query(&[], &[])).await, (Vec::new(), 0));
        assert_eq!(names(&mut tx, query(&["bob", "nobody"], &[])).await.0, ["bob"]);
        assert_eq!(names(&mut tx, query(&[], &["lab", "empty"])).await.0, ["cleo", "dan"]);
        assert_eq!(names(&mut tx, query(&["bob", "dan"], &["lab"])).await.0, ["cleo", "bob", "dan"]);
        let both = UserQuery { state: Some(UserState::Active), ..query(&["bob", "dan"], &["lab"]) };
        assert_eq!(names(&mut tx, both).await, (texts(&["bob"]), 1));
    }

    async fn pages(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let query = |offset, limit| UserQuery { offset, limit, ..UserQuery::default() };
        assert_eq!(names(&mut tx, query(1, Some(2))).await, (texts(&["Ada_B", "bob"]), 4));
        assert_eq!(names(&mut tx, query(3, None)).await, (texts(&["dan"]), 4));
        assert_eq!(names(&mut tx, query(9, Some(2))).await, (Vec::new(), 4));
        assert_eq!(names(&mut tx, query(0, Some(0))).await, (Vec::new(), 4));
    }

    /// However a page is found: from the beginning, from the end, or among the ids of all.
    async fn far_pages(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut ids = Vec::new();
        for number in 0..2500 {
            // Names in the opposite order of the ids.
            ids.push(user(&mut tx, &format!("u{:04}", 9999 - number)).await.id);
        }
        let times: Vec<_> = ids.iter().take(2000).enumerate().map(|(place, id)| (*id, at(place as i64 / 3))).collect();
        tx.users().set_activity(&times).await.unwrap();
        for sort in [UserSort::Id, UserSort::Name, UserSort::LastActivity] {
            for descending in [false, true] {
                let all = UserQuery { sort, descending, ..UserQuery::default() };
                let all = tx.users().list(&all).await.unwrap().items;
                for (offset, limit) in [(990, 7), (1000, 7), (1600, 7), (2490, 7), (2490, 10), (2490, 11), (2499, 5), (2500, 5), (9999, 5), (2000, 0)] {
                    let query = UserQuery { sort, descending, offset, limit: Some(limit), ..UserQuery::default() };
                    let expected: Vec<_> = all.iter().skip(offset as usize).take(limit as usize).cloned().collect();
                    for total in [None, Some(2500)] {
                        let page = tx.users().list_of(&query, total).await.unwrap();
                        assert_eq!((&page.items, page.total), (&expected, 2500), "{query:?} {total:?}");
                    }
                }
            }
        }
    }

    async fn lists_by_ids(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        for sort in [UserSort::Id, UserSort::Name] {
            for name_filter in [None, Some("A".to_owned()), Some("nobody".to_owned())] {
                let query = UserQuery { sort, name_filter, ..UserQuery::default() };
                let listed = tx.users().list(&query).await.unwrap().items;
                let ids = tx.users().ids_of_list(&query).await.unwrap();
                assert_eq!(ids, listed.iter().map(|user| user.id).collect::<Vec<_>>());
                assert_eq!(tx.users().by_ids(&ids).await.unwrap(), listed);
            }
        }
        let ids = tx.users().ids_of_list(&UserQuery::default()).await.unwrap();
        let found = tx.users().by_ids(&[ids[2], 4711, ids[0]]).await.unwrap();
        assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), [ids[2], ids[0]]);
    }

    /// A requester may hold a filter for each of a great many users.
    async fn many_visible_users(store: Store) {
        let mut tx = store.begin().await.unwrap();
        people(&mut tx).await;
        let users = (0..40_000).map(|number| format!("u{number}")).chain(["bob".to_owned()]).collect();
        let visible = Some(VisibleUsers { users, groups: Vec::new() });
        assert_eq!(names(&mut tx, UserQuery { visible, ..UserQuery::default() }).await, (texts(&["bob"]), 1));
    }
}
