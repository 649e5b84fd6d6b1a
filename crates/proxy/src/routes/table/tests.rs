//! Tests of the route table.

use super::*;

fn table(paths: &[&str], host_routing: bool) -> RouteTable {
    let table = RouteTable::new(host_routing);
    for path in paths {
        table.insert(path, Target::local(path), Map::new(), DateTime::UNIX_EPOCH);
    }
    table
}

fn found(table: &RouteTable, host: Option<&str>, path: &str) -> Option<String> {
    table.find(host, path).map(|route| route.path().to_owned())
}

#[test]
fn the_longest_prefix_of_whole_segments_wins() {
    let table = table(&["/", "/user/a", "/user/a/named/", "/user/ab/c/d/e"], false);
    for (path, route) in [
        ("/", "/"),
        ("/user", "/"),
        ("/user/a", "/user/a"),
        ("/user/a/", "/user/a"),
        ("/user/a/x/y/z/z/z", "/user/a"),
        ("/user/a/named", "/user/a/named"),
        ("/user/a/named/lab", "/user/a/named"),
        ("/user/a/namedx", "/user/a"),
        ("/user/ab", "/"),
        ("/user/ab/c/d", "/"),
        ("/user/ab/c/d/e/f", "/user/ab/c/d/e"),
        ("/User/a", "/"),
    ] {
        assert_eq!(found(&table, Some("ignored"), path).as_deref(), Some(route), "{path}");
    }
}

#[test]
fn without_a_default_route_there_may_be_none() {
    let table = table(&["/user/a"], false);
    assert_eq!(found(&table, None, "/user/b"), None);
    assert!(table.take("/user/a/").is_some());
    assert!(table.take("/user/a").is_none());
    assert_eq!(found(&table, None, "/user/a"), None);
}

#[test]
fn hosts_come_first_where_routing_is_by_host() {
    let table = table(&["/", "/Hub.example", "/a.example/user/a"], true);
    assert_eq!(found(&table, Some("hub.EXAMPLE"), "/x").as_deref(), Some("/Hub.example"));
    assert_eq!(found(&table, Some("a.example"), "/user/a/lab").as_deref(), Some("/a.example/user/a"));
    assert_eq!(found(&table, Some("a.example"), "/user/b").as_deref(), Some("/"));
    assert_eq!(found(&table, None, "/user/a").as_deref(), Some("/"));
    assert_eq!(table.get("/a.example/user/a").unwrap().data()["host"], "a.example");
}

#[test]
fn activity_never_turns_back_and_filters_the_list() {
    let table = table(&["/a", "/b"], false);
    let later = DateTime::from_timestamp_millis(5_000).unwrap();
    let route = table.get("/a").unwrap();
    route.touch(later);
    route.touch(DateTime::UNIX_EPOCH);
    assert_eq!(route.last_activity(), later);
    let inactive = table.list(Some(later));
    assert_eq!(inactive.iter().map(|route| route.path()).collect::<Vec<_>>(), ["/b"]);
    table.insert("/a", Target::local("x"), Map::new(), DateTime::UNIX_EPOCH);
    assert_eq!(table.get("/a").unwrap().last_activity(), DateTime::UNIX_EPOCH);
}

#[test]
fn five_thousand_routes_are_all_found_and_removed() {
    let paths: Vec<String> = (0..5_000).map(|n| format!("/user/u{n}")).collect();
    let table = table(&paths.iter().map(String::as_str).collect::<Vec<_>>(), false);
    assert_eq!(table.list(None).len(), 5_000);
    for path in &paths {
        assert_eq!(found(&table, None, &format!("{path}/lab")).as_ref(), Some(path));
        assert!(table.take(path).is_some());
    }
    assert!(table.list(None).is_empty());
}

#[tokio::test]
async fn the_hub_sees_its_own_routes_only() {
    let table = table(&["/foreign"], false);
    let data = Map::from_iter([("user".to_owned(), Value::from("é"))]);
    table.add("/user/%C3%A9/", &Target::url("http://127.0.0.1:1").unwrap(), data).await.unwrap();
    let all = table.get_all(None).await.unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), ["/user/%C3%A9/"]);
    let entry = &all["/user/%C3%A9/"];
    assert_eq!(entry.target, "http://127.0.0.1:1");
    assert_eq!(entry.data["user"], "é");
    assert!(!entry.data.contains_key("jupyterhub"));
    assert!(table.delete("/user/%C3%A9/").await.unwrap());
    assert!(!table.delete("/user/%C3%A9/").await.unwrap());
    assert!(table.add("host/x/", &Target::local("x"), Map::new()).await.is_err());
}
