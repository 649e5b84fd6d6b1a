//! What frequent requests cost on SQLite: how many statements, and what these read.

use chrono::Utc;

use crate::backend::sqlite::observed;
use crate::{Store, StoreOptions, UserQuery};

/// A database in a file, so that a second connection can explain the statements.
struct Scene {
    store: Store,
    explaining: rusqlite::Connection,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sqlite");
        let store =
            Store::connect(&format!("sqlite:///{}", path.display()), StoreOptions::default()).await.unwrap();
        let explaining = rusqlite::Connection::open(path).unwrap();
        observed::take();
        Self { store, explaining, _folder: folder }
    }

    /// The tables and aliases that the statements since the last call read from beginning to end.
    fn scans(&self, statements: usize) -> Vec<String> {
        let texts = observed::take();
        assert_eq!(texts.len(), statements, "{texts:#?}");
        let details: Vec<String> = texts.iter().flat_map(|text| self.plan_of(text)).collect();
        let tables = details.iter().filter_map(|detail| {
            let table = detail.strip_prefix("SCAN ").filter(|rest| !rest.contains("CONSTANT ROW"))?;
            table.split(' ').next()
        });
        let mut scans: Vec<String> = tables.map(str::to_owned).collect();
        scans.sort();
        scans.dedup();
        scans
    }

    fn plan_of(&self, text: &str) -> Vec<String> {
        let mut plan = self.explaining.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let mut rows = plan.raw_query();
        let mut details = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            details.push(row.get("detail").unwrap());
        }
        details
    }
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn who_asks_is_one_statement_with_indexes() {
    let scene = Scene::new().await;
    scene.store.resolve_by_prefix("abcd").await.unwrap();
    // `k` has the three kinds of rows. Services have no index on what is asked for, and are few.
    assert_eq!(scene.scans(1), ["cs", "k"]);
    let mut tx = scene.store.read().await.unwrap();
    tx.users().resolve_by_cookie_id("cookie").await.unwrap();
    assert_eq!(scene.scans(1), ["k"]);
    tx.users().resolve_by_name("ada").await.unwrap();
    assert_eq!(scene.scans(1), ["k"]);
    tx.users().grants(1).await.unwrap();
    assert_eq!(scene.scans(1), ["k"]);
}

#[tokio::test]
async fn rows_are_found_by_index() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.users().by_name("ada").await.unwrap();
    tx.users().find(1).await.unwrap();
    tx.groups().by_name("lab").await.unwrap();
    tx.groups().of_user(1).await.unwrap();
    tx.groups().names_of_user("ada").await.unwrap();
    tx.groups().names_of_users(&[1, 2, 3]).await.unwrap();
    tx.roles().by_name("reader").await.unwrap();
    tx.roles().for_user(1).await.unwrap();
    tx.roles().names_of(crate::HolderKind::User, &[1, 2, 3]).await.unwrap();
    tx.tokens().by_prefix("abcd").await.unwrap();
    tx.tokens().find(1).await.unwrap();
    tx.oauth().client("jupyterhub").await.unwrap();
    tx.services().by_name("culler").await.unwrap();
    tx.spawners().find(1).await.unwrap();
    tx.servers().find(1).await.unwrap();
    tx.perijove().process("spawner", 1).await.unwrap();
    assert_eq!(scene.scans(16), NONE);
    let now = Utc::now();
    tx.users().set_activity(&[(1, now), (2, now)]).await.unwrap();
    tx.spawners().set_activity(&[(1, now), (2, now)]).await.unwrap();
    tx.tokens().set_activity(&[(1, now), (2, now)]).await.unwrap();
    assert_eq!(scene.scans(6), NONE);
}

