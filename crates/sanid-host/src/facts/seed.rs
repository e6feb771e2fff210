//! Seeds that are not the machine-id.

use sanid_core::{HostUuid, Seed, SeedKind, Takes};

/// Those that were looked for: as many as are needed, in order.
#[derive(Debug, Default)]
pub struct OtherSeeds {
    /// What was found; at most the last is a seed.
    pub seen: Vec<SeedFacts>,
    /// Whether the machine-id is not stored and could be, so that another seed would name this host only
    /// until it is.
    pub machine_id_to_come: bool,
}

impl OtherSeeds {
    /// Why the seed of this name is none.
    pub(crate) fn lack(&self, name: &str) -> Lack {
        let seen = self.seen.iter().find(|seen| seen.name == name);
        let error = seen.and_then(|seen| seen.found.as_ref().err());
        error.map_or(Lack::Missing, |error| error.lack)
    }
}

/// One of them, as it was looked for.
#[derive(Debug)]
pub struct SeedFacts {
    /// Its name, as in `seed = ["dmi"]`.
    pub name: &'static str,
    /// What was found, or why it cannot be a seed.
    pub found: Result<SeedUuid, NotASeed>,
}

/// 128 bits that stand for this hardware.
#[derive(Debug)]
pub struct SeedUuid {
    /// The bits and their spelling; as confidential as a machine-id.
    pub seed: Seed,
    /// Where they were found, such as `/sys/class/dmi/id/product_uuid`.
    pub place: String,
}

/// Why there is no seed in a place: a clause that does not repeat what was found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASeed {
    /// The place, such as `/sys/class/dmi/id/product_uuid`.
    pub place: String,
    /// The reason in one word.
    pub lack: Lack,
    /// The reason.
    pub why: String,
}

/// What a place without a seed lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Nothing is there.
    Missing,
    /// A UUID is there, and it says that none was set.
    Unset,
    /// Something else than a UUID is there.
    Invalid,
    /// A UUID is there that many machines share.
    Denylisted,
    /// It follows from a machine-id that is new at every boot.
    Transient,
    /// What is there cannot be read or asked.
    Unreadable,
}

impl Lack {
    /// One word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unset => "unset",
            Self::Invalid => "invalid",
            Self::Denylisted => "denylisted",
            Self::Transient => "transient",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether no later seed of the list may take its place.
    pub(crate) fn ends_search(self, takes: Takes) -> bool {
        match self {
            // What cannot be read now may be the seed at the next boot.
            Self::Unreadable => true,
            // nvme-cli 3.1 uses it, so the name of the next seed would not be that of nvme-cli.
            Self::Denylisted => takes == Takes::SystemUuidOrMachineId,
            Self::Missing | Self::Unset | Self::Invalid | Self::Transient => false,
        }
    }
}

impl SeedUuid {
    /// The seed of a UUID.
    pub fn new(kind: SeedKind, uuid: &HostUuid, place: String) -> Self {
        let seed = Seed::from_uuid(kind, uuid);
        Self { seed, place }
    }

    /// The seed of a UUID in text: 36 characters and nothing else.
    ///
    /// # Errors
    /// [`NotASeed`] for everything else.
    pub fn parse(kind: SeedKind, text: &[u8], place: String) -> Result<Self, NotASeed> {
        match Seed::parse_uuid(kind, text) {
            Some(seed) => Ok(Self { seed, place }),
            None => Err(NotASeed::new(
                place,
                Lack::Invalid,
                "it does not contain a UUID",
            )),
        }
    }
}

impl NotASeed {
    pub(crate) fn new(place: String, lack: Lack, why: &str) -> Self {
        Self {
            place,
            lack,
            why: why.to_owned(),
        }
    }
}

/// Seeds of the firmware, as the programs find them that schemes are named for.
#[derive(Debug, Default)]
pub struct FirmwareSeeds {
    /// That of nvme-cli 2.
    pub nvme_cli_2: Option<Seed>,
    /// That of nvme-cli 3.1, which takes the machine-id if the firmware has none.
    pub nvme_cli_3: Option<Seed>,
}
