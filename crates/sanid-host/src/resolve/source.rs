//! What a source of identities is, and how what it says becomes a name.

use sanid_core::{HostId, HostNqn, IscsiName, NvmePair};

use super::error::ResolveError;
use crate::facts::Facts;
use crate::part::Part;

/// Which kind of source a name comes from, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The kernel command line.
    CommandLine,
    /// A systemd credential.
    Credential,
    /// A pin in the configuration.
    Pin,
    /// A table of the firmware.
    Firmware,
    /// The configured scheme.
    Derived,
}

impl SourceKind {
    /// Its name in reports and in the record: API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command-line",
            Self::Credential => "credential",
            Self::Pin => "pin",
            Self::Firmware => "firmware",
            Self::Derived => "derived",
        }
    }
}

/// A place that an identity can come from.
pub trait Source: Sync {
    /// Its kind.
    fn kind(&self) -> SourceKind;
    /// The initiator name it gives, if it gives one.
    ///
    /// # Errors
    /// [`ResolveError`] when what it gives cannot be used.
    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError>;
    /// The NVMe pair it gives, if it gives one or a half from which the other follows.
    ///
    /// # Errors
    /// [`ResolveError`] when what it gives cannot be used.
    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError>;
    /// Why it has no word on a part, where somebody could expect one.
    fn silence(&self, _facts: &Facts, _part: Part) -> Option<String> {
        None
    }
}

/// A value with the exact place it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// The place, such as `rd.iscsi.initiator= on the kernel command line`.
    pub place: String,
}

/// A value in one line.
pub(super) trait Show {
    fn show(&self) -> String;
}

impl Show for IscsiName {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for NvmePair {
    fn show(&self) -> String {
        format!("{} {}", self.host_nqn, self.host_id)
    }
}

/// Validates an initiator name that was given as text. The session that boots with it uses it as it is, also
/// where it breaks a rule that no initiator checks; a finding reports that.
pub(super) fn parse_iqn(text: &str, place: String) -> Result<Given<IscsiName>, ResolveError> {
    match IscsiName::in_use(text) {
        Ok(value) => Ok(Given { value, place }),
        Err(error) => Err(invalid(place, text, "initiator name", &error)),
    }
}

pub(super) fn parse_nqn(text: &str, place: impl Fn() -> String) -> Result<HostNqn, ResolveError> {
    HostNqn::in_use(text).map_err(|error| invalid(place(), text, "host NQN", &error))
}

/// Makes the pair of what was given of it as text.
pub(super) fn parse_pair(
    nqn: Option<(&str, String)>,
    id: Option<(&str, String)>,
) -> Result<Option<Given<NvmePair>>, ResolveError> {
    let nqn = match nqn {
        None => None,
        Some((text, place)) => Some(Given {
            value: parse_nqn(text, || place.clone())?,
            place,
        }),
    };
    let id = match id {
        None => None,
        Some((text, place)) => match HostId::parse(text) {
            Ok(value) => Some(Given { value, place }),
            Err(error) => return Err(invalid(place, text, "Host ID", &error)),
        },
    };
    complete(nqn, id)
}

/// One half of a pair gives the other: the UUID of the host NQN is the Host ID (NVMe TP4126).
pub(super) fn complete(
    nqn: Option<Given<HostNqn>>,
    id: Option<Given<HostId>>,
) -> Result<Option<Given<NvmePair>>, ResolveError> {
    match (nqn, id) {
        (None, None) => Ok(None),
        (Some(nqn), Some(id)) => Ok(Some(Given {
            value: NvmePair::new(nqn.value, id.value),
            place: if nqn.place == id.place {
                nqn.place
            } else {
                format!("{}, {}", nqn.place, id.place)
            },
        })),
        (None, Some(id)) => Ok(Some(Given {
            value: NvmePair::from_host_id(id.value),
            place: id.place,
        })),
        (Some(nqn), None) => {
            let text = nqn.value.to_string();
            match NvmePair::from_host_nqn(nqn.value) {
                Some(value) => Ok(Some(Given {
                    value,
                    place: nqn.place,
                })),
                None => Err(ResolveError::HalfPair {
                    place: nqn.place,
                    nqn: text,
                }),
            }
        }
    }
}

pub(super) fn invalid(
    place: String,
    text: &str,
    what: &'static str,
    error: &sanid_core::NameError,
) -> ResolveError {
    ResolveError::Invalid {
        place,
        text: text.to_owned(),
        what,
        why: error.to_string(),
    }
}
