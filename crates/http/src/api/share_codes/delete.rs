//! `DELETE /share-codes/OWNER/SERVER`: one code by its value or number, or all.

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use secrecy::SecretString;

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::next_url::parameter;
use crate::openapi::{Operation, schema};
use crate::responses::empty;
use crate::server_path::ServerPath;

/// Deletes the code that the query's `code` or `id` names; all if it names none.
pub async fn delete(State(app): State<App>, Path(path): Path<ServerPath>, uri: Uri) -> Answer {
    let query = uri.query().unwrap_or_default();
    let given =
        |name| parameter(query, name).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
    let (code, id) = (given("code"), given("id"));
    let server = path.shared(&app.hub).await?;
    let found = match (code, id) {
        (Some(code), _) => {
            let found = app.hub.share_code_of(&server, &SecretString::from(code)).await?;
            found.ok_or_else(|| Failure::not_found("No matching code found"))?
        }
        (None, Some(id)) => {
            let missing = || Failure::not_found(format!("No code found matching id={id}"));
            let number = number(&id).ok_or_else(missing)?;
            app.hub.share_code_by_id(&server, number).await?.ok_or_else(missing)?
        }
        (None, None) => {
            app.hub.delete_share_codes(&server).await?;
            return Ok(empty(StatusCode::NO_CONTENT));
        }
    };
    app.hub.delete_share_code(&found).await?;
    tracing::info!("deleted a share code of {}/{}", path.user_name, path.server_name);
    Ok(empty(StatusCode::NO_CONTENT))
}

/// The digits behind `sc_`; upstream does not mind what follows them.
fn number(id: &str) -> Option<i64> {
    let rest = id.strip_prefix("sc_")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Delete one code of a server, or all.")
        .query("code", schema::text(), "The code's value.")
        .query("id", schema::text(), "The code's `id`.")
        .answers(204, "It is gone; without `code` and `id`, all codes of the server are.")
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn ids_are_read_as_upstream_reads_them() {
        assert_eq!(number("sc_12"), Some(12));
        assert_eq!(number("sc_12x"), Some(12));
        assert_eq!(number("12"), None);
        assert_eq!(number("sc_"), None);
        assert_eq!(number("sc_99999999999999999999"), None);
    }
}
