//! The stores that there are.

use super::store::{Store, StoreError, StoreKind, StoreOptions};
use super::{etcd, sqlite};

/// Every kind of store.
pub const STORES: &[StoreKind] = &[sqlite::KIND, etcd::KIND];

/// Opens the store at an address such as `sqlite:/var/lib/sanid/claims.db` or
/// `etcd:https://10.0.0.1:2379,https://10.0.0.2:2379`.
///
/// # Errors
/// [`StoreError`]; a store on the network is not asked before it is used.
pub fn open(address: &str, options: &StoreOptions) -> Result<Box<dyn Store>, StoreError> {
    let found = STORES.iter().find_map(|kind| {
        let rest = address.strip_prefix(kind.word)?.strip_prefix(':')?;
        Some((kind, rest))
    });
    match found {
        Some((kind, rest)) if !rest.is_empty() => (kind.open)(rest, options),
        _ => {
            let kinds: Vec<String> = STORES
                .iter()
                .map(|kind| format!("{}:{}", kind.word, kind.rest))
                .collect();
            // Without the rest, which may hold a password.
            let (word, rest) = address.split_once(':').unwrap_or((address, ""));
            let more = if rest.is_empty() { "" } else { "…" };
            let colon = if address.contains(':') { ":" } else { "" };
            Err(StoreError::Usage(format!(
                "\"{}{colon}{more}\" is not a store; expected {}",
                word.escape_debug(),
                kinds.join(" or ")
            )))
        }
    }
}
