//! The columns of an inventory: what they are called here, and what others call them.

use super::Unusable;
use crate::secret::shown;

/// What an inventory can say of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What the people who run it call it.
    Host,
    /// Its machine-id.
    MachineId,
    /// The system UUID of its firmware, for schemes that take it.
    SystemUuid,
    /// The scheme of this host alone.
    Scheme,
    /// The prefix of this host's initiator name.
    IqnPrefix,
    /// An initiator name that is fixed.
    Iqn,
    /// A host NQN that is fixed.
    HostNqn,
    /// A Host ID that is fixed.
    HostId,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 8] = [
        Self::Host,
        Self::MachineId,
        Self::SystemUuid,
        Self::Scheme,
        Self::IqnPrefix,
        Self::Iqn,
        Self::HostNqn,
        Self::HostId,
    ];

    /// What `--column` calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::MachineId => "machine-id",
            Self::SystemUuid => "system-uuid",
            Self::Scheme => "scheme",
            Self::IqnPrefix => "iqn-prefix",
            Self::Iqn => "iqn",
            Self::HostNqn => "host-nqn",
            Self::HostId => "host-id",
        }
    }

    /// What inventories call it, each by its path; the first that a row has counts.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Host => &["host", "hostname", "name"],
            Self::MachineId => &[
                "machine_id",
                "machineId",
                "ansible_machine_id",
                "ansible_facts.machine_id",
                "ansible_facts.ansible_machine_id",
                "custom_fields.machine_id",
                "cf_machine_id",
            ],
            Self::SystemUuid => &[
                "system_uuid",
                "systemUuid",
                "product_uuid",
                "ansible_product_uuid",
                "ansible_facts.product_uuid",
                "ansible_facts.ansible_product_uuid",
                "hardware_uuid",
                "custom_fields.system_uuid",
                "cf_system_uuid",
            ],
            Self::Scheme => &["scheme", "sanid_scheme"],
            Self::IqnPrefix => &["iqn_prefix", "iqnPrefix", "sanid_iqn_prefix"],
            Self::Iqn => &["iqn", "sanid_iqn"],
            Self::HostNqn => &["host_nqn", "hostNqn", "hostnqn", "sanid_host_nqn"],
            Self::HostId => &["host_id", "hostId", "hostid", "sanid_host_id"],
        }
    }
}

/// Which column of the inventory is which.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    given: [Option<String>; Column::ALL.len()],
}

/// A word after `--column` that names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ColumnsError(String);

impl Columns {
    /// Reads words such as `machine-id=custom_fields.machine_id`.
    ///
    /// # Errors
    /// [`ColumnsError`] where a word has no `=`, or names a column that does not exist here, or twice.
    ///
    /// # Examples
    /// ```
    /// use sanid_fleet::inventory::Columns;
    ///
    /// assert!(Columns::parse(&["host=fqdn".to_owned()]).is_ok());
    /// assert!(Columns::parse(&["hots=fqdn".to_owned()]).is_err());
    /// ```
    pub fn parse(words: &[String]) -> Result<Self, ColumnsError> {
        let mut columns = Self::default();
        for word in words {
            let error = |why: &str| {
                let known = Column::ALL.map(Column::word).join(", ");
                ColumnsError(format!(
                    "--column {why}: COLUMN=NAME, where COLUMN is one of {known}"
                ))
            };
            let (column, name) = word.split_once('=').ok_or_else(|| error("has no ="))?;
            let plain = plain(column);
            let column = Column::ALL
                .into_iter()
                .find(|known| self::plain(known.word()) == plain);
            let column = column.ok_or_else(|| error("names no column"))?;
            let Some(given) = columns.given.get_mut(column as usize) else {
                continue;
            };
            if name.is_empty() || given.is_some() {
                return Err(error("names one twice, or nothing"));
            }
            *given = Some(name.to_owned());
        }
        Ok(columns)
    }

    /// What the command line says that a column is called.
    pub fn given(&self, column: Column) -> Option<&str> {
        self.given.get(column as usize)?.as_deref()
    }

    /// The paths by which a column is looked for.
    pub(super) fn paths(&self, column: Column) -> Vec<&str> {
        match self.given(column) {
            Some(name) => vec![name],
            None => column.usual().to_vec(),
        }
    }

