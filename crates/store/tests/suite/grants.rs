//! Who is behind a token or a cookie, and what was granted to them.

use perijove_store::{
    ApiToken, ClientTarget, Grants, Holder, Share, SharedServer, Store, TokenOwner, Tx, User, UserWithGrants,
};

use crate::rows::{at, client, group, role, running, service, spawner, texts, token, user};

/// A user with roles, two groups that share a role, and two shares, among others who have as much; and what is
/// granted to her.
async fn ada_and_others(tx: &mut Tx) -> (User, Grants) {
    let ada = user(tx, "ada").await;
    let bob = user(tx, "bob").await;
    let lab = group(tx, "lab", &[&ada, &bob]).await;
    let staff = group(tx, "staff", &[&ada]).await;
    let other = group(tx, "other", &[&bob]).await;
    let [own, also, shared, unrelated] = [
        role(tx, "own", &["self"]).await,
        role(tx, "also", &[]).await,
        role(tx, "shared", &["read:users!group=lab"]).await,
        role(tx, "unrelated", &["admin:users"]).await,
    ];
    for (holder, role) in [
        (Holder::User(ada.id), &own),
        (Holder::User(ada.id), &also),
        (Holder::User(bob.id), &unrelated),
        (Holder::Group(lab.id), &shared),
        (Holder::Group(staff.id), &shared),
        (Holder::Group(staff.id), &own),
        (Holder::Group(other.id), &unrelated),
    ] {
        tx.roles().grant(holder, role.id, false).await.unwrap();
    }
    let server = spawner(tx, &bob, "gpu").await;
    for (user_id, group_id, expires_at) in [
        (Some(ada.id), None, Some(at(9))),
        (None, Some(lab.id), None),
        (Some(bob.id), None, None),
        (None, Some(other.id), None),
    ] {
        let mut share = Share {
            user_id,
            group_id,
            id: 0,
            created_at: at(0),
            scopes: texts(&["access:servers!server=bob/gpu"]),
            expires_at,
            owner_id: Some(bob.id),
            spawner_id: Some(server.id),
        };
        tx.shares().insert(&mut share).await.unwrap();
    }
    let shared_server = |expires_at, group: Option<&str>| SharedServer {
        scopes: texts(&["access:servers!server=bob/gpu"]),
        expires_at,
        owner_name: "bob".to_owned(),
        server_name: "gpu".to_owned(),
        group: group.map(str::to_owned),
    };
    let grants = Grants {
        roles: vec![own.clone(), also],
        groups: texts(&["lab", "staff"]),
        group_roles: vec![own, shared],
        shares: vec![shared_server(Some(at(9)), None), shared_server(None, Some("lab"))],
    };
    (ada, grants)
}

/// The order of shares is the database's.
fn sorted(mut grants: Grants) -> Grants {
    grants.shares.sort_by_key(|share| share.group.clone());
    grants
}

/// The same answer with and without a transaction.
async fn resolve(store: &Store, prefix: &str) -> Vec<perijove_store::TokenWithOwner> {
    let alone = store.resolve_by_prefix(prefix).await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.tokens().resolve_by_prefix(prefix).await.unwrap(), alone);
    alone
}

on_every_database! {
    async fn of_a_cookie(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (ada, grants) = ada_and_others(&mut tx).await;
        let found = tx.users().resolve_by_cookie_id("cookie of ada").await.unwrap().unwrap();
        let found = UserWithGrants { grants: sorted(found.grants), ..found };
        assert_eq!(found, UserWithGrants { user: ada.clone(), grants: grants.clone() });
        assert_eq!(sorted(tx.users().grants(ada.id).await.unwrap()), grants);
        let bob = tx.users().by_name("bob").await.unwrap().unwrap();
        let many = tx.users().grants_of(&[ada.id, bob.id, 4711]).await.unwrap();
        assert_eq!(many.keys().copied().collect::<Vec<_>>(), [ada.id, bob.id]);
        assert_eq!(sorted(many[&ada.id].clone()), grants);
        assert_eq!(sorted(many[&bob.id].clone()), sorted(tx.users().grants(bob.id).await.unwrap()));
        assert_eq!(tx.users().resolve_by_cookie_id("x").await.unwrap(), None);
        assert_eq!(tx.users().grants(4711).await.unwrap(), Grants::default());
        let cleo = user(&mut tx, "cleo").await;
        let found = tx.users().resolve_by_cookie_id("cookie of cleo").await.unwrap();
        assert_eq!(found, Some(UserWithGrants { user: cleo, grants: Grants::default() }));
    }

    async fn of_tokens_of_users(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (ada, grants) = ada_and_others(&mut tx).await;
        client(&mut tx, "jupyterhub").await;
        let server = running(&mut tx, &ada, "a/b").await.oauth_client_id.unwrap();
        let plain = token(&mut tx, &ada, "jupyterhub", "abcd1").await;
        let of_server = token(&mut tx, &ada, &server, "abcd2").await;
        token(&mut tx, &ada, "jupyterhub", "abce").await;
        tx.commit().await.unwrap();
        let found = resolve(&store, "abcd").await;
        assert_eq!(found.iter().map(|it| &it.token).collect::<Vec<_>>(), [&plain, &of_server]);
        for it in &found {
            assert_eq!(it.owner, Some(TokenOwner::User(Box::new(ada.clone()))));
            assert_eq!(sorted(it.grants.clone()), grants);
        }
        assert_eq!(found[0].client, None);
        let target = ClientTarget::Server { user: "ada".to_owned(), server: "a/b".to_owned() };
        assert_eq!(found[1].client, Some(target));
        assert_eq!(resolve(&store, "zzzz").await, []);
    }

    async fn of_tokens_of_services(store: Store) {
        let mut tx = store.begin().await.unwrap();
        ada_and_others(&mut tx).await;
        client(&mut tx, "jupyterhub").await;
        let mut culler = service(&mut tx, "culler").await;
        culler.oauth_client_id = Some(client(&mut tx, "service-culler").await.identifier);
        culler.admin = true;
        tx.services().update(&culler).await.unwrap();
        let shared = tx.roles().by_name("shared").await.unwrap().unwrap();
        tx.roles().grant(Holder::Service(culler.id), shared.id, false).await.unwrap();
        for (hashed, service_id, client_id) in [
            ("abcd1", Some(culler.id), "jupyterhub"),
            ("abcd2", None, "jupyterhub"),
            ("abcd3", Some(culler.id), "service-culler"),
        ] {
            let mut secret = ApiToken {
                service_id,
                hashed: hashed.to_owned(),
                prefix: "abcd".to_owned(),
                client_id: Some(client_id.to_owned()),
                ..ApiToken::default()
            };
            tx.tokens().insert(&mut secret).await.unwrap();
        }
        tx.commit().await.unwrap();
        let found = resolve(&store, "abcd").await;
        let owner = Some(TokenOwner::Service { id: culler.id, name: "culler".to_owned(), admin: true });
        assert_eq!(found.iter().map(|it| it.owner.clone()).collect::<Vec<_>>(), [owner.clone(), None, owner]);
        assert_eq!(found[0].grants, Grants { roles: vec![shared], ..Grants::default() });
        assert_eq!(found[1].grants, Grants::default());
        assert_eq!(found[2].client, Some(ClientTarget::Service("culler".to_owned())));
    }
}
