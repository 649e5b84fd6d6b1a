//! Texts that come from users, login services and servers change nothing about a page but its text: with hostile ones each page has
//! the same elements, attributes and scripts as with a harmless one.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic, and reads what it has just written"
)]

use std::sync::Arc;

use perijove_web::contexts::{
    AcceptShare, Admin, AuthenticatorView, Error, Home, Login, Logout, NotRunning, OAuthAuthorize,
    OAuthClientGroup, OAuthClientView, Page, PageContext, ScopeDescription, ServiceView, Spawn, SpawnPending,
    SpawnerView, StopPending, Token, TokenView, UserView,
};
use perijove_web::{RenderOptions, Renderer};

const HOSTILE: [&str; 9] = [
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "x onmouseover=alert(1)",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\\\";alert(1);//",
    "\\",
    "{{ 7 * 7 }}{% include 'login.html' %}",
    "\u{2028}\u{202e}&lt;img&#39;\n\"",
];

fn server(text: &str) -> Arc<SpawnerView> {
    Arc::new(SpawnerView {
        name: text.to_owned(),
        display_name: text.to_owned(),
        active: true,
        ready: true,
        url: text.to_owned(),
        progress_url: text.to_owned(),
        ..SpawnerView::default()
    })
}

fn user(text: &str) -> Arc<UserView> {
    Arc::new(UserView {
        spawners: vec![server(text)],
        allow_named_servers: true,
        groups: vec![text.to_owned()],
        ..UserView::new(text, "/", "/hub/")
    })
}

fn everywhere(text: &str) -> Page {
    let service = ServiceView { name: text.to_owned(), href: text.to_owned(), ..ServiceView::default() };
    let mut page = Page {
        user: Some(user(text)),
        services: vec![Arc::new(service)],
        login_url: text.to_owned(),
        logout_url: text.to_owned(),
        xsrf_token: text.to_owned(),
        ..Page::default()
    };
    page.set_scopes(["admin-ui"]);
    page
}

fn described(text: &str) -> Vec<ScopeDescription> {
    vec![ScopeDescription { scope: text.to_owned(), description: text.to_owned(), filter: text.to_owned() }]
}

/// Renders pages with `text` wherever text may come from outside. Options that are HTML by their nature have none of it.
struct Pages<'a> {
    renderer: &'a Renderer,
    text: &'a str,
    rendered: Vec<(&'static str, String)>,
}

impl Pages<'_> {
    fn add<C: PageContext>(&mut self, context: &C) {
        let html = self.renderer.page(&everywhere(self.text), context).unwrap();
        self.rendered.push((C::TEMPLATE, html));
    }

    fn servers(&mut self) {
        let text = || self.text.to_owned();
        let pending = SpawnPending {
            user: user(self.text),
            spawner: server(self.text),
            progress_url: text(),
            ..SpawnPending::default()
        };
        let failed = NotRunning {
            user: user(self.text),
            server_name: text(),
            spawn_url: text(),
            failed: true,
            failed_message: Some(text()),
            failed_output: Some(text()),
            ..NotRunning::default()
        };
        let home = Home {
            user: user(self.text),
            url: text(),
            default_server: server(self.text),
            allow_named_servers: true,
            invalid_server_names: vec![text(), text()],
            ..Home::default()
        };
        let form = Spawn {
            for_user: user(&format!("{}2", self.text)),
            spawner: server(self.text),
            url: text(),
            error_message: Some(text()),
            ..Spawn::default()
        };
        self.add(&home);
        self.add(&form);
        self.add(&pending);
        self.add(&StopPending(pending));
        self.add(&NotRunning { failed: false, ..failed.clone() });
        self.add(&failed);
    }

    fn access(&mut self) {
        let text = || self.text.to_owned();
        let authenticator = AuthenticatorView {
            login_service: text(),
            request_otp: true,
            otp_prompt: text(),
            ..AuthenticatorView::default()
        };
        let client =
            Arc::new(OAuthClientView { identifier: text(), description: text(), redirect_uri: text() });
        let login = Login {
            next: text(),
            username: text(),
            login_error: Some(text()),
            authenticator_login_url: text(),
            authenticator: Arc::new(authenticator),
            setup_notice: Some(text()),
            ..Login::default()
        };
        self.add(&login);
        self.add(&Logout::default());
        self.add(&OAuthAuthorize {
            allowed_scopes: vec![text()],
            scope_descriptions: described(self.text),
            oauth_client: client.clone(),
            ..OAuthAuthorize::default()
        });
        self.add(&AcceptShare {
            code: text(),
            owner: user(self.text),
            spawner: server(self.text),
            spawner_url: text(),
            scope_descriptions: described(self.text),
            next_url: text(),
            ..AcceptShare::default()
        });
        let token = Arc::new(TokenView {
            api_id: text(),
            note: text(),
            scopes: vec![text()],
            ..TokenView::default()
        });
        self.add(&Token {
            api_tokens: vec![token.clone()],
            oauth_clients: vec![OAuthClientGroup {
                client,
                description: text(),
                created: None,
                last_activity: None,
                tokens: vec![token],
                token_id: text(),
            }],
            ..Token::default()
        });
    }

    fn all(renderer: &Renderer, text: &str) -> Vec<(&'static str, String)> {
        let mut pages = Pages { renderer, text, rendered: Vec::new() };
        pages.servers();
        pages.access();
        pages.add(&Admin { server_version: text.to_owned(), ..Admin::default() });
        let error = Error {
            status_code: 403,
            status_message: text.to_owned(),
            message: text.to_owned(),
            logo_url: Some(text.to_owned()),
            exception: Some(text.to_owned()),
            ..Error::default()
        };
        pages.rendered.push(("error.html", renderer.error_page(&everywhere(text), &error).unwrap()));
        pages.rendered
    }
}

