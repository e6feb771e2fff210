//! Why an image cannot be read to its end.

use std::io;

use crate::compression::Compression;

/// Why an image cannot be read to its end. What was read before it counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The file system, or a decoder that cannot go on.
    #[error("{} at byte {at}: {source}", .compression.map_or("cannot be read", Compression::damage))]
    Io {
        /// The offset in the image.
        at: u64,
        /// The compression, where it is its decoder that stopped.
        compression: Option<Compression>,
        /// The fault.
        source: io::Error,
    },
    /// Bytes that begin neither an archive nor anything compressed that the kernel knows.
    #[error("at byte {at} begins neither a cpio archive nor a known compression")]
    Unknown {
        /// The offset in the image.
        at: u64,
    },
    /// A compression that the kernel knows and this crate does not.
    #[error("from byte {at} on it is compressed with lzo, which sanid-image does not read")]
    Lzo {
        /// The offset in the image.
        at: u64,
    },
    /// Not an archive of the formats newc and crc.
    #[error("damaged archive near byte {at}: {what}")]
    Archive {
        /// The offset in the image.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// More than all parts of an image together may ask for.
    #[error("not read from byte {at} on: {}", crate::budget::Spent)]
    Budget {
        /// The offset in the image.
        at: u64,
    },
    /// More than an initramfs can be.
    #[error("it exceeds a limit for an initramfs, near byte {at}: {what}")]
    Limit {
        /// The offset in the image.
        at: u64,
        /// Which limit.
        what: &'static str,
    },
}
