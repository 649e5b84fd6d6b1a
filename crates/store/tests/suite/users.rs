//! `tx.users()`, lists aside.

use perijove_store::User;
use serde_json::json;

use crate::rows::{at, group, role, running, token, user};

on_every_database! {
    async fn all_columns_survive(store: Store) {
        let mut ada = User {
            id: 0,
            name: "ada".to_owned(),
            user_info: Some(json!({"mail": "ada@example.org", "näme": "Ada 🚀"})),
            admin: true,
            created: Some(at(0)),
            last_activity: Some(at(5)),
            cookie_id: "c0ffee".to_owned(),
            state: Some(json!({"old": [1, null, 2.5]})),
            encrypted_auth_state: Some(vec![0, 255, 39, 92]),
        };
        let mut tx = store.begin().await.unwrap();
        tx.users().insert(&mut ada).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ada.id > 0);
        let mut tx = store.read().await.unwrap();
        assert_eq!(tx.users().find(ada.id).await.unwrap().as_ref(), Some(&ada));
        assert_eq!(tx.users().by_name("ada").await.unwrap().as_ref(), Some(&ada));
        assert_eq!(tx.users().by_cookie_id("c0ffee").await.unwrap(), Some(ada));
        assert_eq!(tx.users().find(4711).await.unwrap(), None);
        assert_eq!(tx.users().by_name("bob").await.unwrap(), None);
        assert_eq!(tx.users().by_cookie_id("other").await.unwrap(), None);
    }

    async fn a_time_of_making_is_found_for_old_rows(store: Store) {
        let mut tx = store.begin().await.unwrap();
        for (name, created, last_activity) in
            [("known", Some(at(1)), Some(at(5))), ("active", None, Some(at(5))), ("idle", None, None)]
        {
            let cookie_id = name.to_owned();
            let mut row = User { name: name.to_owned(), created, last_activity, cookie_id, ..User::default() };
            tx.users().insert(&mut row).await.unwrap();
        }
        assert_eq!(tx.users().complete_created(at(9)).await.unwrap(), 2);
        assert_eq!(tx.users().complete_created(at(10)).await.unwrap(), 0);
        for (name, created) in [("known", at(1)), ("active", at(5)), ("idle", at(9))] {
            assert_eq!(tx.users().by_name(name).await.unwrap().unwrap().created, Some(created), "{name}");
        }
    }

    /// MySQL's usual collations take a name for another that differs in case, accents or blanks at its end. Who
    /// logs in as `josé` must not become `jose`.
    async fn names_are_exact(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let jose = user(&mut tx, "jose").await;
        for other in ["Jose", "josé", "jose ", "JOSE"] {
            assert_eq!(tx.users().by_name(other).await.unwrap(), None, "{other:?}");
            assert_eq!(tx.users().by_names(&[other]).await.unwrap(), [], "{other:?}");
            assert_eq!(tx.users().resolve_by_name(other).await.unwrap(), None, "{other:?}");
        }
        assert_eq!(tx.users().by_cookie_id("Cookie of jose").await.unwrap(), None);
        assert_eq!(tx.users().resolve_by_cookie_id("Cookie of jose").await.unwrap(), None);
        let resolved = tx.users().resolve_by_name("jose").await.unwrap().unwrap();
        assert_eq!(resolved.user, jose);
        assert_eq!(resolved.grants, tx.users().grants(jose.id).await.unwrap());
        assert_eq!(tx.users().by_name("jose").await.unwrap(), Some(jose));
    }

    async fn names_and_cookies_are_unique(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        let same_name = User { name: "ada".to_owned(), cookie_id: "x".to_owned(), ..User::default() };
        let same_cookie = User { name: "bob".to_owned(), cookie_id: ada.cookie_id, ..User::default() };
        for mut double in [same_name, same_cookie] {
            let mut tx = store.begin().await.unwrap();
            assert!(tx.users().insert(&mut double).await.unwrap_err().is_conflict());
        }
    }

    async fn lists_of_names(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let bob = user(&mut tx, "bob").await;
        let ada = user(&mut tx, "ada").await;
        assert_eq!(tx.users().by_names(&["bob", "nobody", "ada"]).await.unwrap(), [ada, bob]);
        assert_eq!(tx.users().by_names(&[]).await.unwrap(), []);
        assert_eq!(tx.users().names().await.unwrap(), ["bob", "ada"]);
        assert_eq!(tx.users().count().await.unwrap(), 2);
        let many: Vec<String> = (0..1200).map(|number| format!("user{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).chain(["ada"]).collect();
        assert_eq!(tx.users().by_names(&many).await.unwrap().len(), 1);
    }

    async fn single_columns(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        assert!(tx.users().set_admin(ada.id, true).await.unwrap());
        assert!(tx.users().set_auth_state(ada.id, Some(b"gAAA\xff")).await.unwrap());
        assert!(tx.users().set_cookie_id(ada.id, "new").await.unwrap());
        assert!(!tx.users().set_admin(4711, true).await.unwrap());
        (ada.admin, ada.encrypted_auth_state, ada.cookie_id) = (true, Some(b"gAAA\xff".to_vec()), "new".to_owned());
        assert_eq!(tx.users().find(ada.id).await.unwrap().as_ref(), Some(&ada));
        assert_eq!(tx.users().find(bob.id).await.unwrap(), Some(bob));
        assert_eq!(tx.users().admins().await.unwrap().as_slice(), std::slice::from_ref(&ada));
        // The same value again is a row that was found.
        assert!(tx.users().set_admin(ada.id, true).await.unwrap());
        assert!(tx.users().set_auth_state(ada.id, None).await.unwrap());
        ada.encrypted_auth_state = None;
        ada.name = "grace".to_owned();
        ada.user_info = Some(json!({"a": 1}));
        assert!(tx.users().update(&ada).await.unwrap());
        assert_eq!(tx.users().by_name("grace").await.unwrap().as_ref(), Some(&ada));
        ada.id = 4711;
        assert!(!tx.users().update(&ada).await.unwrap());
    }

    async fn activity_only_moves_forward(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        assert_eq!(tx.users().set_activity(&[]).await.unwrap(), 0);
        assert_eq!(tx.users().set_activity(&[(ada.id, at(10))]).await.unwrap(), 1);
        assert_eq!(tx.users().set_activity(&[(ada.id, at(10))]).await.unwrap(), 0);
        let times = [(ada.id, at(5)), (bob.id, at(20)), (4711, at(1))];
        assert_eq!(tx.users().set_activity(&times).await.unwrap(), 1);
        assert_eq!(tx.users().find(ada.id).await.unwrap().unwrap().last_activity, Some(at(10)));
        assert_eq!(tx.users().find(bob.id).await.unwrap().unwrap().last_activity, Some(at(20)));
        assert_eq!(tx.users().count_active_since(at(10)).await.unwrap(), 2);
        assert_eq!(tx.users().count_active_since(at(11)).await.unwrap(), 1);
        let many: Vec<_> = (0..1200).map(|id| (id, at(30))).collect();
        assert_eq!(tx.users().set_activity(&many).await.unwrap(), 2);
        assert_eq!(tx.users().find(ada.id).await.unwrap().unwrap().last_activity, Some(at(30)));
    }

    async fn deletion_takes_all_that_is_theirs(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        let lab = group(&mut tx, "lab", &[&ada, &bob]).await;
        let reader = role(&mut tx, "reader", &["read:users"]).await;
        tx.roles().grant(perijove_store::Holder::User(ada.id), reader.id, false).await.unwrap();
        let server = running(&mut tx, &ada, "").await;
        let kept = running(&mut tx, &bob, "").await;
        let client = server.oauth_client_id.clone().unwrap();
        let secret = token(&mut tx, &ada, &client, "abcd").await;
        assert!(tx.users().delete(ada.id).await.unwrap());
        assert!(!tx.users().delete(ada.id).await.unwrap());
        assert_eq!(tx.spawners().find(server.id).await.unwrap(), None);
        assert_eq!(tx.servers().find(server.server_id.unwrap()).await.unwrap(), None);
        assert_eq!(tx.oauth().client(&client).await.unwrap(), None);
        assert_eq!(tx.tokens().find(secret.id).await.unwrap(), None);
        assert_eq!(tx.groups().members(lab.id).await.unwrap(), [bob]);
        assert_eq!(tx.roles().holders(reader.id).await.unwrap(), perijove_store::Holders::default());
        assert_eq!(tx.spawners().find(kept.id).await.unwrap(), Some(kept));
    }
}
