//! Why hosts share a name, as far as their reports tell.

use super::shared::Shared;
use crate::alike::Kind;

macro_rules! causes {
    ($($variant:ident = $text:literal, $seen:literal, [$($fix:literal),*];)*) => {
        /// Why hosts share something. The words are API: they are added, never changed or reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Cause {
            $($variant,)*
        }

        impl Cause {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The cause in reports: API.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// How it came about.
            pub(crate) fn seen(self) -> &'static str {
                match self {
                    $(Self::$variant => $seen,)*
                }
            }

            /// What to do.
            pub(crate) fn fix(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($fix),*],)*
                }
            }
        }
    };
}

causes! {
    Clone = "clone",
        "They are copies of one disk or template, machine-id included.",
        ["sanid reseed    on every one but the one that keeps the identity"];
    BakedImage = "baked-image",
        "Their machine-ids differ, and the names on disk do not follow from them: an image brought the names.",
        [
            "sanid apply --replace    on each, once the arrays know the names that sanid show prints there",
            "sanid seal    for the image, so that no further host gets them"
        ];
    VendorUuid = "vendor-uuid",
        "The UUID is one that board vendors ship on many machines.",
        [
            "scheme = \"sanid-v1\" in /etc/sanid/config.toml, which derives from the machine-id",
            "sanid apply --replace    on each, once the arrays know the new names"
        ];
    FirmwareUuid = "firmware-uuid",
        "The names come from the firmware, and these machines have the same there.",
        [
            "scheme = \"sanid-v1\" in /etc/sanid/config.toml, and firmware = \"ignore\" where the boot firmware gives the name",
            "sanid apply --replace    on each, once the arrays know the new names"
        ];
    CopiedPin = "copied-pin",
        "The names are pinned in the configuration: it was copied, or what an image brought was adopted.",
        [
            "sanid config    shows the file with the pin: remove it where it does not belong",
            "sanid apply --replace    there, once the arrays know the new names"
        ];
    SharedBootOptions = "shared-boot-options",
        "The names come from a kernel command line or a credential that these hosts share.",
        ["sanid show --explain    names the place: remove them there"];
    Template = "template",
        "The configured template gives these hosts the same name.",
        ["add {id} or {id12} to iqn-template, then sanid apply --replace once the arrays know the new names"];
    ReaderRecord = "reader-record",
        "A program takes the name from a record of its own, which these hosts share.",
        ["remove the name from that record, or give each host its own there: sanid status names the file"];
    Unknown = "unknown",
        "The reports do not tell why.",
        ["sanid show --explain    on two of them says where each name comes from"];
}

/// The schemes and the seeds that take a UUID from the firmware.
const FROM_FIRMWARE: [&str; 5] = [
    "nvme-cli-2",
    "nvme-tool",
    "dmi",
    "device-tree",
    "system-uuid",
];

/// The likely cause.
pub(crate) fn cause(shared: &Shared) -> Cause {
    // Copies of one disk say one thing, however many they are.
    let most = |count: u64| count * 2 > shared.different;
    let most_are = |counts: &[(String, u64)], words: &[&str]| {
        let counts = counts
            .iter()
            .filter(|(word, _)| words.contains(&word.as_str()));
        most(counts.map(|(_, count)| count).sum())
    };
    let one_seed = shared.seeds == 1 && shared.without_seed == 0;
    let from_firmware = most_are(&shared.kinds_of_seed, &FROM_FIRMWARE);
    if shared.denylisted {
        Cause::VendorUuid
    } else if one_seed && from_firmware {
        Cause::FirmwareUuid
    } else if one_seed || shared.kind == Kind::Seed {
        Cause::Clone
    } else if most(shared.given) {
        Cause::ReaderRecord
    } else if most_are(&shared.sources, &["pin"]) {
        Cause::CopiedPin
    } else if most_are(&shared.sources, &["command-line", "credential"]) {
        Cause::SharedBootOptions
    } else if most_are(&shared.sources, &["firmware"]) {
        Cause::FirmwareUuid
    } else if most(shared.differs) {
        Cause::BakedImage
    } else if from_firmware || most_are(&shared.schemes, &FROM_FIRMWARE) {
        Cause::FirmwareUuid
    } else if shared.kind == Kind::Iqn && most_are(&shared.sources, &["derived"]) {
        Cause::Template
    } else {
        Cause::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_every_cause() {
        let page = include_str!("../../../../docs/fleet-findings.md");
        let (_, causes) = page.split_once("## Causes").unwrap();
        let documented: Vec<&str> = causes
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let known: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        assert_eq!(documented, known);
    }
}
