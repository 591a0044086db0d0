//! Keeping the file small: what the ledger's fold no longer needs goes.

use std::time::Duration;

use rusqlite::Connection;
use vmtracker_core::tracker::Moment;

/// Records younger than this stay whatever they are: the pace counts the withdrawals of ten minutes.
const YOUNG: Duration = Duration::from_secs(60 * 60);
/// How long a finished key's last record stays.
const FINISHED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many lines the history keeps; some 300 octets each.
const HISTORY: i64 = 100_000;

/// Of each (switch, place, VLAN) stays: the last record of each kind, from the last `released` or `withdrawn` on.
/// The ledger is a fold in which such a record ends everything before it, and a later record of a kind replaces an
/// earlier one, so the fold over what stays is the fold over all.
const SUPERSEDED: &str = "
    DELETE FROM record WHERE at_ms < ?1 AND EXISTS (
        SELECT 1 FROM record AS later
        WHERE later.serial = record.serial AND later.place = record.place AND later.vlan = record.vlan
          AND later.id > record.id
          AND (later.kind = record.kind OR later.kind IN ('released', 'withdrawn'))
    )";

const ENDED: &str = "
    DELETE FROM record WHERE at_ms < ?1 AND kind IN ('released', 'withdrawn') AND NOT EXISTS (
        SELECT 1 FROM record AS other
        WHERE other.serial = record.serial AND other.place = record.place AND other.vlan = record.vlan
          AND other.id <> record.id
    )";

const OLD_HISTORY: &str = "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?1";

/// Deletes what no longer counts.
pub(super) fn prune(connection: &Connection, now: Moment) -> rusqlite::Result<()> {
    connection.execute(SUPERSEDED, [before(now, YOUNG)])?;
    connection.execute(ENDED, [before(now, FINISHED)])?;
    connection.execute(OLD_HISTORY, [HISTORY])?;
    Ok(())
}

fn before(now: Moment, span: Duration) -> i64 {
    let span_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    i64::try_from(now.unix_ms().saturating_sub(span_ms)).unwrap_or(i64::MAX)
}
