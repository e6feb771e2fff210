//! Names for messages.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A path for messages: what is not printable is escaped, so that a hostile name cannot write to the
/// terminal.
pub fn printable(path: &Path) -> String {
    escape(OsStr::as_bytes(path.as_os_str()))
}

/// Bytes for messages: text as it is, everything else escaped.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() {
                out.extend(char.escape_default());
            } else {
                out.push(char);
            }
        }
        for byte in chunk.invalid() {
            out.extend(core::ascii::escape_default(*byte).map(char::from));
        }
    }
    out
}
