//! What can go wrong with a file, in the words of what it means.

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// What can go wrong inside.
pub(super) enum Trouble {
    Sqlite(rusqlite::Error),
    Damaged(String),
    /// Nothing is in it, and nothing is to be made.
    Empty,
    /// The store looks other than the change was made for.
    Raced,
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The error in the words of what it means here.
pub(super) fn told(name: &str, trouble: Trouble) -> StoreError {
    let error = match trouble {
        Trouble::Sqlite(error) => error,
        Trouble::Damaged(why) => {
            return StoreError::Damaged(format!(
                "{name} is not a store of claims, or is damaged: {why}"
            ));
        }
        Trouble::Empty => {
            return StoreError::Failed(format!(
                "{name} is empty; the first claim makes it a store"
            ));
        }
        Trouble::Raced => {
            return StoreError::Failed(format!("{name}: a change was made without its reason"));
        }
    };
    if let rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::IntegralValueOutOfRange(..) =
        error
    {
        return told(name, Trouble::Damaged(error.to_string()));
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unreachable(format!(
                "{name} is locked by a different process, and the wait has ended; fuser {name} shows which process"
            ))
        }
        Some(ErrorCode::DiskFull) => StoreError::Failed(format!(
            "the disk is full: nothing was written to {name}; make room and claim again"
        )),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => StoreError::Failed(format!(
            "{name} cannot be opened to be written ({error}): it, its directory or its file system is read-only, or belongs to somebody else; every claim writes to its store"
        )),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch) => {
            StoreError::Damaged(format!(
                "{name} is not a store of claims, or is damaged ({error}); move it away, and every host claims anew into a new store"
            ))
        }
        _ => StoreError::Failed(format!("{name}: {error}")),
    }
}
