//! The store of one machine: an SQLite file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use vmtracker_core::tracker::{Record, What};

use super::{
    Entry, Store, StoreError,
    lock::Lock,
    prune,
    schema::{self, failed},
};

/// An SQLite file, held by this process alone.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    _lock: Lock,
    /// None after a write failed: the file is opened and verified anew before anything else is done with it, because
    /// after a failed sync nobody can tell what the kernel still holds of it.
    connection: Option<Connection>,
    epoch: u64,
}

impl SqliteStore {
    /// Opens the file, or makes it; verifies it, and begins a new epoch.
    ///
    /// # Errors
    /// Another controller has it, it is damaged, or the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = Lock::take(path)?;
        let connection = schema::open(path)?;
        let step = |source| failed(path, "begin an epoch in", source);
        let begin = "UPDATE setting SET value = value + 1 WHERE name = 'epoch' RETURNING value";
        let starts: i64 = connection.query_row(begin, [], |row| row.get(0)).map_err(step)?;
        Ok(Self { path: path.to_owned(), _lock: lock, connection: Some(connection), epoch: starts.unsigned_abs() })
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(schema::open(&self.path)?);
        }
        let path = &self.path;
        self.connection.as_mut().ok_or_else(|| failed(path, "open", rusqlite::Error::InvalidQuery))
    }

    /// Runs `act` as one transaction: one commit, one sync. After a fault the connection is dropped.
    fn write(
        &mut self,
        step: &'static str,
        act: impl FnOnce(&Transaction<'_>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let result = transaction(connection, act);
        result.map_err(|fault| {
            self.connection = None;
            match fault {
                StoreFault::Sqlite(source) => failed(&self.path, step, source),
                StoreFault::Encode(source) => StoreError::Encode(source),
            }
        })
    }

    fn read<T>(&mut self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let result = act(self.connection()?);
        result.map_err(|source| failed(&self.path, "read", source))
    }
}

/// What can go wrong inside a transaction.
enum StoreFault {
    Sqlite(rusqlite::Error),
    Encode(serde_json::Error),
}

impl From<rusqlite::Error> for StoreFault {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite(source)
    }
}

impl From<serde_json::Error> for StoreFault {
    fn from(source: serde_json::Error) -> Self {
        Self::Encode(source)
    }
}

fn transaction(
    connection: &mut Connection,
    act: impl FnOnce(&Transaction<'_>) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    act(&transaction)?;
    Ok(transaction.commit()?)
}

impl Store for SqliteStore {
    fn load(&mut self) -> Result<Vec<Record>, StoreError> {
        let bodies: Vec<String> = self.read(|connection| {
            connection.prepare("SELECT body FROM record ORDER BY id")?.query_map([], |row| row.get(0))?.collect()
        })?;
        let path = &self.path;
        let damaged = |why: serde_json::Error| StoreError::Corrupt {
            path: path.clone(),
            found: format!("a record cannot be read: {why}"),
        };
        bodies.iter().map(|body| serde_json::from_str(body).map_err(damaged)).collect()
    }

    fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        self.write("append to", |transaction| {
            for record in records {
                insert(transaction, record)?;
            }
            Ok(())
        })
    }

    fn prune(&mut self) -> Result<(), StoreError> {
        self.write("prune", |transaction| Ok(prune::prune(transaction, crate::clock::now())?))
    }

    fn note(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.write("note in", |transaction| note(transaction, entry))
    }

    fn history(&mut self, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let bodies: Vec<String> = self.read(|connection| {
            let mut newest = connection.prepare("SELECT body FROM history ORDER BY id DESC LIMIT ?1")?;
            newest.query_map([limit], |row| row.get(0))?.collect()
        })?;
        bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
    }

    fn paused(&mut self) -> Result<bool, StoreError> {
        let value: i64 = self.read(|connection| {
            connection.query_row("SELECT value FROM setting WHERE name = 'paused'", [], |row| row.get(0))
        })?;
        Ok(value != 0)
    }

    fn set_paused(&mut self, paused: bool, entry: &Entry) -> Result<(), StoreError> {
        self.write("pause in", |transaction| {
            transaction.execute("UPDATE setting SET value = ?1 WHERE name = 'paused'", [i64::from(paused)])?;
            note(transaction, entry)
        })
    }

    fn brake(&mut self) -> Result<Option<String>, StoreError> {
        let why: String = self.read(|connection| {
            connection.query_row("SELECT value FROM setting WHERE name = 'brake'", [], |row| row.get(0))
        })?;
        Ok(Some(why).filter(|why| !why.is_empty()))
    }

    fn set_brake(&mut self, brake: Option<&str>, entry: &Entry) -> Result<(), StoreError> {
        self.write("set the brake in", |transaction| {
            transaction.execute("UPDATE setting SET value = ?1 WHERE name = 'brake'", [brake.unwrap_or_default()])?;
            note(transaction, entry)
        })
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

fn insert(transaction: &Transaction<'_>, record: &Record) -> Result<(), StoreFault> {
    let (kind, why) = describe(&record.what);
    let place = record.place.to_string();
    let at_ms = i64::try_from(record.at.unix_ms()).unwrap_or(i64::MAX);
    let mut row = transaction
        .prepare("INSERT INTO record (at_ms, serial, place, vlan, kind, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let body = serde_json::to_string(record)?;
    row.execute(params![at_ms, record.serial, place, record.vlan.get(), kind, body])?;
    match why {
        Some(text) => note(transaction, &entry(record, kind, place, text)),
        None => Ok(()),
    }
}

fn entry(record: &Record, kind: &str, place: String, text: &str) -> Entry {
    Entry {
        at: record.at,
        actor: "controller".to_owned(),
        what: kind.to_owned(),
        switch: Some(record.switch.to_string()),
        place: Some(place),
        vlan: Some(record.vlan.get()),
        text: text.to_owned(),
    }
}

/// The kind of a record, and its line for the history; what a VLAN stands for is no change and has none.
fn describe(what: &What) -> (&'static str, Option<&str>) {
    match what {
        What::Claimed { cause } => ("claimed", Some(cause)),
        What::Owned => ("owned", Some("read back after our write")),
        What::Released { why } => ("released", Some(why)),
        What::Withdrawing { cause } => ("withdrawing", Some(cause)),
        What::Withdrawn => ("withdrawn", Some("seen gone after our write")),
        What::StandsFor { .. } => ("stands_for", None),
    }
}

fn note(transaction: &Transaction<'_>, entry: &Entry) -> Result<(), StoreFault> {
    let at_ms = i64::try_from(entry.at.unix_ms()).unwrap_or(i64::MAX);
    let mut row = transaction.prepare("INSERT INTO history (at_ms, body) VALUES (?1, ?2)")?;
    row.execute(params![at_ms, serde_json::to_string(entry)?])?;
    Ok(())
}

#[cfg(test)]
mod tests;
