//! `tx.oauth()`.

use perijove_store::{ClientTarget, OAuthClient, OAuthCode};

use crate::rows::{client, running, service, texts, token, user};

on_every_database! {
    async fn clients(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut hub = OAuthClient {
            id: 0,
            identifier: "jupyterhub".to_owned(),
            description: Some("a description".to_owned()),
            secret: None,
            redirect_uri: None,
            allowed_scopes: Vec::new(),
        };
        tx.oauth().insert_client(&mut hub).await.unwrap();
        let other = client(&mut tx, "service-x").await;
        assert_eq!(tx.oauth().client("jupyterhub").await.unwrap().as_ref(), Some(&hub));
        assert_eq!(tx.oauth().client("JupyterHub").await.unwrap(), None);
        assert_eq!(tx.oauth().clients().await.unwrap(), [hub.clone(), other]);
        (hub.secret, hub.allowed_scopes) = (Some("sha512:…".to_owned()), texts(&["self"]));
        assert!(tx.oauth().update_client(&hub).await.unwrap());
        assert_eq!(tx.oauth().client("jupyterhub").await.unwrap().as_ref(), Some(&hub));
        assert!(tx.oauth().delete_client("service-x").await.unwrap());
        assert!(!tx.oauth().delete_client("service-x").await.unwrap());
        assert!(tx.oauth().insert_client(&mut OAuthClient { id: 0, ..hub }).await.unwrap_err().is_conflict());
    }

    async fn targets(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        client(&mut tx, "jupyterhub").await;
        let server = running(&mut tx, &ada, "gpu").await;
        let mut culler = service(&mut tx, "culler").await;
        culler.oauth_client_id = Some(client(&mut tx, "service-culler").await.identifier);
        tx.services().update(&culler).await.unwrap();
        let found = tx.oauth().client_target(&server.oauth_client_id.unwrap()).await.unwrap();
        assert_eq!(found, Some(ClientTarget::Server { user: "ada".to_owned(), server: "gpu".to_owned() }));
        let found = tx.oauth().client_target("service-culler").await.unwrap();
        assert_eq!(found, Some(ClientTarget::Service("culler".to_owned())));
        assert_eq!(tx.oauth().client_target("jupyterhub").await.unwrap(), None);
        assert_eq!(tx.oauth().client_target("gone").await.unwrap(), None);
    }

    async fn codes(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        client(&mut tx, "service-x").await;
        let mut code = OAuthCode {
            id: 0,
            client_id: Some("service-x".to_owned()),
            code: "aBc".to_owned(),
            expires_at: Some(1_700_000_300),
            redirect_uri: Some("/services/x/oauth_callback".to_owned()),
            session_id: Some("s".to_owned()),
            user_id: Some(ada.id),
            scopes: texts(&["access:services!service=x"]),
            code_challenge: Some("challenge".to_owned()),
            code_challenge_method: Some("S256".to_owned()),
        };
        tx.oauth().insert_code(&mut code).await.unwrap();
        assert_eq!(tx.oauth().code("aBc").await.unwrap().as_ref(), Some(&code));
        assert_eq!(tx.oauth().code("AbC").await.unwrap(), None);
        assert_eq!(tx.oauth().purge_codes(1_700_000_300).await.unwrap(), 0);
        assert!(tx.oauth().delete_code(code.id).await.unwrap());
        assert!(!tx.oauth().delete_code(code.id).await.unwrap());
        tx.oauth().insert_code(&mut code).await.unwrap();
        assert_eq!(tx.oauth().purge_codes(1_700_000_301).await.unwrap(), 1);
    }

    async fn a_client_takes_its_tokens_and_codes_along(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        client(&mut tx, "service-x").await;
        let secret = token(&mut tx, &ada, "service-x", "abcd").await;
        let mut code =
            OAuthCode { client_id: Some("service-x".to_owned()), code: "c".to_owned(), ..OAuthCode::default() };
        tx.oauth().insert_code(&mut code).await.unwrap();
        assert!(tx.oauth().delete_client("service-x").await.unwrap());
        assert_eq!(tx.tokens().find(secret.id).await.unwrap(), None);
        assert_eq!(tx.oauth().code("c").await.unwrap(), None);
    }
}
