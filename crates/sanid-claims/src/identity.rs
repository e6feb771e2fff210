//! An identity: the names that one host claims, each for itself alone.

use std::cmp::Ordering;
use std::fmt;

use sanid_core::{HostId, HostNqn, IscsiName};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of names, at least one and at most one of each kind, all valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "Members", try_from = "Members")]
pub struct Identity {
    /// The name of the first kind.
    anchor: Identifier,
    /// The other names, in the order of their kinds.
    rest: Vec<Identifier>,
}

/// The members of a document that holds an identity: a member for each kind that the first version had, and a list
/// of the others.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Members {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iqn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_nqn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<Identifier>,
}

/// Names that are not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The set is empty.
    #[error("it has no name to claim: initiator name, host NQN, Host ID or a different kind")]
    Empty,
    /// There are more names than stores take in one step.
    #[error("it has {0} names, and at most {MOST_NAMES} are allowed")]
    Many(usize),
    /// Two names are of one kind.
    #[error("it has more than one {0}")]
    Twice(Kind),
    /// A name breaks a rule of its kind.
    #[error("{kind} {value:?}: {why}")]
    Invalid {
        /// The kind.
        kind: Kind,
        /// What was given, at most 300 characters of it.
        value: String,
        /// The rule that it breaks.
        why: String,
    },
    /// A kind is not a word.
    #[error(
        "{0:?} is not a kind of names: a kind is at most 32 lower-case letters, digits and hyphens, and begins with a letter"
    )]
    Kind(String),
}

/// A kind of names. The order is that in which stores without transactions take them, and the first kind of an
/// identity is its anchor: first those of [`FIRST`](Self::FIRST), then all others by their words. A version that has
/// rules for one more kind so has the same order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The NVMe Host ID.
    HostId,
    /// The NVMe host NQN.
    HostNqn,
    /// The iSCSI initiator name.
    Iqn,
    /// A kind that this version has no rules for, by its word.
    Other(OtherKind),
}

/// The word of a kind without rules of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherKind(String);

/// One name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// Its kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
}

/// The most names of an identity: taking over a claim of each of them has to fit into one transaction of etcd, which
/// takes 128 operations.
const MOST_NAMES: usize = 8;
/// The longest name of a kind without rules, in bytes: as long as initiator names and NQNs.
const LONGEST_NAME: usize = 223;
/// The longest word of a kind, in bytes.
const LONGEST_WORD: usize = 32;
/// Words that objects of an API server begin with for something else.
const RESERVED: [&str; 2] = ["anchor", "nqn"];

impl Kind {
    /// The kinds that the first version of claims had, all of which every claim of it has.
    pub const FIRST: [Self; 3] = [Self::HostId, Self::HostNqn, Self::Iqn];

    /// The kind of a word.
    ///
    /// # Errors
    /// [`IdentityError::Kind`] where it is not one.
    pub fn parse(word: &str) -> Result<Self, IdentityError> {
        if let Some(known) = Self::FIRST.iter().find(|kind| kind.word() == word) {
            return Ok(known.clone());
        }
        let is_word = (1..=LONGEST_WORD).contains(&word.len())
            && word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !is_word || RESERVED.contains(&word) {
            return Err(IdentityError::Kind(word.chars().take(40).collect()));
        }
        Ok(Self::Other(OtherKind(word.to_owned())))
    }

    /// The word in keys of stores and in documents: API.
    pub fn word(&self) -> &str {
        match self {
            Self::HostId => "hostid",
            Self::HostNqn => "hostnqn",
            Self::Iqn => "iqn",
            Self::Other(kind) => &kind.0,
        }
    }

    /// The place in the order.
    fn place(&self) -> (usize, &str) {
        let first = Self::FIRST.iter().position(|kind| kind == self);
        (first.unwrap_or(Self::FIRST.len()), self.word())
    }

    /// A valid name as it is kept.
    fn checked(&self, name: &str) -> Result<String, String> {
        let text = |error: &dyn fmt::Display| error.to_string();
        match self {
            Self::HostId => HostId::parse(name)
                .map(|id| id.to_string())
                .map_err(|error| text(&error)),
            Self::HostNqn => HostNqn::parse(name)
                .map(|nqn| nqn.to_string())
                .map_err(|error| text(&error)),
            Self::Iqn => IscsiName::parse(name)
                .map(|iqn| iqn.to_string())
                .map_err(|error| text(&error)),
            Self::Other(_) if name.is_empty() => Err("it is empty".into()),
            Self::Other(_) if name.len() > LONGEST_NAME => Err(format!(
                "it has {} bytes, and at most {LONGEST_NAME} are allowed",
                name.len()
            )),
            Self::Other(_)
                if name.contains(|one: char| one.is_whitespace() || one.is_control()) =>
            {
                Err("it must not contain whitespace or control characters".into())
            }
            Self::Other(_) => Ok(name.to_owned()),
        }
    }
}

impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostId => "Host ID",
            Self::HostNqn => "host NQN",
            Self::Iqn => "initiator name",
            Self::Other(kind) => &kind.0,
        })
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::parse(&word).map_err(serde::de::Error::custom)
    }
}

impl Identifier {
    /// The name in the form in which two are compared. Initiator names in the normal form of RFC 3722: a target takes
    /// two names that differ in case for one.
    fn normal(&self) -> Self {
        let name = match self.kind {
            Kind::Iqn => IscsiName::parse(&self.name)
                .map_or_else(|_| self.name.clone(), |name| name.normal_form().to_string()),
            _ => self.name.clone(),
        };
        Self {
            kind: self.kind.clone(),
            name,
        }
    }
}

impl Identity {
    /// Names, of which each keeps the rules of its kind.
    ///
    /// # Errors
    /// [`IdentityError`]: the set is empty or too large, has two names of one kind, or an invalid name.
    pub fn new<'n>(
        names: impl IntoIterator<Item = (Kind, &'n str)>,
    ) -> Result<Self, IdentityError> {
        let mut all = Vec::new();
        for (kind, name) in names {
            let name = kind.checked(name).map_err(|why| IdentityError::Invalid {
                kind: kind.clone(),
                value: name.chars().take(300).collect(),
                why,
            })?;
            all.push(Identifier { kind, name });
        }
        all.sort();
        let twice = all.windows(2).find_map(|pair| match pair {
            [one, other] if one.kind == other.kind => Some(one.kind.clone()),
            _ => None,
        });
        if let Some(kind) = twice {
            return Err(IdentityError::Twice(kind));
        }
        if all.len() > MOST_NAMES {
            return Err(IdentityError::Many(all.len()));
        }
        let mut all = all.into_iter();
        let anchor = all.next().ok_or(IdentityError::Empty)?;
        Ok(Self {
            anchor,
            rest: all.collect(),
        })
    }

    /// Initiator name, host NQN and Host ID.
    ///
    /// # Errors
    /// As [`Identity::new`].
    pub fn parse(iqn: &str, host_nqn: &str, host_id: &str) -> Result<Self, IdentityError> {
        Self::new([
            (Kind::Iqn, iqn),
            (Kind::HostNqn, host_nqn),
            (Kind::HostId, host_id),
        ])
    }

    /// The names as they are written, in the order of their kinds.
    pub fn names(&self) -> impl Iterator<Item = &Identifier> {
        std::iter::once(&self.anchor).chain(&self.rest)
    }

    /// The name of a kind.
    pub fn name(&self, kind: &Kind) -> Option<&str> {
        let found = self.names().find(|one| one.kind == *kind);
        found.map(|one| one.name.as_str())
    }

    /// The names as they are compared, in the order of their kinds.
    pub fn identifiers(&self) -> Vec<Identifier> {
        self.names().map(Identifier::normal).collect()
    }

    /// The name of the first kind, as it is compared: stores keep what belongs to the whole claim with it.
    pub fn anchor(&self) -> Identifier {
        self.anchor.normal()
    }

    /// Whether the first version of claims can express it: initiator name, host NQN and Host ID, and nothing else.
    pub fn is_of_first_version(&self) -> bool {
        self.names().map(|one| &one.kind).eq(&Kind::FIRST)
    }
}

impl From<Identity> for Members {
    fn from(identity: Identity) -> Self {
        let mut members = Self::default();
        for one in std::iter::once(identity.anchor).chain(identity.rest) {
            match one.kind {
                Kind::HostId => members.host_id = Some(one.name),
                Kind::HostNqn => members.host_nqn = Some(one.name),
                Kind::Iqn => members.iqn = Some(one.name),
                Kind::Other(_) => members.identifiers.push(one),
            }
        }
        members
    }
}

impl TryFrom<Members> for Identity {
    type Error = IdentityError;

    fn try_from(members: Members) -> Result<Self, IdentityError> {
        let known = [
            (Kind::Iqn, &members.iqn),
            (Kind::HostNqn, &members.host_nqn),
            (Kind::HostId, &members.host_id),
        ];
        let known = known
            .into_iter()
            .filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
        let listed = members.identifiers.iter();
        Self::new(known.chain(listed.map(|one| (one.kind.clone(), one.name.as_str()))))
    }
}

#[cfg(test)]
pub(crate) mod tests;
