//! `c.Proxy.extra_routes`.

use perijove_model::value::Value;

use super::{Corrected, Correction};
use crate::url_parts::UrlParts;

pub(super) fn correct(entries: &[(Value, Value)], subdomain_host: &str) -> Correction {
    let mut routes = Vec::with_capacity(entries.len());
    let mut warning = None;
    for (route, target) in entries {
        let (Some(route), Some(target)) = (route.as_str(), target.as_str()) else { continue };
        let mut full = route.to_owned();
        if !full.ends_with('/') {
            full.push('/');
            warning = Some(format!("routes end in a slash; {route} is taken as {full}"));
        }
        match (subdomain_host.is_empty(), full.starts_with('/')) {
            (true, false) => return Err(format!("the route {full} must start with a slash").into()),
            (false, true) => {
                return Err(format!("with subdomain_host the route {full} must start with a host").into());
            }
            _ => {}
        }
        let lower = target.to_lowercase();
        let url = UrlParts::split(&lower);
        if !matches!(url.scheme, "http" | "https") || url.netloc.is_empty() {
            return Err(format!("the target {target:?} of {full} must be an http or https URL").into());
        }
        routes.push((Value::Str(full), Value::from(target)));
    }
    Ok(Corrected { value: Value::Dict(routes), warning })
}
