//! `tx.roles()`.

use perijove_store::{Assignment, Holder, HolderKind, Holders, Role};

use crate::rows::{group, role, service, texts, user};

on_every_database! {
    async fn find_and_change(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut reader = Role {
            name: "reader".to_owned(),
            description: Some("reads".to_owned()),
            scopes: texts(&["read:users!group=lab", "custom:ünï"]),
            managed_by_auth: true,
            ..Role::default()
        };
        tx.roles().insert(&mut reader).await.unwrap();
        let admin = role(&mut tx, "admin", &[]).await;
        assert_eq!(tx.roles().by_name("reader").await.unwrap().as_ref(), Some(&reader));
        assert_eq!(tx.roles().by_name("READER").await.unwrap(), None);
        assert_eq!(tx.roles().by_names(&["reader", "admin", "x"]).await.unwrap(), [admin.clone(), reader.clone()]);
        assert_eq!(tx.roles().by_names(&["ADMIN"]).await.unwrap(), []);
        assert_eq!(tx.roles().all().await.unwrap(), [reader.clone(), admin]);
        (reader.scopes, reader.managed_by_auth, reader.description) = (Vec::new(), false, None);
        assert!(tx.roles().update(&reader).await.unwrap());
        assert_eq!(tx.roles().by_name("reader").await.unwrap().as_ref(), Some(&reader));
        let mut double = Role { name: "reader".to_owned(), ..Role::default() };
        let failure = tx.roles().insert(&mut double).await.unwrap_err();
        assert!(failure.is_conflict());
    }

    async fn granted_to_whoever_lacks_it(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let (basic, reader) = (role(&mut tx, "user", &["self"]).await, role(&mut tx, "reader", &[]).await);
        let (ada, bob, eve) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await, user(&mut tx, "eve").await);
        tx.roles().grant(Holder::User(ada.id), reader.id, false).await.unwrap();
        tx.roles().grant(Holder::User(eve.id), basic.id, true).await.unwrap();
        assert_eq!(tx.roles().grant_to_users_without_any(basic.id).await.unwrap(), 1);
        assert_eq!(tx.roles().for_user(ada.id).await.unwrap().as_slice(), std::slice::from_ref(&reader));
        assert_eq!(tx.roles().for_user(bob.id).await.unwrap().as_slice(), std::slice::from_ref(&basic));
        assert_eq!(tx.roles().grant_to_users_without(basic.id).await.unwrap(), 1);
        assert_eq!(tx.roles().grant_to_users_without(basic.id).await.unwrap(), 0);
        assert_eq!(tx.roles().holders(basic.id).await.unwrap().users, texts(&["ada", "bob", "eve"]));
        let held = tx.roles().assignments(HolderKind::User).await.unwrap();
        let managed: Vec<Holder> = held.iter().filter(|found| found.managed_by_auth).map(|found| found.holder).collect();
        assert_eq!(managed, [Holder::User(eve.id)]);
    }

    async fn holders(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let reader = role(&mut tx, "reader", &["read:users"]).await;
        let writer = role(&mut tx, "writer", &["users"]).await;
        let ada = user(&mut tx, "ada").await;
        let lab = group(&mut tx, "lab", &[&ada]).await;
        let culler = service(&mut tx, "culler").await;
        let all = [Holder::User(ada.id), Holder::Group(lab.id), Holder::Service(culler.id)];
        for holder in all {
            assert!(tx.roles().grant(holder, reader.id, false).await.unwrap());
            assert!(!tx.roles().grant(holder, reader.id, false).await.unwrap());
            assert!(tx.roles().grant(holder, reader.id, true).await.unwrap());
            assert_eq!(tx.roles().of(holder).await.unwrap().as_slice(), std::slice::from_ref(&reader));
        }
        tx.roles().grant(Holder::Group(lab.id), writer.id, false).await.unwrap();
        assert_eq!(tx.roles().for_user(ada.id).await.unwrap().as_slice(), std::slice::from_ref(&reader));
        assert_eq!(tx.roles().for_group(lab.id).await.unwrap(), [reader.clone(), writer.clone()]);
        assert_eq!(tx.roles().for_service(culler.id).await.unwrap().as_slice(), std::slice::from_ref(&reader));
        assert_eq!(tx.roles().for_groups_of_user(ada.id).await.unwrap(), [reader.clone(), writer.clone()]);
        assert_eq!(
            tx.roles().holders(reader.id).await.unwrap(),
            Holders { users: texts(&["ada"]), groups: texts(&["lab"]), services: texts(&["culler"]) }
        );
        let names = tx.roles().names_of(HolderKind::Group, &[lab.id, 4711]).await.unwrap();
        assert_eq!(names, [(lab.id, "reader".to_owned()), (lab.id, "writer".to_owned())]);
        assert_eq!(tx.roles().names_of(HolderKind::User, &[ada.id]).await.unwrap().len(), 1);
        assert_eq!(tx.roles().names_of(HolderKind::Service, &[culler.id]).await.unwrap().len(), 1);
        assert_eq!(
            tx.roles().assignments(HolderKind::Group).await.unwrap(),
            [
                Assignment { holder: Holder::Group(lab.id), role_id: reader.id, managed_by_auth: true },
                Assignment { holder: Holder::Group(lab.id), role_id: writer.id, managed_by_auth: false },
            ]
        );
        assert_eq!(tx.roles().assignments(HolderKind::User).await.unwrap().len(), 1);
        assert_eq!(tx.roles().assignments(HolderKind::Service).await.unwrap().len(), 1);
        for holder in all {
            assert!(tx.roles().strip(holder, reader.id).await.unwrap());
            assert!(!tx.roles().strip(holder, reader.id).await.unwrap());
        }
        assert!(tx.roles().delete(writer.id).await.unwrap());
        assert!(!tx.roles().delete(writer.id).await.unwrap());
        assert_eq!(tx.roles().for_group(lab.id).await.unwrap(), []);
    }
}
