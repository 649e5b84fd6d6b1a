//! smoke
#[tokio::test]
async fn smoke() {
    use perijove_store::*;
    let store = Store::connect("sqlite://", StoreOptions::default()).await.unwrap();
    let s2 = store.clone();
    tokio::spawn(async move {
        let v1 = s2.data_version().await.unwrap();
        let mut tx = s2.begin().await.unwrap();
        let mut user = User {
            name: "ada".into(),
            cookie_id: "c".into(),
            created: Some(chrono::Utc::now()),
            ..User::default()
        };
        tx.users().insert(&mut user).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(v1, s2.data_version().await.unwrap());
        let mut tx = s2.read().await.unwrap();
        println!("{:?}", tx.users().by_name("ada").await.unwrap());
        println!("{:?}", tx.users().resolve_by_cookie_id("c").await.unwrap());
        println!("{:?}", tx.tokens().resolve_by_prefix("c").await.unwrap());
        println!(
            "{:?}",
            tx.users()
                .list(&UserQuery { name_filter: Some("D".into()), ..Default::default() })
                .await
                .unwrap()
        );
    })
    .await
    .unwrap();
    store.close().await.unwrap();
}