/// The same number of statements for a page of any length.
#[tokio::test]
async fn pages_cost_a_fixed_number_of_statements() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    for number in 0..100 {
        let name = format!("user{number}");
        let mut user = crate::User { cookie_id: name.clone(), name, ..crate::User::default() };
        tx.users().insert(&mut user).await.unwrap();
    }
    observed::take();
    // The last page tells how many there are.
    let page = tx.users().list(&UserQuery::default()).await.unwrap();
    assert_eq!((page.items.len(), page.total), (100, 100));
    assert_eq!(scene.scans(1), ["u"]);
    let page = tx.users().list(&UserQuery { limit: Some(50), ..UserQuery::default() }).await.unwrap();
    assert_eq!((page.items.len(), page.total), (50, 100));
    let ids: Vec<i64> = page.items.iter().map(|user| user.id).collect();
    // One to count, one for the page.
    assert_eq!(scene.scans(2), ["u", "users"]);
    tx.spawners().with_addresses(&ids).await.unwrap();
    tx.users().grants_of(&ids).await.unwrap();
    tx.groups().names_of_users(&ids).await.unwrap();
    tx.roles().names_of(crate::HolderKind::User, &ids).await.unwrap();
    // Servers; own roles, those of groups, the roles themselves where there are any, groups, shares.
    assert_eq!(scene.scans(1 + 4 + 2), NONE);
    let names: Vec<&str> = page.items.iter().map(|user| user.name.as_str()).collect();
    tx.users().by_names(&names).await.unwrap();
    assert_eq!(scene.scans(1), NONE);
}

/// A page is read in the order of an index, up to its end: it costs the same however many users there are.
#[tokio::test]
async fn pages_are_not_sorted() {
    use crate::{UserSort, UserState};
    let scene = Scene::new().await;
    let mut tx = scene.store.read().await.unwrap();
    for sort in [UserSort::Id, UserSort::Name, UserSort::LastActivity] {
        for descending in [false, true] {
            let query = UserQuery { sort, descending, offset: 1, limit: Some(50), ..UserQuery::default() };
            for state in [None, Some(UserState::Active), Some(UserState::Inactive)] {
                tx.users().list(&UserQuery { state, ..query.clone() }).await.unwrap();
            }
        }
    }
    let texts = observed::take();
    // Nothing is found past the first user of an empty database, so each list is followed by its count.
    assert_eq!(texts.len(), 36);
    for text in texts {
        let plan = scene.plan_of(&text);
        // The servers that run are read once, the users not once for each.
        assert!(!plan.iter().any(|detail| detail.contains("CORRELATED")), "{text} {plan:#?}");
        let sorted = plan.iter().any(|detail| detail.contains("FOR ORDER BY"));
        // The few users with a running server may be sorted.
        assert!(!sorted || text.contains("u.id IN"), "{text} {plan:#?}");
    }
}

/// What lists are kept of is read from indexes alone: names are short, rows are not.
#[tokio::test]
async fn ids_of_lists_come_from_indexes() {
    use crate::UserSort;
    let scene = Scene::new().await;
    let mut tx = scene.store.read().await.unwrap();
    for name_filter in [None, Some("a".to_owned())] {
        for sort in [UserSort::Id, UserSort::Name] {
            let query = UserQuery { sort, name_filter: name_filter.clone(), ..UserQuery::default() };
            tx.users().ids_of_list(&query).await.unwrap();
        }
    }
    let texts = observed::take();
    assert_eq!(texts.len(), 4);
    for text in texts {
        let plan = scene.plan_of(&text);
        assert!(plan.iter().all(|detail| detail.contains("USING COVERING INDEX")), "{text} {plan:#?}");
    }
    tx.users().by_ids(&[3, 1, 2]).await.unwrap();
    assert_eq!(scene.scans(1), NONE);
}

/// Groups of a page: members come in the order of an index that has nothing else, without sorting.
#[tokio::test]
async fn pages_of_groups_cost_what_they_show() {
    let scene = Scene::new().await;
    let mut tx = scene.store.read().await.unwrap();
    tx.groups().list(None, 10, Some(5)).await.unwrap();
    assert_eq!(scene.scans(2), ["g", "groups"]);
    tx.groups().member_names(&[1, 2, 3]).await.unwrap();
    let texts = observed::take();
    let plan = scene.plan_of(&texts[0]);
    assert!(
        plan[0].starts_with("SEARCH m USING COVERING INDEX perijove_ix_user_group_map_members"),
        "{plan:#?}"
    );
    assert!(plan[1].starts_with("SEARCH u USING INTEGER PRIMARY KEY"), "{plan:#?}");
    assert_eq!((texts.len(), plan.len()), (1, 2), "{plan:#?}");
    tx.roles().names_of(crate::HolderKind::Group, &[1, 2, 3]).await.unwrap();
    assert_eq!(scene.scans(1), NONE);
}
