//! Bare transactions of SQLite, in a file of their own beside the claims' file: two connections to one file
//! would empty each other's page cache.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sanid_claims::{Identifier, StoreOptions};

use crate::{Bare, Failure, New};

pub(crate) struct File(Connection);

/// What one claim writes, as text.
pub(crate) struct Row {
    id: String,
    record: String,
    names: Vec<Identifier>,
    event: String,
}

impl File {
    fn open(path: &str) -> Result<Self, Failure> {
        let connection = Connection::open(path)?;
        // As sanid-claims sets them; the journal's mode is kept in the file.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self(connection))
    }

    fn transaction(&mut self) -> Result<Transaction<'_>, rusqlite::Error> {
        self.0
            .transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

impl Bare for File {
    type Ready = Row;
    const SHARES_STORE: bool = false;

    fn connect(place: &str) -> Result<Self, Failure> {
        let file = Self::open(&beside(place))?;
        file.0
            .query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
        Ok(file)
    }

    fn ready(new: &New) -> Row {
        Row {
            id: new.record.id.clone(),
            record: String::from_utf8_lossy(&new.record.bytes()).into_owned(),
            names: new.record.identity.identifiers(),
            event: serde_json::json!(new.event).to_string(),
        }
    }

    fn write(&mut self, row: Row) -> Result<(), Failure> {
        let one = self.transaction()?;
        insert(&one, &row)?;
        Ok(one.commit()?)
    }

    fn fill(place: &str, rows: Vec<Row>) -> Result<(), Failure> {
        let bare = beside(place);
        // Makes the file with its tables.
        sanid_claims::open(&format!("sqlite:{bare}"), &StoreOptions::default())?;
        for path in [place, &bare] {
            let mut file = Self::open(path)?;
            let all = file.transaction()?;
            for row in &rows {
                insert(&all, row)?;
            }
            all.commit()?;
        }
        Ok(())
    }
}

fn beside(place: &str) -> String {
    format!("{place}.bare")
}

/// The writes of a new claim.
fn insert(transaction: &Transaction<'_>, row: &Row) -> Result<(), rusqlite::Error> {
    let sequence = transaction
        .prepare_cached("INSERT INTO history (claim, event) VALUES (?1, ?2)")?
        .insert((&row.id, &row.event))?;
    transaction
        .prepare_cached(
            "INSERT INTO claims (id, version, record, lease, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            &row.id,
            sequence,
            &row.record,
            86_400_000,
            86_400_000_000_i64,
        ))?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO names (kind, name, claim) VALUES (?1, ?2, ?3)")?;
    for name in &row.names {
        insert.execute((name.kind.word(), &name.name, &row.id))?;
    }
    Ok(())
}
