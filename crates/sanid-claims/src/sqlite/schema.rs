//! Opening the file, and making sure that it is what it should be before anything in it is believed.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::file::Access;
use super::trouble::Trouble;

/// `SaNi` as a number: what file(1) shows of the file.
const APPLICATION: i32 = 0x5361_4E69;
/// The version of a store in which every claim is of initiator name, host NQN and Host ID.
const VERSION: i32 = 1;
/// The version of a store that has had a claim of other kinds: version 0.1 refuses it before it writes.
const OF_KINDS: i32 = 2;

/// The tables, and nothing else. `sequence` is never used again (AUTOINCREMENT), so that generations grow.
const TABLES: [&str; 5] = [
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE claims (id TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL, lease INTEGER, expires INTEGER) WITHOUT ROWID",
    "CREATE TABLE names (kind TEXT NOT NULL, name TEXT NOT NULL, claim TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID",
    "CREATE INDEX names_of_claim ON names (claim)",
    "CREATE TABLE history (sequence INTEGER PRIMARY KEY AUTOINCREMENT, claim TEXT NOT NULL, event TEXT NOT NULL)",
];

pub(super) fn open(path: &Path, access: Access, deadline: Instant) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = if access == Access::Untouched {
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(untouched(path), flags)?
    } else {
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?
    };
    connection.busy_timeout(deadline.saturating_duration_since(Instant::now()))?;
    // A file that somebody made to do harm has no triggers, views or functions to do it with.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(32);
    if is_new(&connection)? {
        if access != Access::Write {
            return Err(Trouble::Empty);
        }
        make(&mut connection)?;
    }
    verify(&connection)?;
    if access != Access::Untouched {
        write_ahead(&connection, deadline)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
    }
    Ok(connection)
}

/// The address of a file that is read without making or changing anything. Where it has a log, that and its index are
/// read as they are; where it has none, SQLite would make both, unless told that nobody writes
/// (sqlite.org/uri.html, `immutable`; sqlite.org/wal.html, "Read-Only Databases").
fn untouched(path: &Path) -> String {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = Path::new(&log).symlink_metadata().is_ok();
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        // Writing to a String cannot fail.
        let _ = match byte {
            b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                write!(address, "{}", char::from(*byte))
            }
            _ => write!(address, "%{byte:02x}"),
        };
    }
    address
        + if has_log {
            "?readonly_shm=1"
        } else {
            "?immutable=1"
        }
}

fn pragma(connection: &Connection, name: &str) -> Result<i32, rusqlite::Error> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn is_new(connection: &Connection) -> Result<bool, Trouble> {
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(objects == 0 && pragma(connection, "application_id")? == 0)
}

fn make(connection: &mut Connection) -> Result<(), Trouble> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if is_new(&transaction)? {
        for table in TABLES {
            transaction.execute(table, [])?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Marks a store for good as one that may hold claims of other kinds, in the transaction that writes the first.
pub(super) fn mark(transaction: &Transaction<'_>) -> Result<(), Trouble> {
    if pragma(transaction, "user_version")? < OF_KINDS {
        transaction.pragma_update(None, "user_version", OF_KINDS)?;
    }
    Ok(())
}

fn verify(connection: &Connection) -> Result<(), Trouble> {
    let (application, version) = (
        pragma(connection, "application_id")?,
        pragma(connection, "user_version")?,
    );
    if application != APPLICATION {
        return Err(Trouble::Damaged(
            "it is a database of another program; give claims a file of their own".into(),
        ));
    }
    if ![VERSION, OF_KINDS].contains(&version) {
        return Err(Trouble::Damaged(format!(
            "it has version {version}, and this sanid-fleet knows versions {VERSION} and {OF_KINDS}"
        )));
    }
    let mut tables = connection.prepare(
        "SELECT sql FROM sqlite_schema WHERE name NOT IN ('sqlite_sequence') AND sql IS NOT NULL",
    )?;
    let found: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let ours =
        found.len() == TABLES.len() && found.iter().all(|sql| TABLES.contains(&sql.as_str()));
    if ours {
        Ok(())
    } else {
        Err(Trouble::Damaged(
            "its tables are not those that sanid-fleet makes".into(),
        ))
    }
}

/// Where several processes open a new file at once this is busy without waiting.
fn write_ahead(connection: &Connection, deadline: Instant) -> Result<(), Trouble> {
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Trouble::Damaged(format!(
                    "its journal stays in mode {mode:.20}"
                )));
            }
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
