//! `tx.services()`.

use perijove_store::{Holder, Service};
use serde_json::json;

use crate::rows::{address, client, role, service, texts};

on_every_database! {
    async fn all_columns_survive(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut culler = Service {
            id: 0,
            name: "culler".to_owned(),
            admin: true,
            url: Some("http://127.0.0.1:9999".to_owned()),
            oauth_client_allowed_scopes: texts(&["read:users"]),
            info: Some(json!({"a": [1]})),
            display: Some(false),
            oauth_no_confirm: Some(true),
            command: texts(&["python3", "-m", "größe"]),
            cwd: Some("/srv".to_owned()),
            environment: Some(json!({"A": "b"})),
            user: Some("nobody".to_owned()),
            timeout: 12,
            from_config: false,
            server_id: Some(address(&mut tx, 9999).await.id),
            pid: Some(4711),
            oauth_client_id: Some(client(&mut tx, "service-culler").await.identifier),
        };
        tx.services().insert(&mut culler).await.unwrap();
        let found = Some(culler.clone());
        assert_eq!(tx.services().find(culler.id).await.unwrap(), found);
        assert_eq!(tx.services().by_name("culler").await.unwrap(), found);
        assert_eq!(tx.services().by_name("CULLER").await.unwrap(), None);
        assert_eq!(tx.services().by_oauth_client("service-culler").await.unwrap(), found);
        assert_eq!(tx.services().by_oauth_client("x").await.unwrap(), None);
        assert!(tx.services().set_pid(culler.id, None).await.unwrap());
        assert_eq!(tx.services().find(culler.id).await.unwrap().unwrap().pid, None);
        culler = Service { id: culler.id, name: "culler".to_owned(), ..Service::default() };
        assert!(tx.services().update(&culler).await.unwrap());
        assert_eq!(tx.services().find(culler.id).await.unwrap(), Some(culler));
    }

    async fn lists_and_upsert(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut b = service(&mut tx, "b").await;
        let a = service(&mut tx, "a").await;
        assert_eq!(tx.services().all().await.unwrap(), [b.clone(), a.clone()]);
        assert_eq!(tx.services().by_names(&["b", "a", "A", "c"]).await.unwrap(), [a, b.clone()]);
        let mut again = Service { id: 0, url: Some("http://h".to_owned()), ..b.clone() };
        tx.services().upsert(&mut again).await.unwrap();
        assert_eq!(again.id, b.id);
        b.url = Some("http://h".to_owned());
        assert_eq!(tx.services().find(b.id).await.unwrap(), Some(b));
        let mut new = Service { name: "c".to_owned(), ..Service::default() };
        tx.services().upsert(&mut new).await.unwrap();
        assert_eq!(tx.services().by_name("c").await.unwrap().as_ref(), Some(&new));
        assert!(tx.services().insert(&mut new).await.unwrap_err().is_conflict());
    }

    async fn deletion(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut culler = service(&mut tx, "culler").await;
        culler.server_id = Some(address(&mut tx, 1).await.id);
        culler.oauth_client_id = Some(client(&mut tx, "service-culler").await.identifier);
        tx.services().update(&culler).await.unwrap();
        let reader = role(&mut tx, "reader", &[]).await;
        tx.roles().grant(Holder::Service(culler.id), reader.id, false).await.unwrap();
        assert!(tx.services().delete(culler.id).await.unwrap());
        assert!(!tx.services().delete(culler.id).await.unwrap());
        assert_eq!(tx.servers().find(culler.server_id.unwrap()).await.unwrap(), None);
        assert_eq!(tx.oauth().client("service-culler").await.unwrap(), None);
        assert_eq!(tx.roles().holders(reader.id).await.unwrap(), perijove_store::Holders::default());
    }
}
