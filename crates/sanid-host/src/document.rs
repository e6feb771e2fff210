//! The format of sanid's own files: one JSON document with its version, and a line end.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::API_VERSION;

/// Reads a document whose version `version` tells.
///
/// # Errors
/// A sentence that says why it is invalid.
pub(crate) fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    version: fn(&T) -> &str,
) -> Result<T, String> {
    let document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if version(&document) == API_VERSION {
        Ok(document)
    } else {
        Err(format!("its apiVersion is not {API_VERSION}"))
    }
}

/// The document as it is stored.
pub(crate) fn bytes(document: &impl Serialize) -> Vec<u8> {
    // A struct of strings always serialises; an empty file would read as invalid, never as proof.
    let mut bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
