//! Commands of an operator on a server's stores, beside the server or while it is stopped. They serve nobody.

mod erase;
mod forget;
mod roster;
mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

pub use self::erase::{EraseSettings, erase};
pub use self::forget::{ForgetSettings, forget};
pub use self::roster::{Roster, RosterSettings, roster};
pub use self::webhooks::{WebhooksCommand, webhooks};
use crate::authorities::Authorities;
use crate::config::{self, Database};
use crate::docket::{Docket, PostgresDocket, SqliteDocket};
use crate::sqlite::Sqlite;

/// Connections to PostgreSQL. A command asks one question at a time.
const CONNECTIONS: u32 = 1;

/// The database of a command.
#[derive(clap::Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// sqlite://FILE, whose server is stopped meanwhile, or postgres://…
    #[arg(long, env = "LIVE_JURY_DATABASE", default_value = "sqlite://live-jury.db", hide_env_values = true)]
    pub database: Database,
    /// File of certificate authorities in PEM form that the stores may have, besides the system's
    #[arg(long, env = "LIVE_JURY_CA_FILE", value_parser = config::parse_path)]
    pub ca_file: Option<PathBuf>,
}

/// The docket of a command, with the file of SQLite.
struct OpenDocket {
    docket: Arc<dyn Docket>,
    sqlite: Option<Sqlite>,
    authorities: Authorities,
}

impl DatabaseSettings {
    async fn open(&self) -> anyhow::Result<OpenDocket> {
        let authorities = self.ca_file.as_deref().map_or_else(|| Ok(Authorities::system()), Authorities::with_file);
        let authorities = authorities.context("--ca-file")?;
        Ok(match &self.database {
            // Opening would make a new file.
            Database::Sqlite(path) if !path.exists() => bail!("--database: there is no file {}", path.display()),
            Database::Sqlite(path) => {
                let sqlite = Sqlite::open(path).await.context("--database")?;
                let docket = Arc::new(SqliteDocket::new(sqlite.clone()));
                OpenDocket { docket, sqlite: Some(sqlite), authorities }
            }
            Database::Postgres(url) => {
                let docket =
                    PostgresDocket::connect_with(url, CONNECTIONS, &authorities).await.context("--database")?;
                OpenDocket { docket: Arc::new(docket), sqlite: None, authorities }
            }
        })
    }
}
