//! Storage identities inside images: which there are, where they hide, and how they go away.
//!
//! An identity that was copied into an image stays there when the host gets a different one, and every
//! host that boots the image gets it. This crate reads images as the kernel unpacks them and hands
//! out what it finds, with bounded memory and without ever writing a file:
//!
//! ```text
//! bytes ─► input ─► compression ─► cpio ─► walk ─► initramfs ─► report
//! ```
//!
//! [`lint`] reads every path of a whole image where an identity may be, in a directory or in a tar, and
//! [`seal`] removes what it can.
//!
//! It is apart from the boot command, which has no room for decompressors, and is the base of every check
//! of an image: [`walk()`] gives each file of an image to a callback.
//!
//! # Examples
//! ```
//! use sanid_image::{Limits, initramfs};
//!
//! let image = sanid_image::cpio::archive(&[("etc/nvme/hostid", b"652f5d50-a689-4520-b87b-fe2552ef6b8b\n")]);
//! let seen = initramfs::read(image.as_slice(), &Limits::default());
//! assert_eq!(seen.files.len(), 1);
//! assert_eq!(seen.files[0].path, "etc/nvme/hostid");
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod budget;
mod cli;
pub mod compression;
pub mod cpio;
mod error;
pub mod initramfs;
mod input;
mod limits;
pub mod lint;
mod members;
mod meter;
pub mod report;
pub mod seal;
mod tarball;
pub mod uki;
mod walk;

pub use cli::{command, run};
pub use error::ImageError;
pub use limits::Limits;
pub use walk::{Entry, Segment, Walked, walk};

/// The JSON Schema of what `sanid-image --format json` prints, version `sanid/v1`.
#[cfg(feature = "schema")]
pub fn json_schema() -> serde_json::Value {
    report::json_schema()
}
