//! `tx.shares()`.

use perijove_store::{
    Share, ShareCode, ShareCodeDetails, ShareDetails, ShareFilter, ShareWith, Spawner, Tx, User,
};

use crate::rows::{at, group, spawner, texts, user};

async fn share(tx: &mut Tx, server: &Spawner, with: ShareWith) -> Share {
    let (user_id, group_id) = match with {
        ShareWith::User(id) => (Some(id), None),
        ShareWith::Group(id) => (None, Some(id)),
    };
    let mut share = Share {
        user_id,
        group_id,
        id: 0,
        created_at: at(0),
        scopes: texts(&["access:servers!server=ada/"]),
        expires_at: None,
        owner_id: server.user_id,
        spawner_id: Some(server.id),
    };
    tx.shares().insert(&mut share).await.unwrap();
    share
}

async fn code(tx: &mut Tx, server: &Spawner, hashed: &str) -> ShareCode {
    let mut code = ShareCode {
        hashed: hashed.to_owned(),
        prefix: hashed.chars().take(4).collect(),
        exchange_count: 0,
        last_exchanged_at: None,
        id: 0,
        created_at: at(0),
        scopes: texts(&["access:servers!server=ada/"]),
        expires_at: Some(at(100)),
        owner_id: server.user_id,
        spawner_id: Some(server.id),
    };
    tx.shares().insert_code(&mut code).await.unwrap();
    code
}

async fn ada_with_a_server(tx: &mut Tx) -> (User, Spawner) {
    let ada = user(tx, "ada").await;
    let server = spawner(tx, &ada, "gpu").await;
    (ada, server)
}

async fn listed(tx: &mut Tx, filter: ShareFilter) -> Vec<i64> {
    let page = tx.shares().list(filter, 0, None).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    page.items.into_iter().map(|details| details.share.id).collect()
}

