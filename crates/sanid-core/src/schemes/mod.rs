//! Schemes: frozen rules from a seed to an identity. Each is one file here and
//! one line in [`SCHEMES`].

mod line;
mod nvme_cli_1;
mod nvme_cli_2;
mod nvme_cli_3;
mod nvme_stas;
mod nvme_tool;
mod sanid_v1;
mod talos;

use crate::{HostUuid, Iqn, IqnPrefix, NvmePair, Seed};

pub use line::SanidV1Line;
pub use sanid_v1::sanid_v1_host_uuid;

/// Every scheme; the default first.
///
/// ```
/// use sanid_core::SCHEMES;
///
/// let names: Vec<_> = SCHEMES.iter().map(|scheme| scheme.name()).collect();
/// assert_eq!(
///     names,
///     ["sanid-v1", "talos", "nvme-cli-1", "nvme-cli-2", "nvme-cli-3", "nvme-stas", "nvme-tool"],
/// );
/// ```
pub static SCHEMES: &[&dyn Scheme] = &[
    &sanid_v1::SanidV1,
    &talos::Talos,
    &nvme_cli_1::NvmeCli1,
    &nvme_cli_2::NvmeCli2,
    &nvme_cli_3::NvmeCli3,
    &nvme_stas::NvmeStas,
    &nvme_tool::NvmeTool,
];

/// What a scheme takes for its seed.
///
/// ```
/// use sanid_core::{Takes, scheme};
///
/// assert_eq!(scheme("sanid-v1").map(|it| it.takes()), Some(Takes::Any));
/// assert_eq!(scheme("talos").map(|it| it.takes()), Some(Takes::MachineId));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any 128 bits that identify this host alone: the machine-id, or what the
    /// configuration names in its place.
    Any,
    /// The machine-id and nothing else, like the program it is named for.
    MachineId,
    /// The system UUID of the firmware, as libnvme 2 finds it.
    SystemUuid,
    /// The UUID of the firmware, or the machine-id where it has none, as nvme-cli 3.1
    /// finds them; so its names depend on the seed's [kind](Seed::kind).
    SystemUuidOrMachineId,
    /// The UUID that the installed `nvme gen-hostnqn` answers with.
    NvmeTool,
}

/// The scheme of a host whose administrator chose none: `sanid-v1`.
///
/// ```
/// assert_eq!(sanid_core::DEFAULT_SCHEME.name(), "sanid-v1");
/// ```
pub static DEFAULT_SCHEME: &dyn Scheme = &sanid_v1::SanidV1;

/// The scheme of a name, exactly as [`Scheme::name`] spells it.
///
/// ```
/// use sanid_core::scheme;
///
/// assert!(scheme("talos").is_some_and(|scheme| scheme.publishes_seed()));
/// assert!(scheme("sanid-v0").is_none());
/// ```
pub fn scheme(name: &str) -> Option<&'static dyn Scheme> {
    SCHEMES.iter().copied().find(|scheme| scheme.name() == name)
}

/// A named, versioned, frozen rule from a seed to an identity.
///
/// A released scheme never changes: the same seed and prefix give the same
/// names for ever, because arrays know hosts by them. A better rule gets a new
/// name. Deriving cannot fail, uses no randomness and allocates nothing.
///
/// ```
/// use sanid_core::{IqnPrefix, MachineId, SCHEMES};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// for scheme in SCHEMES {
///     let derived = scheme.derive(&seed, &IqnPrefix::default());
///     assert!(derived.nvme.matches(), "{}", scheme.name());
/// }
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub trait Scheme: Sync {
    /// The name by which configuration and reports call it: lower-case words
    /// and a version, joined by hyphens.
    ///
    /// ```
    /// use sanid_core::SCHEMES;
    ///
    /// assert_eq!(SCHEMES[0].name(), "sanid-v1");
    /// ```
    fn name(&self) -> &'static str;

    /// What it gives, as a clause for lists and help texts.
    ///
    /// ```
    /// use sanid_core::SCHEMES;
    ///
    /// assert!(SCHEMES.iter().all(|scheme| !scheme.summary().ends_with('.')));
    /// ```
    fn summary(&self) -> &'static str;

    /// What it takes for its seed.
    ///
    /// ```
    /// use sanid_core::{Takes, scheme};
    ///
    /// assert_eq!(scheme("nvme-cli-2").map(|it| it.takes()), Some(Takes::SystemUuid));
    /// ```
    fn takes(&self) -> Takes;

    /// Whether the names it gives reveal the machine-id, in whole or in part,
    /// which machine-id(5) asks programs not to do. A system UUID is not such
    /// secret: where a scheme shows it, [`notes`](Self::notes) say so.
    ///
    /// ```
    /// use sanid_core::SCHEMES;
    ///
    /// let publishing: Vec<_> = SCHEMES.iter().filter(|it| it.publishes_seed()).collect();
    /// assert_eq!(publishing.len(), 1);
    /// assert_eq!(publishing[0].name(), "talos");
    /// ```
    fn publishes_seed(&self) -> bool;

    /// What is wrong with the rule it reproduces, one sentence each; empty
    /// when nothing is known to be.
    ///
    /// ```
    /// use sanid_core::scheme;
    ///
    /// assert!(scheme("sanid-v1").is_some_and(|scheme| scheme.notes().is_empty()));
    /// assert!(scheme("talos").is_some_and(|scheme| scheme.notes()[0].ends_with('.')));
    /// ```
    fn notes(&self) -> &'static [&'static str];

    /// The identity of a seed. A scheme whose IQN has a prefix of its own
    /// ignores `iqn_prefix`.
    ///
    /// The seed is of a kind that the scheme [`takes`](Self::takes). It is used
    /// as it is: ask [`is_denylisted`](Seed::is_denylisted) first.
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, MachineId, scheme};
    ///
    /// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
    /// let prefix = IqnPrefix::parse("iqn.1994-05.com.redhat")?;
    /// let derived = scheme("sanid-v1").ok_or("unknown scheme")?.derive(&seed, &prefix);
    /// assert_eq!(derived.iqn.as_str(), "iqn.1994-05.com.redhat:652f5d50a6894520b87bfe2552ef6b8b");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived;
}

/// What a scheme gives, and which scheme gave each part.
///
/// Not every program that a scheme is named for makes all three names. What it
/// lacks comes from `sanid-v1`, except that the NVMe pair always matches.
///
/// ```
/// use sanid_core::{IqnPrefix, MachineId, scheme};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// let derived = scheme("nvme-stas").unwrap().derive(&seed, &IqnPrefix::default());
/// assert_eq!((derived.iqn_by, derived.host_nqn_by), ("sanid-v1", "nvme-stas"));
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The iSCSI initiator name.
    pub iqn: Iqn,
    /// The host NQN and the Host ID, which match.
    pub nvme: NvmePair,
    /// The scheme that gave the IQN.
    pub iqn_by: &'static str,
    /// The scheme that gave the host NQN.
    pub host_nqn_by: &'static str,
    /// The scheme that gave the Host ID.
    pub host_id_by: &'static str,
    /// The UUID of the NVMe pair.
    pub host_uuid: HostUuid,
}
