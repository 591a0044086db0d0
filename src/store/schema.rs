//! The tables, and how a file is opened so that a commit means what it says.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// The newest schema that we know (`PRAGMA user_version`).
pub(super) const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        serial TEXT NOT NULL,
        place TEXT NOT NULL,
        vlan INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX record_key ON record (serial, place, vlan, id);
    CREATE INDEX record_age ON record (at_ms);
    CREATE TABLE history (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE TABLE setting (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
    INSERT INTO setting VALUES ('epoch', 0), ('paused', 0), ('brake', '');
    PRAGMA user_version = 1;
";

/// Opens and verifies the file, and creates the tables in an empty one.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(|source| failed(path, "open", source))?;
    configure(&connection, path)?;
    verify(&connection, path)?;
    migrate(&connection, path)?;
    Ok(connection)
}

/// WAL, so that a commit is one sync of the log; FULL, so that there is one (SQLite's manual, "PRAGMA synchronous":
/// with NORMAL a committed transaction may be lost at a power failure).
fn configure(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let step = |source| failed(path, "configure", source);
    let journal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(step)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000").map_err(step)?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(step)?;
    match (journal.as_str(), synchronous) {
        ("wal", 2) => Ok(()),
        ("wal", _) => Err(StoreError::NotDurable { path: path.to_owned(), setting: "synchronous=FULL" }),
        _ => Err(StoreError::NotDurable { path: path.to_owned(), setting: "journal_mode=WAL" }),
    }
}

/// A damaged file must stop us: what it says we own may be wrong.
fn verify(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let answer: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|source| failed(path, "verify", source))?;
    match answer.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Corrupt { path: path.to_owned(), found: answer }),
    }
}

fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|source| failed(path, "read the version of", source))?;
    match found {
        VERSION => Ok(()),
        0 => connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;"))
            .map_err(|source| failed(path, "create the tables of", source)),
        _ => Err(StoreError::Schema { path: path.to_owned(), found, known: VERSION }),
    }
}

/// SQLite's own words for a damaged file become ours.
pub(super) fn failed(path: &Path, step: &'static str, source: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            StoreError::Corrupt { path, found: source.to_string() }
        }
        Some(_) | None => StoreError::Sqlite { step, path, source },
    }
}
