//! Submitted forms, with files.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::{HeaderMap, Request, header};
use perijove_model::Value;
use url::form_urlencoded;

use crate::error::Failure;

/// The fields of a form as Tornado gives them to upstream's spawn page: a dictionary of lists of texts, and for uploaded
/// files under `NAME_file` a list of dictionaries with `filename`, `body` and `content_type`. `_xsrf` is left out.
///
/// # Errors
/// 400 for a body that is not what its `Content-Type` says.
pub async fn fields(headers: &HeaderMap, body: &Bytes) -> Result<Value, Failure> {
    let kind = content_type(headers);
    let mut fields = Fields::default();
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        fields.read_multipart(kind, body).await?;
    } else {
        for (name, value) in form_urlencoded::parse(body) {
            fields.add(&name, Value::from(&*value));
        }
    }
    Ok(fields.into_value())
}

/// Whether a body has fields that Tornado counts among the arguments of a request.
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = content_type(headers);
    kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("multipart/form-data")
}

/// The last text of this name in a form.
///
/// # Errors
/// 400 for a body that is not what its `Content-Type` says.
pub async fn last_value(headers: &HeaderMap, body: &Bytes, name: &str) -> Result<Option<String>, Failure> {
    let kind = content_type(headers);
    if kind.starts_with("multipart/form-data") {
        let mut fields = Fields::default();
        fields.read_multipart(kind, body).await?;
        return Ok(fields.last_text(name));
    }
    Ok(last_encoded(body, name).map(Cow::into_owned))
}

/// The last value of this name in a query, or in a form that is encoded like one.
pub fn last_encoded<'a>(encoded: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(encoded).filter(|(known, _)| known == name).last().map(|(_, value)| value)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Names with their values, in the order of the first of each.
#[derive(Default)]
struct Fields(Vec<(String, Vec<Value>)>);

impl Fields {
    fn last_text(&self, name: &str) -> Option<String> {
        let (_, values) = self.0.iter().find(|(known, _)| known == name)?;
        values.last().and_then(Value::as_str).map(str::to_owned)
    }

    fn add(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    async fn read_multipart(&mut self, kind: &str, body: &Bytes) -> Result<(), Failure> {
        let wrong = || Failure::bad_request("The form cannot be read.");
        let request = Request::builder().header(header::CONTENT_TYPE, kind);
        let request = request.body(Body::from(body.clone())).map_err(|_| wrong())?;
        let mut parts = Multipart::from_request(request, &()).await.map_err(|_| wrong())?;
        while let Some(part) = parts.next_field().await.map_err(|_| wrong())? {
            let name = part.name().unwrap_or_default().to_owned();
            // An empty field for a file has no name of one, and is then a text, as Tornado has it.
            let file = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
            let content_type = part.content_type().unwrap_or("application/unknown").to_owned();
            let content = part.bytes().await.map_err(|_| wrong())?;
            match file {
                Some(file) => self.add(&format!("{name}_file"), uploaded(&file, &content_type, &content)),
                None => {
                    let text = std::str::from_utf8(&content).map_err(|_| wrong())?;
                    self.add(&name, Value::from(text));
                }
            }
        }
        Ok(())
    }

    fn into_value(self) -> Value {
        let options = self.0.into_iter().filter(|(name, _)| name != "_xsrf");
        let entry = |(name, values): (String, Vec<Value>)| (Value::from(name.as_str()), Value::List(values));
        Value::Dict(options.map(entry).collect())
    }
}

fn uploaded(name: &str, content_type: &str, content: &Bytes) -> Value {
    Value::Dict(vec![
        (Value::from("filename"), Value::from(name)),
        (Value::from("body"), Value::Bytes(content.to_vec())),
        (Value::from("content_type"), Value::from(content_type)),
    ])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    async fn read(kind: &'static str, body: &'static str) -> Result<Value, Failure> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        fields(&headers, &Bytes::from_static(body.as_bytes())).await
    }

    #[tokio::test]
    async fn fields_of_a_name_are_a_list() {
        let form = read("application/x-www-form-urlencoded", "a=1&b=x+y&a=2&_xsrf=z").await.unwrap();
        assert_eq!(form.to_plain_json().unwrap(), serde_json::json!({"a": ["1", "2"], "b": ["x y"]}));
    }

    #[tokio::test]
    async fn files_come_as_tornado_has_them() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\nhello\r\n--B--\r\n";
        let form = read("multipart/form-data; boundary=B", body).await.unwrap();
        let file = uploaded("x.txt", "text/plain", &Bytes::from_static(b"hello"));
        let wanted = vec![
            (Value::from("a"), Value::List(vec![Value::from("1")])),
            (Value::from("f_file"), Value::List(vec![file])),
        ];
        assert_eq!(form, Value::Dict(wanted));
        let body = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n";
        let form = read("multipart/form-data; boundary=B", body).await.unwrap();
        assert_eq!(form.to_plain_json().unwrap(), serde_json::json!({"f": [""]}));
        assert!(read("multipart/form-data; boundary=B", "nonsense").await.is_err());
        assert!(read("multipart/form-data", "").await.is_err());
    }
}
