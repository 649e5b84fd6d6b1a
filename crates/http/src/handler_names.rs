//! What upstream calls the handlers of paths: the label `handler` of the metrics of requests, which
//! dashboards filter by.

/// What only Perijove has, below upstream's `/api/(.*)`.
const OUR_OWN: &str = "jupyterhub.apihandlers.base.APIHandler";
/// A path in the hub's prefix that is no route, for programs.
pub const NO_API: &str = "jupyterhub.apihandlers.base.API404";
/// A path in the hub's prefix that is no route, for people.
pub const NO_PAGE: &str = "jupyterhub.handlers.base.Template404";
/// A path without its last slash.
pub const ADD_SLASH: &str = "jupyterhub.handlers.base.AddSlashHandler";
/// A path outside of the hub's prefix.
pub const PREFIX_REDIRECT: &str = "jupyterhub.handlers.base.PrefixRedirectHandler";
/// A file.
pub const FILE: &str = "jupyterhub.handlers.static.CacheControlStaticFilesHandler";

/// The class of the handler of a route; `None` for a path that has none, which a test forbids.
pub fn of_route(path: &str) -> Option<&'static str> {
    of_api(path).or_else(|| of_page(path))
}

fn of_api(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.strip_prefix("/api")?.split('/').skip(1).collect();
    Some(match *parts.as_slice() {
        [] | [""] => "jupyterhub.apihandlers.hub.RootAPIHandler",
        ["info"] => "jupyterhub.apihandlers.hub.InfoAPIHandler",
        ["shutdown"] => "jupyterhub.apihandlers.hub.ShutdownAPIHandler",
        ["health"] => "jupyterhub.handlers.pages.HealthCheckHandler",
        ["metrics"] => "jupyterhub.handlers.metrics.MetricsHandler",
        ["user"] => "jupyterhub.apihandlers.users.SelfAPIHandler",
        ["users"] => "jupyterhub.apihandlers.users.UserListAPIHandler",
        ["users", _] => "jupyterhub.apihandlers.users.UserAPIHandler",
        ["users", _, "admin-access"] => "jupyterhub.apihandlers.users.UserAdminAccessAPIHandler",
        ["users", _, "activity"] => "jupyterhub.apihandlers.users.ActivityAPIHandler",
        ["users", _, "tokens"] => "jupyterhub.apihandlers.users.UserTokenListAPIHandler",
        ["users", _, "tokens", _] => "jupyterhub.apihandlers.users.UserTokenAPIHandler",
        ["users", _, "server"] | ["users", _, "servers", _] => {
            "jupyterhub.apihandlers.users.UserServerAPIHandler"
        }
        ["users", _, "server", "progress"] | ["users", _, "servers", _, "progress"] => {
            "jupyterhub.apihandlers.users.SpawnProgressAPIHandler"
        }
        ["users", _, "shared"] => "jupyterhub.apihandlers.shares.UserShareListAPIHandler",
        ["users", _, "shared", ..] => "jupyterhub.apihandlers.shares.UserShareAPIHandler",
        ["groups", _, "shared"] => "jupyterhub.apihandlers.shares.GroupShareListAPIHandler",
        ["groups", _, "shared", ..] => "jupyterhub.apihandlers.shares.GroupShareAPIHandler",
        ["shares", ..] => "jupyterhub.apihandlers.shares.ServerShareAPIHandler",
        ["share-codes", ..] => "jupyterhub.apihandlers.shares.ServerShareCodeAPIHandler",
        ["groups"] => "jupyterhub.apihandlers.groups.GroupListAPIHandler",
        ["groups", _] => "jupyterhub.apihandlers.groups.GroupAPIHandler",
        ["groups", _, "users"] => "jupyterhub.apihandlers.groups.GroupUsersAPIHandler",
        ["groups", _, "properties"] => "jupyterhub.apihandlers.groups.GroupPropertiesAPIHandler",
        ["services"] => "jupyterhub.apihandlers.services.ServiceListAPIHandler",
        ["services", _] => "jupyterhub.apihandlers.services.ServiceAPIHandler",
        ["openapi.json"] => OUR_OWN,
        ["proxy"] => "jupyterhub.apihandlers.proxy.ProxyAPIHandler",
        ["authorizations", "token", ..] => "jupyterhub.apihandlers.auth.TokenAPIHandler",
        ["authorizations", "cookie", ..] => "jupyterhub.apihandlers.auth.CookieAPIHandler",
        ["oauth2", "authorize"] => "jupyterhub.apihandlers.auth.OAuthAuthorizeHandler",
        ["oauth2", "token"] => "jupyterhub.apihandlers.auth.OAuthTokenHandler",
        _ => return None,
    })
}

fn of_page(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Some(match *parts.as_slice() {
        [""] => "jupyterhub.handlers.pages.RootHandler",
        ["login"] => "jupyterhub.handlers.login.LoginHandler",
        ["logout"] => "jupyterhub.handlers.login.LogoutHandler",
        ["home"] => "jupyterhub.handlers.pages.HomeHandler",
        ["admin"] => "jupyterhub.handlers.pages.AdminHandler",
        ["token"] => "jupyterhub.handlers.pages.TokenPageHandler",
        ["spawn", ..] => "jupyterhub.handlers.pages.SpawnHandler",
        ["spawn-pending", ..] => "jupyterhub.handlers.pages.SpawnPendingHandler",
        ["user", ..] => "jupyterhub.handlers.base.UserUrlHandler",
        ["user-redirect", ..] => "jupyterhub.handlers.base.UserRedirectHandler",
        ["accept-share"] => "jupyterhub.handlers.pages.AcceptShareHandler",
        ["error", _] => "jupyterhub.handlers.pages.ProxyErrorHandler",
        ["security", "csp-report"] => "jupyterhub.handlers.base.CSPReportHandler",
        ["health"] => "jupyterhub.handlers.pages.HealthCheckHandler",
        ["metrics"] => "jupyterhub.handlers.metrics.MetricsHandler",
        ["logo"] => "jupyterhub.handlers.static.LogoHandler",
        ["static", ..] => FILE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_a_name() {
        let rows = crate::rows();
        let nameless: Vec<_> =
            rows.iter().filter(|row| of_route(row.path).is_none()).map(|row| row.path).collect();
        assert!(nameless.is_empty(), "no handler of upstream's is named for {nameless:?}");
    }
}
