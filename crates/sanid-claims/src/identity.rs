//! What is claimed: the three names of one host, each of which nobody else may have.

use std::fmt;

use sanid_core::{HostId, HostNqn, IscsiName};
use serde::{Deserialize, Serialize};

/// Initiator name, host NQN and Host ID, each valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Names")]
pub struct Identity {
    iqn: String,
    host_nqn: String,
    host_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    iqn: String,
    host_nqn: String,
    host_id: String,
}

/// A name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?}: {why}")]
pub struct IdentityError {
    /// Which of the three.
    pub kind: Kind,
    /// What was given, at most 300 characters of it.
    pub value: String,
    /// The rule that it breaks.
    pub why: String,
}

/// Which of the three names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The NVMe Host ID. First, and so the anchor of stores that change one object at a time.
    HostId,
    /// The NVMe host NQN.
    HostNqn,
    /// The iSCSI initiator name.
    Iqn,
}

/// One name in the form in which two are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// Which of the three.
    pub kind: Kind,
    /// The name.
    pub name: String,
}

impl Kind {
    /// All three, in the order in which stores without transactions take them.
    pub const ALL: [Self; 3] = [Self::HostId, Self::HostNqn, Self::Iqn];

    /// The word in keys of stores: API.
    pub fn word(self) -> &'static str {
        match self {
            Self::HostId => "hostid",
            Self::HostNqn => "hostnqn",
            Self::Iqn => "iqn",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostId => "Host ID",
            Self::HostNqn => "host NQN",
            Self::Iqn => "initiator name",
        })
    }
}

impl Identity {
    /// Three names, of which each keeps its standard's rules.
    ///
    /// # Errors
    /// [`IdentityError`] for the first that does not.
    pub fn parse(iqn: &str, host_nqn: &str, host_id: &str) -> Result<Self, IdentityError> {
        let bad = |kind, value: &str, why: String| IdentityError {
            kind,
            value: value.chars().take(300).collect(),
            why,
        };
        Ok(Self {
            iqn: IscsiName::parse(iqn)
                .map_err(|error| bad(Kind::Iqn, iqn, error.to_string()))?
                .to_string(),
            host_nqn: HostNqn::parse(host_nqn)
                .map_err(|error| bad(Kind::HostNqn, host_nqn, error.to_string()))?
                .to_string(),
            host_id: HostId::parse(host_id)
                .map_err(|error| bad(Kind::HostId, host_id, error.to_string()))?
                .to_string(),
        })
    }

    /// The initiator name.
    pub fn iqn(&self) -> &str {
        &self.iqn
    }

    /// The host NQN.
    pub fn host_nqn(&self) -> &str {
        &self.host_nqn
    }

    /// The Host ID.
    pub fn host_id(&self) -> &str {
        &self.host_id
    }

    /// The three as they are compared, in the order of [`Kind::ALL`]. Initiator names in the normal form of
    /// RFC 3722: a target takes two names that differ in case for one.
    pub fn identifiers(&self) -> [Identifier; 3] {
        let iqn = IscsiName::parse(&self.iqn)
            .map_or_else(|_| self.iqn.clone(), |name| name.normal_form().to_string());
        [
            (Kind::HostId, self.host_id.clone()),
            (Kind::HostNqn, self.host_nqn.clone()),
            (Kind::Iqn, iqn),
        ]
        .map(|(kind, name)| Identifier { kind, name })
    }
}

impl TryFrom<Names> for Identity {
    type Error = IdentityError;

    fn try_from(names: Names) -> Result<Self, IdentityError> {
        Self::parse(&names.iqn, &names.host_nqn, &names.host_id)
    }
}
