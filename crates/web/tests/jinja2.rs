//! Every template gives the same text in minijinja and in Jinja2, with the same sample contexts: the stock templates, custom ones that
//! extend them, and (where it is installed) JupyterHub's own set in place of ours.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minijinja::value::{Object, ObjectRepr, ValueKind};
use perijove_web::contexts::{
    AuthenticatorView, OAuthClientView, Page, ServiceView, SpawnerView, TokenView, UserView,
};
use perijove_web::{DateTimeValue, RenderOptions, Renderer, Value, static_paths, static_url};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

mod samples;

/// Python with jinja2, from `PERIJOVE_TEST_PYTHON`.
fn python() -> Option<PathBuf> {
    std::env::var_os("PERIJOVE_TEST_PYTHON").map(PathBuf::from)
}

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// JSON with the kind of each object, from which `render.py` makes Python objects.
fn export(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => json!(value.is_true()),
        ValueKind::Number => serde_json::to_value(value).unwrap(),
        ValueKind::String if value.is_safe() => tagged("markup", json!(value.as_str())),
        ValueKind::String => json!(value.as_str()),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter().unwrap().map(|item| export(&item)).collect(),
        ValueKind::Map => {
            let keys = value.try_iter().unwrap();
            keys.map(|key| (key.to_string(), export(&value.get_item(&key).unwrap()))).collect()
        }
        _ => export_object(value),
    }
}

fn tagged(kind: &str, value: Json) -> Json {
    json!({"__type__": kind, "value": value})
}

fn export_object(value: &Value) -> Json {
    if let Some(time) = value.downcast_object_ref::<DateTimeValue>() {
        return tagged("datetime", json!([time.0.timestamp(), time.0.timestamp_subsec_micros()]));
    }
    None.or_else(|| view::<UserView>(value, "User"))
        .or_else(|| view::<SpawnerView>(value, "Spawner"))
        .or_else(|| view::<ServiceView>(value, "Service"))
        .or_else(|| view::<TokenView>(value, "Token"))
        .or_else(|| view::<OAuthClientView>(value, "OAuthClient"))
        .or_else(|| view::<AuthenticatorView>(value, "Authenticator"))
        // Functions: the other side has its own.
        .unwrap_or(Json::Null)
}

/// The fields of a view that templates can read, with times and inner views as objects.
fn view<T: Object + Serialize + 'static>(value: &Value, kind: &str) -> Option<Json> {
    let view = value.downcast_object_ref::<T>()?;
    let fields = serde_json::to_value(view).unwrap();
    let mut exported = Map::new();
    for (name, plain) in fields.as_object().unwrap() {
        let read = value.get_attr(name).unwrap();
        // `user.spawners` is a mapping by name, which Python makes from the list.
        let field = match (kind, name.as_str()) {
            ("User", "spawners") => spawners(value),
            _ if read.is_undefined() => plain.clone(),
            _ => export(&read),
        };
        exported.insert(name.clone(), field);
    }
    Some(tagged(kind, Json::Object(exported)))
}

fn spawners(user: &Value) -> Json {
    let by_name = user.get_attr("spawners").unwrap();
    by_name.try_iter().unwrap().map(|name| export(&by_name.get_item(&name).unwrap())).collect()
}

/// Renders all pages with Jinja2.
fn with_jinja2(python: &Path, paths: &[PathBuf], pages: Vec<Json>) -> BTreeMap<String, String> {
    let urls: BTreeMap<String, String> = static_paths()
        .map(String::from)
        .chain(["css/style.min.css", "images/jupyterhub-80.png", "js/darkmode.js"].map(str::to_owned))
        .chain(["components/requirejs/require.js".to_owned()])
        .map(|path| (path.clone(), static_url("/hub/static/", &path)))
        .collect();
    let job = json!({"stock": here("templates"), "paths": paths, "static": urls, "pages": pages});
    let mut child = Command::new(python)
        .arg(here("tests/jinja2/render.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "render.py failed");
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(answer["pages"].clone()).unwrap()
}

/// Renders every sample in both engines and compares, line by line so that a difference can be read.
fn compare(paths: &[PathBuf]) {
    let Some(python) = python() else {
        eprintln!("PERIJOVE_TEST_PYTHON is not set: Jinja2 not compared");
        return;
    };
    let renderer =
        Renderer::new(RenderOptions { template_paths: paths.to_vec(), ..RenderOptions::default() }).unwrap();
    let mut ours = BTreeMap::new();
    let mut pages = Vec::new();
    for sample in samples::all() {
        let namespace = renderer.namespace(&sample.page, sample.variables);
        let mut variables = export(&namespace);
        variables.as_object_mut().unwrap().retain(|name, _| name != "static_url" && name != "url_path_join");
        pages.push(json!({"name": sample.name, "template": sample.template, "variables": variables}));
        let namespace = Value::from_pairs(without_functions(&namespace));
        ours.insert(sample.name.to_owned(), renderer.render(sample.template, namespace).unwrap());
    }
    let theirs = with_jinja2(&python, paths, pages);
    for (name, text) in ours {
        for (number, (a, b)) in text.lines().zip(theirs[&name].lines()).enumerate() {
            assert_eq!(a, b, "{name}, line {}", number + 1);
        }
        assert_eq!(text, theirs[&name], "{name}");
    }
}

/// The variables, but for the functions that `render.py` does not have.
fn without_functions(namespace: &Value) -> Vec<(String, Value)> {
    let names = namespace.try_iter().unwrap().map(|name| name.to_string());
    names
        .filter(|name| name != "url_path_join")
        .map(|name| {
            let value = namespace.get_attr(&name).unwrap();
            (name, value)
        })
        .collect()
}

#[test]
fn the_stock_templates_print_the_same() {
    compare(&[]);
}

#[test]
fn templates_that_extend_them_print_the_same() {
    compare(&[here("tests/custom")]);
}

#[test]
fn templates_of_jupyterhub_itself_print_the_same() {
    let Some(python) = python() else { return };
    let prefix = python.parent().and_then(Path::parent).unwrap().join("share/jupyterhub/templates");
    if prefix.is_dir() {
        compare(&[prefix]);
    }
}

#[test]
fn objects_are_objects() {
    let page = Page { user: Some(samples::user("ann", "ready")), ..Page::default() };
    let renderer = Renderer::new(RenderOptions::default()).unwrap();
    let namespace = renderer.namespace(&page, Vec::new());
    let user = namespace.get_attr("user").unwrap();
    assert_eq!(user.as_object().unwrap().repr(), ObjectRepr::Plain);
}
