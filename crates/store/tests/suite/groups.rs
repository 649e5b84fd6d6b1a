//! `tx.groups()`.

use perijove_store::{Group, Holder};
use serde_json::json;

use crate::rows::{group, role, user};

on_every_database! {
    async fn find_and_list(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let mut staff = Group {
            name: "staff".to_owned(),
            properties: Some(json!({"colour": "blue"})),
            ..Group::default()
        };
        tx.groups().insert(&mut staff).await.unwrap();
        let lab = group(&mut tx, "lab", &[]).await;
        assert_eq!(tx.groups().find(staff.id).await.unwrap().as_ref(), Some(&staff));
        assert_eq!(tx.groups().by_name("staff").await.unwrap().as_ref(), Some(&staff));
        assert_eq!(tx.groups().by_name("Staff").await.unwrap(), None);
        assert_eq!(tx.groups().all().await.unwrap(), [staff.clone(), lab.clone()]);
        assert_eq!(tx.groups().by_names(&["staff", "lab", "LAB", "x"]).await.unwrap(), [lab.clone(), staff.clone()]);
        let page = tx.groups().list(None, 1, Some(5)).await.unwrap();
        assert_eq!((page.items, page.total), (vec![lab.clone()], 2));
        let page = tx.groups().list(Some(&["lab"]), 0, None).await.unwrap();
        assert_eq!((page.items, page.total), (vec![lab], 1));
        let page = tx.groups().list(Some(&[]), 0, None).await.unwrap();
        assert_eq!((page.items, page.total), (Vec::new(), 0));
        assert!(tx.groups().set_properties(staff.id, None).await.unwrap());
        assert!(!tx.groups().set_properties(4711, None).await.unwrap());
        assert_eq!(tx.groups().find(staff.id).await.unwrap().unwrap().properties, None);
        let mut double = Group { name: "staff".to_owned(), ..Group::default() };
        assert!(tx.groups().insert(&mut double).await.unwrap_err().is_conflict());
    }

    async fn members(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        let staff = group(&mut tx, "staff", &[&bob, &ada]).await;
        let lab = group(&mut tx, "lab", &[&ada]).await;
        assert!(!tx.groups().add_user(lab.id, ada.id).await.unwrap());
        assert_eq!(tx.groups().members(staff.id).await.unwrap(), [ada.clone(), bob.clone()]);
        assert_eq!(tx.groups().of_user(ada.id).await.unwrap(), [lab.clone(), staff.clone()]);
        assert_eq!(tx.groups().names_of_user("ada").await.unwrap(), ["lab", "staff"]);
        assert_eq!(tx.groups().names_of_user("nobody").await.unwrap(), Vec::<String>::new());
        let names = tx.groups().member_names(&[staff.id, lab.id]).await.unwrap();
        let name = |group: &perijove_store::Group, name: &str| (group.id, name.to_owned());
        assert_eq!(names, [name(&staff, "ada"), name(&staff, "bob"), name(&lab, "ada")]);
        let names = tx.groups().names_of_users(&[ada.id, bob.id]).await.unwrap();
        assert_eq!(
            names,
            [(ada.id, "lab".to_owned()), (ada.id, "staff".to_owned()), (bob.id, "staff".to_owned())]
        );
        assert_eq!(tx.groups().names_of_users(&[]).await.unwrap(), []);
        assert!(tx.groups().remove_user(staff.id, ada.id).await.unwrap());
        assert!(!tx.groups().remove_user(staff.id, ada.id).await.unwrap());
        assert_eq!(tx.groups().members(staff.id).await.unwrap(), [bob]);
        assert_eq!(tx.groups().members(lab.id).await.unwrap(), [ada]);
    }

    async fn deletion(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let lab = group(&mut tx, "lab", &[&ada]).await;
        let reader = role(&mut tx, "reader", &[]).await;
        tx.roles().grant(Holder::Group(lab.id), reader.id, false).await.unwrap();
        assert!(tx.groups().delete(lab.id).await.unwrap());
        assert!(!tx.groups().delete(lab.id).await.unwrap());
        assert_eq!(tx.groups().of_user(ada.id).await.unwrap(), []);
        assert_eq!(tx.roles().holders(reader.id).await.unwrap(), perijove_store::Holders::default());
        assert!(tx.users().find(ada.id).await.unwrap().is_some());
    }
}
