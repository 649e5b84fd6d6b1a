//! `tx.perijove()`.

use perijove_store::{Process, Tx};
use serde_json::json;

fn child() -> Process {
    Process {
        kind: "spawner".to_owned(),
        subject_id: 7,
        pid: 4_194_304,
        start_time: 9_000_000_000_000,
        boot_id: "5c8e".to_owned(),
        details: Some(json!({"log": "/var/log/ada"})),
    }
}

async fn fact(tx: &mut Tx) -> Option<String> {
    tx.perijove().meta("last backup").await.unwrap()
}

on_every_database! {
    async fn processes(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut child = child();
        tx.perijove().set_process(&child).await.unwrap();
        assert_eq!(tx.perijove().process("spawner", 7).await.unwrap().as_ref(), Some(&child));
        assert_eq!(tx.perijove().process("service", 7).await.unwrap(), None);
        (child.pid, child.details) = (12, None);
        tx.perijove().set_process(&child).await.unwrap();
        let other = Process { kind: "service".to_owned(), ..child.clone() };
        tx.perijove().set_process(&other).await.unwrap();
        assert_eq!(tx.perijove().processes("spawner").await.unwrap(), [child]);
        assert_eq!(tx.perijove().processes("service").await.unwrap(), [other]);
        assert!(tx.perijove().delete_process("spawner", 7).await.unwrap());
        assert!(!tx.perijove().delete_process("spawner", 7).await.unwrap());
        assert_eq!(tx.perijove().processes("spawner").await.unwrap(), []);
    }

    async fn facts(store: Store) {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(fact(&mut tx).await, None);
        tx.perijove().set_meta("last backup", Some("gestern, 🕛")).await.unwrap();
        tx.perijove().set_meta("last backup", Some("heute")).await.unwrap();
        assert_eq!(fact(&mut tx).await.as_deref(), Some("heute"));
        tx.perijove().set_meta("last backup", None).await.unwrap();
        assert_eq!(fact(&mut tx).await, None);
    }
}
