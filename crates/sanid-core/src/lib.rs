//! The names by which storage arrays know a host, and the rules by which they
//! are derived from a seed, such as the host's machine-id.
//!
//! A host shows three names to a storage network: an iSCSI initiator name
//! ([`IscsiName`], usually an [`Iqn`]), an NVMe host NQN ([`HostNqn`]) and an
//! NVMe Host ID ([`HostId`]). The last two always travel together, as an
//! [`NvmePair`]. This crate answers three questions about them:
//!
//! * *Is this a name?* Every type's `parse` accepts it, or returns the [`Rule`] that is
//!   broken, where, and which standard says it.
//! * *Will everybody read it the same way?* [`Portability`] lists the programs
//!   that refuse or misread a name that is valid.
//! * *Which names belong to this host?* A [`Scheme`] is a frozen rule from a
//!   [`Seed`] to the three names.
//!
//! It does no input or output, reads no clock and allocates nothing.
//!
//! ```
//! use sanid_core::{IqnPrefix, MachineId, scheme};
//!
//! let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
//! let derived = scheme("sanid-v1")
//!     .ok_or("unknown scheme")?
//!     .derive(&seed, &IqnPrefix::default());
//!
//! assert_eq!(
//!     derived.iqn.as_str(),
//!     "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b",
//! );
//! assert_eq!(
//!     derived.nvme.host_nqn.as_str(),
//!     "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
//! );
//! assert!(derived.nvme.matches());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![no_std]

#[cfg(test)]
extern crate std;

mod hex;
mod names;
mod schemes;
mod seed;

pub use names::{
    DENYLISTED_UUIDS, HOST_NQN_MAX, HostId, HostNqn, HostUuid, Identity, Iqn, IqnPrefix,
    IscsiFormat, IscsiName, NAME_MAX, NameError, NameKind, Nqn, NqnForm, NvmePair, Portability,
    PortabilityIssue, Rule, Verdict, check,
};
pub use schemes::{
    DEFAULT_SCHEME, Derived, SCHEMES, SanidV1Line, Scheme, Takes, sanid_v1_host_uuid, scheme,
};
pub use seed::{
    AppId, MachineId, MachineIdError, NVME_CLI_1_APP_ID, NVME_CLI_3_APP_ID,
    SANID_FINGERPRINT_APP_ID, SANID_HARDWARE_APP_ID, SANID_V1_APP_ID, Seed, SeedFingerprint,
    SeedFingerprintError, SeedKind,
};
