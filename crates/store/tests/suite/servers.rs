//! `tx.spawners()` and `tx.servers()`.

use perijove_store::{RunningSpawner, Server, Spawner};
use serde_json::json;

use crate::rows::{address, at, client, running, spawner, token, user};

on_every_database! {
    async fn addresses(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut server = address(&mut tx, 8888).await;
        assert_eq!(tx.servers().find(server.id).await.unwrap().as_ref(), Some(&server));
        server = Server { id: server.id, proto: "https".to_owned(), port: None, ..Server::default() };
        assert!(tx.servers().update(&server).await.unwrap());
        assert_eq!(tx.servers().find(server.id).await.unwrap().as_ref(), Some(&server));
        assert!(tx.servers().delete(server.id).await.unwrap());
        assert!(!tx.servers().delete(server.id).await.unwrap());
        assert!(!tx.servers().update(&server).await.unwrap());
        assert_eq!(tx.servers().find(server.id).await.unwrap(), None);
    }

    async fn all_columns_of_a_spawner_survive(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let mut gpu = Spawner {
            id: 0,
            user_id: Some(ada.id),
            server_id: Some(address(&mut tx, 1).await.id),
            state: Some(json!({"pid": 12})),
            name: "gpu".to_owned(),
            display_name: Some("Große GPU".to_owned()),
            started: Some(at(1)),
            last_activity: Some(at(2)),
            user_options: Some(json!({"size": "ü", "n": [1.5, true, null]})),
            oauth_client_id: Some(client(&mut tx, "jupyterhub-user-ada-gpu").await.identifier),
        };
        tx.spawners().insert(&mut gpu).await.unwrap();
        let found = Some(gpu.clone());
        assert_eq!(tx.spawners().find(gpu.id).await.unwrap(), found);
        assert_eq!(tx.spawners().by_user_and_name(ada.id, "gpu").await.unwrap(), found);
        assert_eq!(tx.spawners().by_names("ada", "gpu").await.unwrap(), found);
        assert_eq!(tx.spawners().by_oauth_client("jupyterhub-user-ada-gpu").await.unwrap(), found);
        for (user, name) in [("ada", ""), ("ada", "GPU"), ("Ada", "gpu"), ("bob", "gpu")] {
            assert_eq!(tx.spawners().by_names(user, name).await.unwrap(), None, "{user}/{name}");
        }
        assert_eq!(tx.spawners().by_user_and_name(ada.id, "GPU").await.unwrap(), None);
        assert_eq!(tx.spawners().by_oauth_client("x").await.unwrap(), None);
        gpu = Spawner { id: gpu.id, user_id: gpu.user_id, name: "gpu".to_owned(), ..Spawner::default() };
        assert!(tx.spawners().update(&gpu).await.unwrap());
        assert!(tx.spawners().set_state(gpu.id, Some(&json!({"a": 1}))).await.unwrap());
        gpu.state = Some(json!({"a": 1}));
        assert_eq!(tx.spawners().find(gpu.id).await.unwrap(), Some(gpu));
        assert!(!tx.spawners().set_state(4711, None).await.unwrap());
    }

    async fn lists(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        let stopped = spawner(&mut tx, &ada, "").await;
        let gpu = running(&mut tx, &ada, "gpu").await;
        let other = running(&mut tx, &bob, "").await;
        assert_eq!(tx.spawners().of_user(ada.id).await.unwrap(), [stopped.clone(), gpu.clone()]);
        let of_all = tx.spawners().of_users(&[bob.id, ada.id, 4711]).await.unwrap();
        assert_eq!(of_all, [stopped.clone(), gpu.clone(), other.clone()]);
        assert_eq!(tx.spawners().of_users(&[]).await.unwrap(), []);
        let addressed = tx.spawners().with_addresses(&[bob.id, ada.id, 4711]).await.unwrap();
        assert_eq!(addressed.iter().map(|(spawner, _)| spawner.clone()).collect::<Vec<_>>(), of_all);
        for (spawner, server) in addressed {
            assert_eq!(server.map(|server| server.id), spawner.server_id);
        }
        assert_eq!(tx.spawners().with_addresses(&[]).await.unwrap(), []);
        let mut full = Vec::new();
        for (spawner, name) in [(gpu, "ada"), (other, "bob")] {
            let server = tx.servers().find(spawner.server_id.unwrap()).await.unwrap().unwrap();
            full.push(RunningSpawner { spawner, server, user_name: name.to_owned() });
        }
        assert_eq!(tx.spawners().running().await.unwrap(), full);
        let of_bob = tx.spawners().with_addresses(&[bob.id]).await.unwrap();
        assert_eq!(of_bob, [(full[1].spawner.clone(), Some(full[1].server.clone()))]);
    }

    async fn an_address_is_given_and_taken(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let lab = spawner(&mut tx, &ada, "").await;
        let (first, second) = (address(&mut tx, 1).await.id, address(&mut tx, 2).await.id);
        assert!(tx.spawners().set_server(lab.id, Some(first)).await.unwrap());
        assert!(tx.spawners().set_server(lab.id, Some(first)).await.unwrap());
        assert!(tx.servers().find(first).await.unwrap().is_some());
        assert!(tx.spawners().set_server(lab.id, Some(second)).await.unwrap());
        assert_eq!(tx.servers().find(first).await.unwrap(), None);
        assert!(tx.spawners().set_server(lab.id, None).await.unwrap());
        assert_eq!(tx.servers().find(second).await.unwrap(), None);
        assert_eq!(tx.spawners().find(lab.id).await.unwrap().unwrap().server_id, None);
        assert!(!tx.spawners().set_server(4711, None).await.unwrap());
    }

    async fn deletion(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let gpu = running(&mut tx, &ada, "gpu").await;
        let secret = token(&mut tx, &ada, gpu.oauth_client_id.as_ref().unwrap(), "abcd").await;
        assert!(tx.spawners().delete(gpu.id).await.unwrap());
        assert!(!tx.spawners().delete(gpu.id).await.unwrap());
        assert_eq!(tx.servers().find(gpu.server_id.unwrap()).await.unwrap(), None);
        assert_eq!(tx.oauth().client("jupyterhub-user-ada-gpu").await.unwrap(), None);
        assert_eq!(tx.tokens().find(secret.id).await.unwrap(), None);
        assert_eq!(tx.users().find(ada.id).await.unwrap(), Some(ada));
    }

    async fn activity(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let (a, b) = (spawner(&mut tx, &ada, "a").await, spawner(&mut tx, &ada, "b").await);
        tx.spawners().set_activity(&[(a.id, at(5)), (b.id, at(7))]).await.unwrap();
        tx.spawners().set_activity(&[(a.id, at(6)), (b.id, at(6))]).await.unwrap();
        assert_eq!(tx.spawners().find(a.id).await.unwrap().unwrap().last_activity, Some(at(6)));
        assert_eq!(tx.spawners().find(b.id).await.unwrap().unwrap().last_activity, Some(at(7)));
    }
}
