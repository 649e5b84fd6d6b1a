//! Paths of the table as the document shows them: below `/api`, with upstream's names of parameters.

/// The path in the document; `None` for what is no part of the API, and for a second spelling of the same path.
pub fn shown(path: &str) -> Option<String> {
    let below = path.strip_prefix("/api")?;
    // A path that ends with a slash means the default server, whose name is empty.
    let default_server = below.len() > 1 && below.ends_with('/');
    if below.is_empty() || default_server || below.contains("//") {
        return None;
    }
    let owner = if below.starts_with("/share") { "{owner}" } else { "{name}" };
    let named = below.replace("{user_name}", owner);
    let named = named.replace("{group_name}", "{name}").replace("{service_name}", "{name}");
    Some(named.replace("{server}", "{server_name}"))
}

/// What a path is about, by its first part.
pub fn resource(path: &str) -> String {
    match path.split('/').nth(1) {
        None | Some("" | "info" | "shutdown" | "health" | "metrics" | "openapi.json") => "hub".to_owned(),
        Some("user") => "users".to_owned(),
        Some(first) => first.to_owned(),
    }
}

/// The parameters of a path, with what each one is.
pub fn parameters(path: &str) -> Vec<(&str, &'static str)> {
    let of = resource(path);
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let described = parts.map(|name| {
        let text = match (name, of.as_str()) {
            ("name", "groups") => "The group's name.",
            ("name", "services") => "The service's name.",
            ("name", _) => "The user's name.",
            ("owner", _) => "The name of the user whose server it is.",
            ("server_name", _) => "The server's name, empty for the default server.",
            ("token_id", _) => "The token's number with an `a` in front: `a12`.",
            ("cookie_name", _) => "The cookie's name.",
            ("cookie_value", _) => "The cookie's value.",
            ("token", _) => "The token itself.",
            _ => "",
        };
        (name, text)
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upstreams() {
        assert_eq!(shown("/api"), None);
        assert_eq!(shown("/home"), None);
        assert_eq!(shown("/api/").as_deref(), Some("/"));
        assert_eq!(
            shown("/api/users/{user_name}/servers/{server_name}").as_deref(),
            Some("/users/{name}/servers/{server_name}")
        );
        assert_eq!(
            shown("/api/shares/{user_name}/{server_name}").as_deref(),
            Some("/shares/{owner}/{server_name}")
        );
        assert_eq!(shown("/api/shares/{user_name}/"), None);
        assert_eq!(shown("/api/users/{user_name}/servers//progress"), None);
        assert_eq!(
            shown("/api/users/{user_name}/shared/{owner}/{server}").as_deref(),
            Some("/users/{name}/shared/{owner}/{server_name}")
        );
    }

    #[test]
    fn parameters_are_described() {
        assert_eq!(parameters("/groups/{name}/users"), [("name", "The group's name.")]);
        assert_eq!(parameters("/users"), []);
    }
}
