//! What a target has now.

use super::TargetError;

/// What an entry of an access list stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One initiator or host, by name.
    Name,
    /// More or less than one: a wildcard, an address, an exclusion.
    Pattern,
    /// Any initiator or host.
    Anyone,
}

/// One entry of an access list as the target has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it gives access to: the target with its portal group, the subsystem, the group.
    pub object: String,
    /// The name or pattern, byte for byte.
    pub name: String,
    /// What the target calls the host, where it knows.
    pub label: Option<String>,
    /// What it stands for.
    pub kind: Kind,
}

impl Kind {
    /// Only a name of storage is one: an address, or a word that somebody typed, is left alone.
    pub(super) fn of(name: &str) -> Self {
        let begins = |form: &str| {
            let begin = name.get(..form.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(form))
        };
        if ["iqn.", "eui.", "naa.", "nqn."].into_iter().any(begins) {
            Self::Name
        } else {
            Self::Pattern
        }
    }
}

impl Entry {
    /// A name, or what is in the place of one.
    pub(super) fn name(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            label: None,
            kind: Kind::of(name),
        }
    }

    /// Access for anyone.
    pub(super) fn anyone(object: &str, how: &str) -> Self {
        Self {
            kind: Kind::Anyone,
            ..Self::name(object, how)
        }
    }
}

/// What a target has now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// The objects that there are, with and without entries.
    pub objects: Vec<String>,
    /// The entries.
    pub entries: Vec<Entry>,
    /// Which groups each target maps, where what was read says so (SPDK's iSCSI target).
    pub maps: Vec<Map>,
    /// Files that belong to what was read, which names them only.
    pub includes: Vec<String>,
}

/// A target that gives a group of initiators access through a portal group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The target.
    pub target: String,
    /// The tag of the portal group.
    pub portal_group: u16,
    /// The object of the group, as [`Entry::object`] has it.
    pub group: String,
}

impl Present {
    pub(super) fn must_have(&self, format: &'static str, object: &str) -> Result<(), TargetError> {
        if self.objects.iter().any(|known| known == object) {
            return Ok(());
        }
        Err(TargetError::NotThere {
            format,
            object: object.to_owned(),
            present: self.objects.clone(),
        })
    }

    pub(super) fn object(&mut self, object: &str) {
        if !self.objects.iter().any(|known| known == object) {
            self.objects.push(object.to_owned());
        }
    }
}
