//! What sweeps found, over time: one schema and one set of queries for a SQLite file and for PostgreSQL.
//!
//! No secret value is ever written: findings have fingerprints and redacted values alone.

mod results;
mod schema;
mod sweeps;
mod tasks;

pub use results::Written;
pub use sweeps::{Begun, Plan, Sweep};
pub use tasks::{Attempt, Done, Outcome, Progress, Remembered, Target, Trouble};

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Transaction};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections of a process.
const CONNECTIONS: u32 = 4;

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the store is none.
    #[error("`{0}` is no store: give a file for SQLite, or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// It was made by a later version.
    #[error("the store has schema version {found}, and this keysweep knows {known}: update keysweep, or use another store")]
    Newer {
        /// Version of the store.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The file cannot be made.
    #[error("cannot make {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The database refused or was not there.
    #[error("the store: {}", plain(.0))]
    Database(#[from] sqlx::Error),
    /// Something in it is not as it was written.
    #[error("the store holds {0} that cannot be read: {1}")]
    Broken(&'static str, String),
}

/// Result of work on a store.
pub type Result<T> = std::result::Result<T, Error>;

/// Which server keeps a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file.
    Sqlite(PathBuf),
    /// A server, by its URL.
    Postgres(String),
}

impl Address {
    /// Takes a file, `sqlite:FILE`, `sqlite://FILE`, or a URL of PostgreSQL.
    ///
    /// # Errors
    /// When it is a URL of something else.
    pub fn parse(text: &str) -> Result<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let file = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        match file.is_empty() || file.contains("://") {
            true => Err(Error::Address(shown(text))),
            false => Ok(Self::Sqlite(file.into())),
        }
    }

    /// The URL that the driver takes.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// What a database says, without what the libraries in between put before it, each anew.
pub fn plain(error: &sqlx::Error) -> String {
    let before = ["error returned from database: ", "error with configuration: ", "while executing migrations: "];
    before.iter().fold(error.to_string(), |text, words| text.replace(words, ""))
}

/// A URL without what is before its host, which may hold a password.
fn shown(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// An open store.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    is_sqlite: bool,
}

impl Store {
    /// Opens a store, makes it where there is none, and brings it to the schema of today.
    ///
    /// # Errors
    /// When it cannot be reached, or was made by a later version.
    pub async fn open(address: &Address) -> Result<Self> {
        install_default_drivers();
        if let Address::Sqlite(file) = address {
            own_file(file)?;
        }
        let is_sqlite = matches!(address, Address::Sqlite(_));
        // A pool asks for a connection again and again; whether there can be one is found out first.
        let mut first = AnyConnection::connect(&address.url()).await?;
        if is_sqlite {
            first.execute("PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL").await?;
        }
        first.close().await?;
        let options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).after_connect(move |connection, _| {
            Box::pin(async move {
                if is_sqlite {
                    connection.execute("PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;").await?;
                }
                Ok(())
            })
        });
        let store = Self { pool: options.connect(&address.url()).await?, is_sqlite };
        store.migrate().await?;
        Ok(store)
    }

    /// Begins to write; nothing of it is there before it is committed.
    async fn transaction(&self) -> Result<Transaction<'static, sqlx::Any>> {
        // A reader of SQLite that turns writer fails where another wrote since; one that begins as writer waits.
        Ok(self.pool.begin_with(if self.is_sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes the file, with its folder, for this user alone.
fn own_file(file: &Path) -> Result<()> {
    let failed = |e| Error::File(file.to_owned(), e);
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_says_is_said_once() {
        let inner = sqlx::Error::Configuration("error returned from database: (code: 13) database or disk is full".into());
        let error = Error::Database(sqlx::Error::Configuration(inner.into()));
        assert_eq!(error.to_string(), "the store: (code: 13) database or disk is full");
    }

    #[test]
    fn addresses_are_files_or_servers() {
        assert_eq!(Address::parse("a/b.db").expect("a file"), Address::Sqlite("a/b.db".into()));
        assert_eq!(Address::parse("sqlite:///tmp/a.db").expect("a file"), Address::Sqlite("/tmp/a.db".into()));
        assert!(matches!(Address::parse("postgres://u@h/d"), Ok(Address::Postgres(_))));
        let error = Address::parse(&format!("mysql://root:{}@h/d", "hunter2")).expect_err("another server").to_string();
        assert!(error.contains("mysql://h/d") && !error.contains("hunter2"), "{error}");
    }
}
