//! Names by the file that holds each.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{IdentityFile, NAMED_FILES, Part, part_of};

/// Names, each by the file that holds it; none for a file that has no name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<IdentityFile, String>);

impl Names {
    /// The names that are there for some files.
    pub fn of_files(name: impl FnMut(IdentityFile) -> Option<String>) -> Self {
        let mut name = name;
        let named = |file| Some((file, name(file)?));
        Self(IdentityFile::ALL.into_iter().filter_map(named).collect())
    }

    /// The names that are there for the files of a part.
    pub(crate) fn of_part(part: Part, name: impl Fn(IdentityFile) -> Option<String>) -> Self {
        Self::of_files(|file| name(file).filter(|_| part_of(file) == part))
    }

    /// The name of a file.
    pub fn of(&self, file: IdentityFile) -> Option<&str> {
        self.0.get(&file).map(String::as_str)
    }

    /// Sets or removes the name of a file.
    pub fn set(&mut self, file: IdentityFile, name: Option<String>) {
        match name {
            Some(name) => self.0.insert(file, name),
            None => self.0.remove(&file),
        };
    }

    /// The names with members of their own in documents: `iqn`, `hostNqn` and `hostId`.
    pub fn named(&self) -> [Option<String>; NAMED_FILES.len()] {
        NAMED_FILES.map(|file| self.of(file).map(str::to_owned))
    }

    /// The names with their files, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = (IdentityFile, &str)> {
        self.0.iter().map(|(file, name)| (*file, name.as_str()))
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The names in one line.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.values().map(String::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

impl<const N: usize> From<[(IdentityFile, &str); N]> for Names {
    fn from(names: [(IdentityFile, &str); N]) -> Self {
        let owned = names
            .into_iter()
            .map(|(file, name)| (file, name.to_owned()));
        Self(owned.collect())
    }
}

/// An object with a member for each name.
impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(file, name)| (file.field(), name)))
    }
}

/// Members that are not known, or have no name, are passed over.
impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
        let mut names = Self::default();
        for file in IdentityFile::ALL {
            let name = members.remove(file.field()).map(Option::deserialize);
            let name = name.transpose().map_err(serde::de::Error::custom)?;
            names.set(file, name.flatten());
        }
        Ok(names)
    }
}
