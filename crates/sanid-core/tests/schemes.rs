//! The schemes against vectors that were computed by other means. A released
//! scheme never changes, so neither does what is here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use sanid_core::{
    AppId, Derived, HostUuid, IqnPrefix, MachineId, PortabilityIssue, Rule, SCHEMES, Scheme, Seed,
    SeedKind, scheme,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    machine_id: String,
    #[serde(rename = "sanid-v1")]
    sanid_v1: Names,
    talos: Names,
    #[serde(rename = "nvme-cli-1")]
    nvme_cli_1: Names,
    #[serde(rename = "nvme-stas")]
    nvme_stas: Names,
}

/// The parts that the program a scheme is named for makes.
#[derive(Deserialize)]
struct Names {
    host_uuid: Option<String>,
    iqn: Option<String>,
    host_nqn: String,
    host_id: Option<String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors/schemes.json")).unwrap()
}

fn derive(name: &str, machine_id: &str) -> Derived {
    derive_from(name, &MachineId::parse(machine_id).unwrap())
}

fn derive_from(name: &str, seed: &Seed) -> Derived {
    scheme(name).unwrap().derive(seed, &IqnPrefix::default())
}

impl Names {
    fn assert_are(&self, derived: &Derived, of: &str) {
        assert_eq!(derived.nvme.host_nqn.as_str(), self.host_nqn, "{of}");
        let id = derived.nvme.host_id.to_string();
        assert_eq!(*self.host_id.as_ref().unwrap_or(&id), id, "{of}");
        let iqn = derived.iqn.as_str();
        assert_eq!(self.iqn.as_deref().unwrap_or(iqn), iqn, "{of}");
        let uuid = derived.host_uuid.to_string();
        assert_eq!(*self.host_uuid.as_ref().unwrap_or(&uuid), uuid, "{of}");
    }
}

#[test]
fn every_scheme_gives_what_it_always_gave() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 64);
    for vector in &vectors {
        let of = vector.machine_id.as_str();
        vector.sanid_v1.assert_are(&derive("sanid-v1", of), of);
        vector.talos.assert_are(&derive("talos", of), of);
        vector.nvme_cli_1.assert_are(&derive("nvme-cli-1", of), of);
        vector.nvme_stas.assert_are(&derive("nvme-stas", of), of);
    }
}

/// Vectors of `nvme-cli-3`, whose seed is a machine-id or a system UUID.
#[derive(Deserialize)]
struct NvmeCli3 {
    machine_id: Option<String>,
    system_uuid: Option<String>,
    #[serde(flatten)]
    names: Names,
}

#[test]
fn nvme_cli_3_derives_from_the_machine_id_and_copies_the_system_uuid() {
    let vectors: Vec<NvmeCli3> =
        serde_json::from_str(include_str!("vectors/nvme-cli-3.json")).unwrap();
    let of_uuids = vectors.iter().filter(|vector| vector.system_uuid.is_some());
    assert_eq!((vectors.len(), of_uuids.count()), (70, 5));
    for vector in &vectors {
        match (&vector.machine_id, &vector.system_uuid) {
            (Some(id), None) => vector.names.assert_are(&derive("nvme-cli-3", id), id),
            (None, Some(uuid)) => {
                for kind in [SeedKind::SystemUuid, SeedKind::DeviceTree] {
                    let seed = Seed::parse_uuid(kind, uuid.as_bytes()).unwrap();
                    vector
                        .names
                        .assert_are(&derive_from("nvme-cli-3", &seed), uuid);
                }
            }
            _ => panic!("a vector has one seed"),
        }
    }
}

#[test]
fn only_schemes_that_copy_a_uuid_keep_its_capitals() {
    for text in [
        "4C4C4544-0051-3610-8052-B4C04F303132",
        "4c4c4544-0051-3610-8052-B4C04F303132",
        "Abcdef01-2345-6789-abCD-ef012345678F",
    ] {
        let spelled = Seed::parse_uuid(SeedKind::SystemUuid, text.as_bytes()).unwrap();
        let plain = Seed::from_uuid(SeedKind::SystemUuid, &HostUuid::parse(text).unwrap());
        for scheme in SCHEMES {
            let name = scheme.name();
            let (spelled, plain) = (derive_from(name, &spelled), derive_from(name, &plain));
            let host_nqn = spelled.nvme.host_nqn.as_str();
            if ["nvme-cli-2", "nvme-cli-3", "nvme-tool"].contains(&name) {
                assert_eq!(host_nqn, format!("nqn.2014-08.org.nvmexpress:uuid:{text}"));
            } else {
                assert_eq!(host_nqn, plain.nvme.host_nqn.as_str(), "{name}");
            }
            assert_eq!(spelled.iqn, plain.iqn, "{name}");
            assert_eq!(spelled.nvme.host_id, plain.nvme.host_id, "{name}");
        }
    }
}

