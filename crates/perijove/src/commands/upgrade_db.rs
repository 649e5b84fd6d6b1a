//! `perijove upgrade-db`.

use std::process::ExitCode;

use perijove_config::Loaded;
use perijove_store::StoreOptions;

use crate::parts;

/// Brings the database up to date, after a backup.
pub async fn upgrade_db(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    parts::install_log(loaded)?;
    let options = StoreOptions { upgrade: true, ..StoreOptions::default() };
    let store = parts::open_store(&loaded.config, options).await?;
    tracing::info!("the database {} is up to date", store.name());
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