    /// Which field of a header a column is.
    ///
    /// A name of the command line is taken as it is; the usual ones in any case and with any signs between the
    /// words.
    pub(super) fn field(
        &self,
        column: Column,
        header: &[String],
    ) -> Result<Option<usize>, Unusable> {
        if let Some(name) = self.given(column) {
            let found = header.iter().position(|field| field == name);
            return found.map(Some).ok_or_else(|| {
                Unusable::first(format!(
                    "there is no column {}, which --column {} asks for; {}",
                    shown(name),
                    column.word(),
                    has(header, name)
                ))
            });
        }
        for usual in column.usual() {
            let same = |field: &&String| **field == *usual || plain(field) == plain(usual);
            let mut found = (0..)
                .zip(header)
                .filter(|(_, field)| same(field))
                .map(|(at, _)| at);
            match (found.next(), found.next()) {
                (None, _) => {}
                (at, None) => return Ok(at),
                (Some(_), Some(_)) => {
                    return Err(Unusable::first(format!(
                        "two columns are called {usual}; say which one with --column {}=NAME",
                        column.word()
                    )));
                }
            }
        }
        Ok(None)
    }

    /// What to say where a column is needed and not there.
    pub(super) fn lacks(&self, column: Column, what: &str, names: &[String]) -> String {
        let asked = self.given(column).map(shown);
        let asked = asked.unwrap_or_else(|| {
            column
                .usual()
                .first()
                .copied()
                .unwrap_or_default()
                .to_owned()
        });
        let shape = format!("--column {}=NAME says which it is", column.word());
        format!("{what} has no {asked}; {}; {shape}", has(names, &asked))
    }
}

/// What names there are, with the one that was probably meant.
fn has(names: &[String], wanted: &str) -> String {
    const SHOWN: usize = 16;
    let mut list: Vec<_> = names.iter().take(SHOWN).map(|name| shown(name)).collect();
    if names.len() > SHOWN {
        list.push(format!("{} more", names.len() - SHOWN));
    }
    let near = names
        .iter()
        .map(|name| (strsim::levenshtein(&plain(name), &plain(wanted)), name))
        .filter(|(distance, name)| *distance <= 2 && plain(name) != plain(wanted))
        .min();
    let near = near.map_or_else(String::new, |(_, name)| {
        format!(", perhaps {} is meant", shown(name))
    });
    match list.len() {
        0 => "it has none at all".to_owned(),
        _ => format!("it has {}{near}", list.join(", ")),
    }
}

/// A name without what differs between programs.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_usual_names_are_found_however_they_are_written() {
        for header in [
            "machine_id",
            "Machine ID",
            "machine-id",
            "machineId",
            "MACHINE_ID",
            "cf_machine_id",
        ] {
            let header = names(&["rack", header]);
            let found = Columns::default().field(Column::MachineId, &header);
            assert_eq!(found, Ok(Some(1)), "{header:?}");
        }
        let both = names(&["Host", "host"]);
        assert!(Columns::default().field(Column::Host, &both).is_err());
    }

    #[test]
    fn a_column_that_is_not_there_is_answered_with_those_that_are() {
        let columns = Columns::parse(&names(&["machine-id=machineid2"])).unwrap();
        let header = names(&["host", "machine_id", "rack"]);
        let why = columns.field(Column::MachineId, &header).unwrap_err().why;
        assert!(
            why.contains("no column machineid2") && why.contains("perhaps machine_id is meant"),
            "{why}"
        );
        let near = Columns::default().lacks(Column::Host, "the header", &names(&["hosst", "x"]));
        assert!(
            near.contains("has hosst, x, perhaps hosst is meant"),
            "{near}"
        );
    }

    #[test]
    fn a_value_in_the_place_of_a_name_is_not_repeated() {
        let id = "3d1219c7c4c5404aaa1f6d2a48adfda4";
        let uuid = "3D1219C7-c4c5-404a-aa1f-6d2a48adfda4";
        let header = names(&["node-1", id, uuid, &id[..16]]);
        let why = Columns::default().lacks(Column::MachineId, "the header", &header);
        assert!(
            why.contains("node-1") && !why.to_lowercase().contains("3d1219c7"),
            "{why}"
        );
        let asked = Columns::parse(&[format!("machine-id={id}0")]).unwrap();
        let why = asked.field(Column::MachineId, &header).unwrap_err().why;
        assert!(!why.contains(id), "{why}");
    }
}
