//! How much an image may ask for.

/// How much an image may ask for, so that a hostile one costs seconds and no memory.
///
/// The memory of the decoders is bounded beside these: 100 MiB for the window of zstd, 128 MiB for the
/// dictionary of xz and lzma, 8 MiB for lz4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Decompressed bytes in all.
    pub output: u64,
    /// Decompressed bytes for each compressed one, once there are [`Limits::RATIO_FROM`]; programs and
    /// kernel modules have 2 to 6.
    pub ratio: u64,
    /// Files, directories and links.
    pub entries: u64,
    /// Bytes of a path, as the kernel has it (`PATH_MAX`).
    pub name: u32,
    /// Bytes of one file that is kept; of a longer one the beginning.
    pub kept: usize,
    /// Files that are kept.
    pub kept_files: usize,
}

impl Limits {
    /// A small image may be nothing but zeros.
    pub const RATIO_FROM: u64 = 64 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            output: 8 << 30,
            ratio: 100,
            entries: 1_000_000,
            name: 4096,
            kept: 4096,
            kept_files: 1000,
        }
    }
}
