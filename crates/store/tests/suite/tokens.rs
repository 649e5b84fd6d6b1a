//! `tx.tokens()`.

use perijove_store::ApiToken;

use crate::rows::{at, client, service, texts, token, user};

on_every_database! {
    async fn all_columns_survive(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        client(&mut tx, "jupyterhub").await;
        let mut secret = ApiToken {
            user_id: Some(ada.id),
            service_id: None,
            id: 0,
            hashed: "sha512:1:aabb:ccdd".to_owned(),
            prefix: "a1B2".to_owned(),
            client_id: Some("jupyterhub".to_owned()),
            session_id: Some("s".to_owned()),
            created: Some(at(0)),
            expires_at: Some(at(100)),
            last_activity: Some(at(50)),
            note: Some("für Ada 🚀".to_owned()),
            scopes: texts(&["read:users!user=ada", "inherit"]),
        };
        tx.tokens().insert(&mut secret).await.unwrap();
        assert_eq!(tx.tokens().find(secret.id).await.unwrap().as_ref(), Some(&secret));
        assert_eq!(tx.tokens().by_prefix("a1B2").await.unwrap().as_slice(), std::slice::from_ref(&secret));
        assert_eq!(tx.tokens().by_prefix("zzzz").await.unwrap(), []);
        (secret.note, secret.expires_at, secret.scopes) = (None, None, Vec::new());
        assert!(tx.tokens().update(&secret).await.unwrap());
        assert_eq!(tx.tokens().find(secret.id).await.unwrap().as_ref(), Some(&secret));
        tx.tokens().set_activity(&[(secret.id, at(60)), (4711, at(1))]).await.unwrap();
        tx.tokens().set_activity(&[(secret.id, at(40))]).await.unwrap();
        assert_eq!(tx.tokens().find(secret.id).await.unwrap().unwrap().last_activity, Some(at(60)));
        let mut double = ApiToken { id: 0, ..secret };
        assert!(tx.tokens().insert(&mut double).await.unwrap_err().is_conflict());
    }

    async fn lists_and_deletions(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        let culler = service(&mut tx, "culler").await;
        client(&mut tx, "jupyterhub").await;
        client(&mut tx, "server").await;
        let a = token(&mut tx, &ada, "jupyterhub", "aaaa1").await;
        let b = token(&mut tx, &ada, "server", "aaaa2").await;
        let c = token(&mut tx, &bob, "server", "cccc").await;
        let mut d = ApiToken { user_id: None, service_id: Some(culler.id), ..a.clone() };
        (d.id, d.hashed) = (0, "dddd".to_owned());
        tx.tokens().insert(&mut d).await.unwrap();
        assert_eq!(tx.tokens().list_for_user(ada.id).await.unwrap(), [a.clone(), b.clone()]);
        assert_eq!(tx.tokens().list_for_service(culler.id).await.unwrap(), [d]);
        assert_eq!(tx.tokens().list_for_user_and_client(ada.id, "server").await.unwrap(), [b]);
        assert_eq!(tx.tokens().delete_for_user_and_client(ada.id, "server").await.unwrap(), 1);
        assert_eq!(tx.tokens().delete_for_session(ada.id, "other").await.unwrap(), 0);
        assert_eq!(tx.tokens().delete_for_session(ada.id, "session").await.unwrap(), 1);
        assert_eq!(tx.tokens().delete_for_client("server").await.unwrap(), 1);
        assert_eq!(tx.tokens().find(c.id).await.unwrap(), None);
        assert_eq!(tx.tokens().delete_for_service(culler.id).await.unwrap(), 1);
        let e = token(&mut tx, &bob, "server", "eeee").await;
        assert_eq!(tx.tokens().delete_for_user(bob.id).await.unwrap(), 1);
        assert!(!tx.tokens().delete(e.id).await.unwrap());
        let f = token(&mut tx, &bob, "server", "ffff").await;
        assert!(tx.tokens().delete(f.id).await.unwrap());
    }

    async fn expiry(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        client(&mut tx, "jupyterhub").await;
        for (name, ends) in [("over", Some(at(9))), ("now", Some(at(10))), ("never", None)] {
            let mut secret = token(&mut tx, &ada, "jupyterhub", name).await;
            secret.expires_at = ends;
            assert!(tx.tokens().update(&secret).await.unwrap());
        }
        assert_eq!(tx.tokens().purge_expired(at(10)).await.unwrap(), 1);
        let left = tx.tokens().list_for_user(ada.id).await.unwrap();
        assert_eq!(left.iter().map(|it| it.hashed.as_str()).collect::<Vec<_>>(), ["now", "never"]);
    }

    async fn a_token_needs_its_client(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let mut orphan = ApiToken { user_id: Some(ada.id), client_id: Some("gone".to_owned()), ..ApiToken::default() };
        let failure = tx.tokens().insert(&mut orphan).await.unwrap_err();
        assert!(matches!(failure, perijove_store::StoreError::Gone), "{failure}");
    }
}
