//! The storage identity of one Linux host: see it, decide it, put it in place.
//!
//! One direction, three steps:
//!
//! ```text
//! observe   Root ─► Facts                       all reading, in one place; plain data
//! decide    Facts ─► Resolution ─► Findings, Plan   pure functions
//! act       Plan ─► Receipt                     the only code that writes
//! ```
//!
//! Everything happens below an opened [`Root`], which is `/` of the running host or any directory that
//! represents it. The `sanid` command, the boot unit and every other front end are short sentences made
//! of these three.
//!
//! # Examples
//! What identity would a host with this machine-id have?
//! ```
//! let dir = tempfile::tempdir().unwrap();
//! std::fs::create_dir(dir.path().join("etc")).unwrap();
//! std::fs::write(dir.path().join("etc/machine-id"), "3d1219c7c4c5404aaa1f6d2a48adfda4\n").unwrap();
//!
//! let root = sanid_host::Root::open(dir.path()).unwrap();
//! let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
//! let resolution = sanid_host::resolve(&facts);
//! assert_eq!(
//!     resolution.names().host_nqn(),
//!     Some("nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b"),
//! );
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod act;
pub mod adopt;
mod claim;
pub mod config;
mod config_source;
pub mod container;
pub mod dependents;
mod document;
mod facts;
mod file;
pub mod findings;
pub mod hardware;
mod observe;
mod observed;
pub mod parse;
mod part;
pub mod place;
pub mod plan;
pub mod readers;
mod recognise;
pub mod record;
pub mod report;
pub mod resolve;
pub mod root;
#[cfg(test)]
mod testing;
mod transaction;
pub mod unique;

pub use claim::ClaimFacts;
pub use facts::{
    Access, Credentials, ElsewhereFile, Facts, FirmwareFacts, FirmwareSeeds, FirmwareTable, Guard,
    InitramfsFacts, IscsiHost, IscsiSession, Lack, Live, MachineIdState, Mounted, Namespace,
    Namespaces, NotASeed, NvmeController, OtherSeeds, OthersFacts, PlaceFacts, Places, RootFacts,
    SeedFacts, SeedUuid, Started, TableContent, When, Writer,
};
pub use file::{Disk, Effective, FileState, IdentityFile};
pub use observe::{Covered, Look, PUBLISHED, evidence_by_name, fixed_by, observe};
pub use observed::Observed;
pub use part::own;
pub use part::{NAMED_FILES, NAMED_PARTS, Names, PerPart};
pub use place::Via;
pub use plan::plan;
pub use recognise::derived_names;
pub use resolve::resolve;
pub use root::Root;
pub use transaction::{Change, Done, Mode, Moment, Step, Transaction};

/// The version of every JSON document that sanid reads and writes.
pub const API_VERSION: &str = "sanid/v1";
