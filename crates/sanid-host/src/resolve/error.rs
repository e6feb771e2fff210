//! Why a host has no identity.

use sanid_core::MachineIdError;

/// Why there is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A source gives something that is no name of its kind.
    #[error("{place} gives {text:?}, which is not a valid {what}: {why}; correct or remove it")]
    Invalid {
        /// The place.
        place: String,
        /// What was given, escaped.
        text: String,
        /// The kind of name.
        what: &'static str,
        /// The rule it breaks.
        why: String,
    },
    /// A source gives one half of the pair, and the other half does not follow from it.
    #[error(
        "{place} gives the host NQN {nqn} alone, and no Host ID follows from it, since it contains no UUID; give the Host ID in the same place"
    )]
    HalfPair {
        /// The place.
        place: String,
        /// The host NQN.
        nqn: String,
    },
    /// A source cannot give a name for this host.
    #[error("{place}: {why}")]
    Cannot {
        /// The place.
        place: String,
        /// The reason, with what to do.
        why: String,
    },
    /// What a source says cannot be told: it may not be read, or it contradicts itself. No error where a
    /// higher source has a word.
    #[error("{0}")]
    Undecided(String),
    /// Nothing fixes the identity, and there is nothing to derive it from.
    #[error(transparent)]
    NoSeed(NoSeed),
}

/// Why there is no seed. Each says what to do; none says what the file holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSeed {
    /// No file.
    #[error(
        "/etc/machine-id is missing, so there is nothing to derive an identity from; on a running host `systemd-machine-id-setup` makes one, in an image leave it to the first boot"
    )]
    Missing,
    /// Empty or `uninitialized`.
    #[error(
        "/etc/machine-id is not set yet, so there is nothing to derive an identity from; the first boot sets it, or `systemd-machine-id-setup` on a running host"
    )]
    Unset,
    /// All zeros.
    #[error(
        "/etc/machine-id is all zeros, which every host with that file would share; empty the file and run `systemd-machine-id-setup`"
    )]
    Zero,
    /// Something else than a machine-id.
    #[error(
        "/etc/machine-id cannot be the seed: {0}; move it away and run `systemd-machine-id-setup`, which makes a new one (machine-id(5))"
    )]
    Invalid(MachineIdError),
    /// In memory only.
    #[error(
        "/etc/machine-id is transient: it is in memory only and will be different at the next boot, and so would the identity. Three ways to make it stable: boot once with a writable /etc (systemd then stores it), put systemd.machine_id= on the kernel command line, or pass the credential system.machine_id. If your init system mounts a stable one there by design, set allow-volatile-machine-id = true"
    )]
    Transient,
    /// A value known from many machines.
    #[error(
        "/etc/machine-id contains a value that many machines share (it was taken from a firmware UUID that a vendor never set, or is in the configured denylist), so the identity would not be unique; empty the file and run `systemd-machine-id-setup`"
    )]
    Denylisted,
    /// The kernel refused.
    #[error("{0}")]
    Unreadable(String),
    /// Another seed stands in for a machine-id that may be stored yet.
    #[error(
        "the machine-id is not stored yet, and /etc is writable, so it may be: the next seed would name this host until then and no longer. Store it (`systemd-machine-id-setup --commit`), or put the other seed first, as in seed = [\"dmi\"]"
    )]
    ToCome,
    /// No seed of those that were asked for.
    #[error(
        "there is nothing to derive an identity from: {0}. `seed` and `scheme` in the configuration choose a different seed"
    )]
    Other(String),
}

impl NoSeed {
    /// What to type or do, for the system below `root` (`--root=DIR`, or nothing for the running one).
    pub fn remedy(&self, root: &str) -> Vec<String> {
        let setup = format!("systemd-machine-id-setup{root}");
        match self {
            Self::Missing => vec![setup],
            Self::Unset => vec![format!("{setup}, or leave it to the first boot")],
            Self::Zero | Self::Denylisted => vec![format!("empty /etc/machine-id, then {setup}")],
            Self::Invalid(_) => vec![format!("move /etc/machine-id away, then {setup}")],
            Self::Transient => vec![
                "boot once with a writable /etc".into(),
                "or put systemd.machine_id= on the kernel command line".into(),
                "or pass the credential system.machine_id".into(),
            ],
            Self::Unreadable(_) => vec!["make /etc/machine-id a readable file".into()],
            Self::ToCome => vec!["systemd-machine-id-setup --commit".into()],
            Self::Other(_) => vec![
                "give the machine a UUID of its own, in its firmware or its hypervisor".into(),
                "or choose a different seed or scheme in the configuration".into(),
            ],
        }
    }
}
