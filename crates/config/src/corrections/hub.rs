//! Values of `c.JupyterHub`.

use perijove_model::value::Value;

use super::{Corrected, Correction, bare_path};
use crate::values::Values;

pub(super) fn correct(values: &Values<'_>, name: &str, value: Value) -> Correction {
    let text = match &value {
        Value::Str(text) => text.as_str(),
        Value::Bytes(bytes) if name == "cookie_secret" => return Ok(cookie_secret(bytes.clone())),
        _ => return Ok(Corrected::unchanged(value)),
    };
    match name {
        "bind_url" if !text.contains("://") => {
            Err(format!("{text:?} is no URL\nhint: write it as http://address:port/path").into())
        }
        "cookie_secret" => match crate::hex::bytes_from_hex(text) {
            Some(bytes) => Ok(cookie_secret(bytes)),
            None => {
                Err("a secret given as text must be an even number of hexadecimal digits".to_owned().into())
            }
        },
        "db_url" if !text.contains("://") => {
            Ok(Corrected::unchanged(Value::Str(format!("sqlite:///{text}"))))
        }
        "hub_routespec" => hub_routespec(values, text),
        "public_url" if !text.is_empty() => public_url(values, text),
        "subdomain_host" if !text.is_empty() && !text.contains("://") => {
            let host = format!("https://{text}");
            Ok(Corrected::with(host.clone(), format!("a scheme is missing; taken as {host}")))
        }
        "subdomain_hook" => subdomain_hook(values, text),
        _ => Ok(Corrected::unchanged(value)),
    }
}

fn cookie_secret(bytes: Vec<u8>) -> Corrected {
    let warning =
        (bytes.len() > 32).then(|| format!("the secret has {} bytes; it should have 32", bytes.len()));
    Corrected { value: Value::Bytes(bytes), warning }
}

fn hub_routespec(values: &Values<'_>, text: &str) -> Correction {
    let host: String = values.get("subdomain_host")?;
    let base_url: String = values.get("base_url")?;
    let front = if host.is_empty() && !text.starts_with('/') { "/" } else { "" };
    let end = if text.ends_with('/') { "" } else { "/" };
    let route = format!("{front}{text}{end}");
    let unusual = route != "/" && route != base_url;
    let warning = unusual.then(|| {
        format!("the hub's route is {route}: requests for servers that do not run may not reach it")
    });
    Ok(Corrected { value: Value::Str(route), warning })
}

fn public_url(values: &Values<'_>, text: &str) -> Correction {
    let base_url: String = values.get("base_url")?;
    let mut url = text.to_owned();
    let mut warning = None;
    if !url.ends_with('/') {
        url.push('/');
    }
    if !url.ends_with(&base_url) {
        // Without a scheme everything counts as the path, as upstream has it.
        if !bare_path(&url).is_empty() {
            return Err(format!("{url:?} must end in base_url, which is {base_url:?}").into());
        }
        url = format!("{}{base_url}", url.trim_end_matches('/'));
        warning = Some(format!("base_url is missing; taken as {url}"));
    }
    if !url.contains("://") {
        url = format!("https://{url}");
        warning = Some(format!("a scheme is missing; taken as {url}"));
    }
    Ok(Corrected { value: Value::Str(url), warning })
}

fn subdomain_hook(values: &Values<'_>, text: &str) -> Correction {
    match text {
        "idna" => Ok(Corrected::unchanged(Value::from(text))),
        "legacy" => {
            let host: String = values.get("subdomain_host")?;
            let warning = (!host.is_empty()).then(|| "'legacy' is deprecated in favour of 'idna'".to_owned());
            Ok(Corrected { value: Value::from(text), warning })
        }
        other => Err(format!("{other:?} is neither 'idna' nor 'legacy'").into()),
    }
}
