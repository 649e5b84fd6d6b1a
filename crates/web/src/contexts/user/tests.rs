//! Attributes and methods of users, through templates.

use super::*;
use minijinja::{Environment, context};

fn ann() -> UserView {
    let server = |name: &str, ready| {
        Arc::new(SpawnerView { name: name.to_owned(), ready, active: ready, ..SpawnerView::default() })
    };
    UserView {
        spawners: vec![server("", true), server("gpu", false)],
        allow_named_servers: true,
        groups: vec!["physics".to_owned()],
        auth_state: Some(serde_json::json!({"upstream": {"token": "t"}})),
        ..UserView::new("ann@x", "/p/", "/p/hub/")
    }
}

fn eval(user: UserView, source: &str) -> String {
    let mut env = Environment::new();
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.render_str(source, context! { user => Value::from_object(user) }).unwrap()
}

#[test]
fn links_follow_from_the_base_urls() {
    assert_eq!(eval(ann(), "{{ user.url|safe }}"), "/p/user/ann@x/");
    assert_eq!(eval(ann(), "{{ user.server_url('a b')|safe }}"), "/p/user/ann@x/a%20b/");
    assert_eq!(eval(ann(), "{{ user.server_url(server_name='gpu')|safe }}"), "/p/user/ann@x/gpu/");
    assert_eq!(
        eval(ann(), "{{ user.progress_url('gpu')|safe }}"),
        "/p/hub/api/users/ann@x/servers/gpu/progress"
    );
    assert_eq!(eval(ann(), "{{ user.progress_url() }}"), "/p/hub/api/users/ann@x/server/progress");
    assert_eq!(eval(ann(), "[{{ user.public_url() }}]"), "[]");
}

#[test]
fn a_user_with_a_domain_has_public_urls() {
    let mut user = ann();
    user.host = "https://hub.example".to_owned();
    assert_eq!(eval(user.clone(), "{{ user.public_url() }}"), "https://hub.example/p/user/ann@x/");
    user.url = "https://ann.hub.example/p/user/ann@x/".to_owned();
    assert_eq!(eval(user, "{{ user.public_url('gpu') }}"), "https://ann.hub.example/p/user/ann@x/gpu/");
}

#[test]
fn servers_are_listed_as_asked() {
    let names = "{% for s in user.all_spawners(ARG) %}[{{ s.name }}]{% endfor %}";
    assert_eq!(eval(ann(), &names.replace("ARG", "")), "[][gpu]");
    assert_eq!(eval(ann(), &names.replace("ARG", "include_default=False")), "[gpu]");
    let mut user = ann();
    user.allow_named_servers = false;
    assert_eq!(eval(user, &names.replace("ARG", "True")), "[]");
}

#[test]
fn attributes_are_upstreams() {
    assert_eq!(
        eval(ann(), "{{ user.running }} {{ user.spawner.ready }} {{ user.spawners['gpu'].ready }}"),
        "True True False"
    );
    assert_eq!(eval(ann(), "{{ user.spawners.items()|length }}"), "2");
    assert_eq!(
        eval(ann(), "{{ user.groups[0].name }} {{ user.get_auth_state().upstream.token }}"),
        "physics t"
    );
    assert_eq!(
        eval(ann(), "[{{ user.nothing }}] {{ user.nothing is defined }} {{ user }}"),
        "[] False <User(ann@x)>"
    );
}

#[test]
fn a_name_cannot_leave_its_script() {
    let user = UserView::new("</script>\"\\é🐧", "/", "/hub/");
    assert_eq!(user.json_escaped_name(), r#"\u003c/script\u003e\"\\\u00e9\ud83d\udc27"#);
}
