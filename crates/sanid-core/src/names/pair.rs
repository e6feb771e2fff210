//! The names that belong together.

use crate::{HostId, HostNqn, IscsiName};

/// A host NQN and a Host ID: the two names of one NVMe host.
///
/// Linux since 6.5 keeps them one to one while any controller lives, and
/// refuses the same NQN with another ID, or the reverse; so they are always
/// resolved and written together. A pair may be one that does *not*
/// [match](Self::matches), since such pairs exist on disk. Source: NVMe
/// TP4126; Linux `drivers/nvme/host/fabrics.c`.
///
/// ```
/// use sanid_core::{HostId, NvmePair};
///
/// let id = HostId::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?;
/// let pair = NvmePair::from_host_id(id);
/// assert!(pair.matches());
/// assert_eq!(NvmePair::from_host_nqn(pair.host_nqn.clone()), Some(pair));
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NvmePair {
    /// The name by which subsystems allow the host.
    pub host_nqn: HostNqn,
    /// The identifier by which reservations are registered.
    pub host_id: HostId,
}

impl NvmePair {
    /// The pair of two names, matching or not.
    ///
    /// ```
    /// use sanid_core::{HostId, HostNqn, NvmePair};
    ///
    /// let nqn = HostNqn::parse("nqn.2014-08.com.example:host1")?;
    /// let id = HostId::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?;
    /// assert!(NvmePair::new(nqn, id).matches());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub const fn new(host_nqn: HostNqn, host_id: HostId) -> Self {
        Self { host_nqn, host_id }
    }

    /// Whether the Host ID is the UUID that the NQN holds.
    ///
    /// True as well when the NQN holds none, because then there is nothing to
    /// compare: the pair is one by decree.
    ///
    /// ```
    /// use sanid_core::{HostId, HostNqn, NvmePair};
    ///
    /// let id = HostId::parse("33643132-3139-6337-6334-633534303461")?;
    /// let talos = HostNqn::parse("nqn.2017-11.dev.talos:uuid:33643132-3139-6337-6334-633534303461")?;
    /// assert!(NvmePair::new(talos, id).matches());
    /// let other = HostNqn::parse("nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b")?;
    /// assert!(!NvmePair::new(other, id).matches());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn matches(&self) -> bool {
        self.host_nqn
            .pairing_uuid()
            .is_none_or(|uuid| uuid == self.host_id.uuid())
    }

    /// The pair of an NQN and the UUID in it; `None` when it holds none that
    /// can be a Host ID.
    ///
    /// ```
    /// use sanid_core::{HostNqn, NvmePair};
    ///
    /// let nqn = HostNqn::parse("nqn.2014-08.com.example:host1")?;
    /// assert_eq!(NvmePair::from_host_nqn(nqn), None);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn from_host_nqn(host_nqn: HostNqn) -> Option<Self> {
        let host_id = HostId::from_uuid(host_nqn.pairing_uuid()?).ok()?;
        Some(Self { host_nqn, host_id })
    }

    /// The pair of a Host ID and the uuid form of an NQN made of it.
    ///
    /// ```
    /// use sanid_core::{HostId, NvmePair};
    ///
    /// let pair = NvmePair::from_host_id(HostId::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?);
    /// assert!(pair.host_nqn.as_str().ends_with(":uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b"));
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn from_host_id(host_id: HostId) -> Self {
        let host_nqn = HostNqn::from_uuid(&host_id.uuid());
        Self { host_nqn, host_id }
    }
}

/// The whole storage identity of one host.
///
/// The iSCSI name may be of any format, because an administrator may have
/// fixed one that is not an iqn.
///
/// ```
/// use sanid_core::{HostId, Identity, IscsiName, NvmePair};
///
/// let identity = Identity {
///     iqn: IscsiName::parse("eui.02004567a425678d")?,
///     nvme: NvmePair::from_host_id(HostId::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?),
/// };
/// assert!(identity.nvme.matches());
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The iSCSI initiator name.
    pub iqn: IscsiName,
    /// The NVMe host NQN and Host ID.
    pub nvme: NvmePair,
}