on_every_database! {
    async fn find_and_change(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (_, server) = ada_with_a_server(&mut tx).await;
        let bob = user(&mut tx, "bob").await;
        let lab = group(&mut tx, "lab", &[]).await;
        let mut direct = share(&mut tx, &server, ShareWith::User(bob.id)).await;
        let indirect = share(&mut tx, &server, ShareWith::Group(lab.id)).await;
        let mut shares = tx.shares();
        assert_eq!(shares.between(server.id, ShareWith::User(bob.id)).await.unwrap().as_ref(), Some(&direct));
        assert_eq!(shares.between(server.id, ShareWith::Group(lab.id)).await.unwrap(), Some(indirect));
        assert_eq!(shares.between(server.id, ShareWith::User(4711)).await.unwrap(), None);
        (direct.scopes, direct.expires_at) = (texts(&["read:servers!server=ada/gpu"]), Some(at(9)));
        assert!(shares.update(&direct).await.unwrap());
        assert_eq!(shares.between(server.id, ShareWith::User(bob.id)).await.unwrap().as_ref(), Some(&direct));
        assert!(shares.delete(direct.id).await.unwrap());
        assert!(!shares.delete(direct.id).await.unwrap());
        assert_eq!(shares.delete_for_spawner(server.id).await.unwrap(), 1);
    }

    async fn lists(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (ada, server) = ada_with_a_server(&mut tx).await;
        let bob = user(&mut tx, "bob").await;
        let dan = user(&mut tx, "dan").await;
        let lab = group(&mut tx, "lab", &[&bob]).await;
        let others = spawner(&mut tx, &dan, "").await;
        let a = share(&mut tx, &server, ShareWith::User(bob.id)).await;
        let b = share(&mut tx, &server, ShareWith::Group(lab.id)).await;
        let c = share(&mut tx, &others, ShareWith::User(ada.id)).await;
        assert_eq!(listed(&mut tx, ShareFilter::Owner(ada.id)).await, [a.id, b.id]);
        assert_eq!(listed(&mut tx, ShareFilter::Spawner(others.id)).await, [c.id]);
        assert_eq!(listed(&mut tx, ShareFilter::WithUser(bob.id)).await, [a.id, b.id]);
        assert_eq!(listed(&mut tx, ShareFilter::WithGroup(lab.id)).await, [b.id]);
        assert_eq!(listed(&mut tx, ShareFilter::WithUser(dan.id)).await, Vec::<i64>::new());
        let page = tx.shares().list(ShareFilter::Owner(ada.id), 1, Some(1)).await.unwrap();
        let expected = ShareDetails {
            share: b,
            owner_name: "ada".to_owned(),
            server_name: "gpu".to_owned(),
            user_name: None,
            group_name: Some("lab".to_owned()),
        };
        assert_eq!((page.items, page.total), (vec![expected], 2));
    }

    async fn codes(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (ada, server) = ada_with_a_server(&mut tx).await;
        let mut first = code(&mut tx, &server, "abcd1").await;
        let second = code(&mut tx, &server, "abcd2").await;
        let details = |code: &ShareCode| ShareCodeDetails {
            code: code.clone(),
            owner_name: "ada".to_owned(),
            server_name: "gpu".to_owned(),
        };
        assert_eq!(tx.shares().codes_by_prefix("abcd").await.unwrap(), [details(&first), details(&second)]);
        assert_eq!(tx.shares().codes_by_prefix("zzzz").await.unwrap(), []);
        assert!(tx.shares().count_exchange(first.id, at(3)).await.unwrap());
        assert!(!tx.shares().count_exchange(4711, at(3)).await.unwrap());
        (first.exchange_count, first.last_exchanged_at) = (1, Some(at(3)));
        assert_eq!(tx.shares().find_code(first.id).await.unwrap().as_ref(), Some(&first));
        let page = tx.shares().list_codes(ShareFilter::Owner(ada.id), 0, Some(1)).await.unwrap();
        assert_eq!((page.items, page.total), (vec![details(&first)], 2));
        let page = tx.shares().list_codes(ShareFilter::Spawner(server.id), 1, None).await.unwrap();
        assert_eq!((page.items, page.total), (vec![details(&second)], 2));
        let page = tx.shares().list_codes(ShareFilter::WithUser(ada.id), 0, None).await.unwrap();
        assert_eq!((page.items, page.total), (Vec::new(), 0));
        assert!(tx.shares().delete_code(first.id).await.unwrap());
        assert!(!tx.shares().delete_code(first.id).await.unwrap());
        assert_eq!(tx.shares().delete_codes_for_spawner(server.id).await.unwrap(), 1);
    }

    async fn expiry(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (_, server) = ada_with_a_server(&mut tx).await;
        let bob = user(&mut tx, "bob").await;
        let kept = share(&mut tx, &server, ShareWith::User(bob.id)).await;
        let mut over = share(&mut tx, &server, ShareWith::User(bob.id)).await;
        over.expires_at = Some(at(99));
        tx.shares().update(&over).await.unwrap();
        code(&mut tx, &server, "abcd").await;
        assert_eq!(tx.shares().purge_expired(at(100)).await.unwrap(), 1);
        assert_eq!(tx.shares().purge_expired(at(101)).await.unwrap(), 1);
        assert_eq!(listed(&mut tx, ShareFilter::Spawner(server.id)).await, [kept.id]);
    }

    async fn they_end_with_the_server(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (_, server) = ada_with_a_server(&mut tx).await;
        let bob = user(&mut tx, "bob").await;
        share(&mut tx, &server, ShareWith::User(bob.id)).await;
        let secret = code(&mut tx, &server, "abcd").await;
        assert!(tx.spawners().delete(server.id).await.unwrap());
        assert_eq!(tx.shares().find_code(secret.id).await.unwrap(), None);
        assert_eq!(listed(&mut tx, ShareFilter::WithUser(bob.id)).await, Vec::<i64>::new());
    }
}