#[test]
fn parts_that_the_original_lacks_are_those_of_sanid_v1() {
    for vector in vectors() {
        let default = derive("sanid-v1", &vector.machine_id);
        for name in [
            "nvme-cli-1",
            "nvme-cli-2",
            "nvme-cli-3",
            "nvme-stas",
            "nvme-tool",
        ] {
            assert_eq!(derive(name, &vector.machine_id).iqn, default.iqn);
        }
    }
    let by = |name| {
        let derived = derive(name, "3d1219c7c4c5404aaa1f6d2a48adfda4");
        [derived.iqn_by, derived.host_nqn_by, derived.host_id_by]
    };
    assert_eq!(by("sanid-v1"), ["sanid-v1"; 3]);
    assert_eq!(by("talos"), ["talos"; 3]);
    assert_eq!(by("nvme-cli-1"), ["sanid-v1", "nvme-cli-1", "nvme-cli-1"]);
    assert_eq!(by("nvme-cli-2"), ["sanid-v1", "nvme-cli-2", "nvme-cli-2"]);
    assert_eq!(by("nvme-cli-3"), ["sanid-v1", "nvme-cli-3", "nvme-cli-3"]);
    assert_eq!(by("nvme-stas"), ["sanid-v1", "nvme-stas", "nvme-stas"]);
    assert_eq!(by("nvme-tool"), ["sanid-v1", "nvme-tool", "nvme-tool"]);
}

/// The examples of the field: the system UUID is in both names unchanged.
#[test]
fn the_schemes_of_nvme_cli_2_take_the_uuid_as_it_is() {
    for uuid in [
        "4c4c4544-0051-3610-8052-b4c04f303132",
        "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4",
        "00000000-0000-0000-0000-000000000001",
    ] {
        for name in ["nvme-cli-2", "nvme-tool"] {
            let derived = derive(name, &uuid.replace('-', ""));
            let host_nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}");
            assert_eq!(derived.nvme.host_nqn.as_str(), host_nqn);
            assert_eq!(derived.nvme.host_id.to_string(), uuid);
        }
    }
}

#[test]
fn the_pair_matches_and_the_host_uuid_is_its_own() {
    for vector in vectors() {
        for scheme in SCHEMES {
            let derived = derive(scheme.name(), &vector.machine_id);
            assert!(derived.nvme.matches(), "{}", scheme.name());
            assert_eq!(derived.nvme.host_id.uuid(), derived.host_uuid);
        }
    }
}

#[test]
fn a_chosen_prefix_keeps_the_suffix() {
    let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4").unwrap();
    let prefix = IqnPrefix::parse("iqn.1996-04.de.suse:01").unwrap();
    for scheme in SCHEMES {
        let iqn = scheme.derive(&seed, &prefix).iqn;
        let expected = match scheme.name() {
            "talos" => "iqn.2017-11.dev.talos:3d1219c7c4c5404aaa1f6d2a48adfda4",
            _ => "iqn.1996-04.de.suse:01:652f5d50a6894520b87bfe2552ef6b8b",
        };
        assert_eq!(iqn.as_str(), expected);
    }
}

#[test]
fn the_longest_prefix_leaves_room_for_a_derived_name() {
    let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4").unwrap();
    let text = format!("iqn.2001-04.com.example:{}", "a".repeat(190 - 24));
    let prefix = IqnPrefix::parse(&text).unwrap();
    let iqn = scheme("sanid-v1").unwrap().derive(&seed, &prefix).iqn;
    assert_eq!(iqn.as_str().len(), 223);
    assert!(iqn.portability().is_portable());
}

#[test]
fn only_nvme_cli_1_gives_a_host_nqn_that_does_not_conform() {
    for scheme in SCHEMES {
        let derived = derive(scheme.name(), "3d1219c7c4c5404aaa1f6d2a48adfda4");
        let rule = derived
            .nvme
            .host_nqn
            .conformance()
            .map_err(|error| error.rule());
        let portability = derived.nvme.host_nqn.portability();
        if scheme.name() == "nvme-cli-1" {
            assert_eq!(rule, Err(Rule::UuidForm));
            assert_eq!(portability.issues(), [PortabilityIssue::Invalid]);
        } else {
            assert_eq!(rule, Ok(()), "{}", scheme.name());
            assert!(portability.is_portable(), "{}", scheme.name());
        }
    }
}

#[test]
fn schemes_are_found_by_their_exact_names_only() {
    for known in SCHEMES {
        assert_eq!(scheme(known.name()).map(Scheme::name), Some(known.name()));
        assert!(scheme(&known.name().to_uppercase()).is_none());
    }
    assert!(scheme("").is_none());
}

#[test]
fn every_scheme_but_the_default_says_what_is_wrong_with_it() {
    for scheme in SCHEMES {
        assert!(!scheme.summary().is_empty() && !scheme.summary().ends_with('.'));
        assert!(scheme.notes().iter().all(|note| note.ends_with('.')));
        assert_eq!(scheme.notes().is_empty(), scheme.name() == "sanid-v1");
    }
}

/// The app-specific id is the HMAC of the crate of that name, with the bits of a version 4 UUID.
#[test]
fn the_app_specific_id_is_an_hmac() {
    use hmac::{Hmac, KeyInit as _, Mac as _};

    for number in 0..1000u128 {
        let key = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let app = AppId::from_bytes(key.rotate_left(77).to_le_bytes());
        let key = key.to_be_bytes();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(app.as_bytes());
        let tag = mac.finalize().into_bytes();
        let mut expected: [u8; 16] = tag[..16].try_into().unwrap();
        expected[6] = expected[6] & 0x0f | 0x40;
        expected[8] = expected[8] & 0x3f | 0x80;
        let id = MachineId::from_bytes(key).app_specific(&app);
        assert_eq!(id.as_bytes(), &expected);
    }
}