/// The elements of a page with their attributes' names, and its scripts without their strings.
fn structure(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let (element, after) = element(rest);
        rest = after;
        let is_script = element == "script" || element.starts_with("script ");
        found.push(element);
        if is_script {
            let end = rest.find("</script").unwrap();
            found.push(without_strings(&rest[..end]));
            rest = &rest[end..];
        }
    }
    found
}

/// Reads what follows a `<` up to its `>`, with the rules of HTML for quotes.
fn element(text: &str) -> (String, &str) {
    let (mut shown, mut quote) = (String::new(), None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => return (shown, &text[at + 1..]),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => (),
            (None, _) => shown.push(character),
        }
    }
    (shown, "")
}

/// A script without what its string literals say.
fn without_strings(script: &str) -> String {
    let (mut shown, mut inside, mut escaped) = (String::new(), false, false);
    for character in script.chars() {
        match (inside, character) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => inside = !inside,
            (true, '\n') => shown.push_str("[string that does not end]"),
            (true, _) => (),
            (false, _) => shown.push(character),
        }
    }
    shown
}

#[test]
fn hostile_texts_stay_texts() {
    let renderer = Renderer::new(RenderOptions::default()).unwrap();
    let harmless = Pages::all(&renderer, "harmless");
    assert!(harmless.len() > 12);
    for text in HOSTILE {
        for ((name, html), (_, expected)) in Pages::all(&renderer, text).iter().zip(&harmless) {
            let (found, expected) = (structure(html), structure(expected));
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found, expected, "{name} with {text:?}");
            }
            assert_eq!(found.len(), expected.len(), "{name} with {text:?}");
        }
    }
}

#[test]
fn paths_of_the_configuration_are_the_same_in_scripts() {
    let options = RenderOptions {
        base_url: "/a'b&c\\</script>/hub/".to_owned(),
        prefix: "/a'b&c\\</script>/".to_owned(),
        ..RenderOptions::default()
    };
    let html = Renderer::new(options).unwrap().page(&everywhere("ann"), &Logout::default()).unwrap();
    assert!(html.contains(r#"base_url: "/a\u0027b\u0026c\\\u003c/script\u003e/hub/","#), "{html}");
    assert!(html.contains(r#"prefix: "/a\u0027b\u0026c\\\u003c/script\u003e/","#), "{html}");
}

#[test]
fn the_check_sees_what_gets_out() {
    let plain = structure("<p class=\"a\">x</p><script>let a = \"x\";</script>");
    for broken in [
        "<p class=\"a\" onclick=\"x\">x</p><script>let a = \"x\";</script>",
        "<p class=\"a\"><img></p><script>let a = \"x\";</script>",
        "<p class=\"a\">x</p><script>let a = \"x\"; alert(1);</script>",
        "<p class=\"a\">x</p><script>let a = \"</script><b>\";</script>",
    ] {
        assert_ne!(structure(broken), plain, "{broken}");
    }
    assert_eq!(
        structure("<p class=\"a onclick>\">&lt;img&gt;</p><script>let a = \"\\\"y\";</script>"),
        plain
    );
}
