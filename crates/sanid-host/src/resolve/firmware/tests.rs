use super::super::{SOURCES, SourceKind, Verdict, resolve};
use super::*;
use crate::facts::host;
use crate::parse::acpi::TableError;
use crate::root::ReadError;
use crate::testing::{ID, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts, unset};

const DELL_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
/// The UUID in it, in the byte order of SMBIOS.
const DELL_ID: &str = "44454c4c-4400-1044-8030-b8c04f445833";
const DOMAIN_NQN: &str = "nqn.2014-08.com.example:host1";

fn nvme(facts: &Facts) -> (String, &'static str, String) {
    let nvme = resolve(facts).parts[Part::Nvme].clone().unwrap();
    (nvme.names.to_string(), nvme.source.as_str(), nvme.place)
}

fn refused(facts: &Facts) -> String {
    resolve(facts).unwrap_err().to_string()
}

fn forbidden<T>(path: &str) -> TableContent<T> {
    TableContent::Unreadable(ReadError::Io {
        path: path.into(),
        errno: rustix::io::Errno::ACCESS,
    })
}

#[test]
fn firmware_outranks_the_scheme_and_nothing_else() {
    let booted = facts()
        .ibft(TableContent::Identity(OTHER_IQN.into()))
        .nbft_pair(OTHER_NQN, OTHER_ID);
    let found = resolve(&booted).unwrap();
    assert_eq!(
        (found.iqn.value.as_str(), found.iqn.source.as_str()),
        (OTHER_IQN, "firmware")
    );
    assert_eq!(
        found.iqn.place,
        "iBFT at /sys/firmware/ibft/initiator/initiator-name"
    );
    assert_eq!(
        nvme(&booted),
        (
            format!("{OTHER_NQN} {OTHER_ID}"),
            "firmware",
            "NBFT at /sys/firmware/acpi/tables/NBFT1".into()
        )
    );
    let pinned = booted.pin_iqn("iqn.2001-04.com.example:pin").pin_id(ID);
    let found = resolve(&pinned).unwrap();
    assert_eq!(
        (found.iqn.source.as_str(), found.nvme.source.as_str()),
        ("pin", "pin")
    );
    let lost = found
        .candidates
        .iter()
        .filter(|one| one.source.as_str() == "firmware")
        .map(|one| one.verdict);
    assert!(lost.eq([Verdict::Outranked(SourceKind::Pin); 2]));
    let order: Vec<&str> = SOURCES
        .iter()
        .map(|source| source.kind().as_str())
        .collect();
    assert_eq!(order[order.len() - 2..], ["firmware", "derived"]);
}

#[test]
fn a_host_that_booted_by_firmware_needs_no_machine_id() {
    let booted = unset()
        .ibft(TableContent::Identity(OTHER_IQN.into()))
        .nbft_pair(OTHER_NQN, OTHER_ID);
    assert_eq!(resolve(&booted).unwrap().iqn.source.as_str(), "firmware");
}

#[test]
fn the_two_tables_speak_for_their_own_parts() {
    let iscsi = facts().ibft(TableContent::Identity(OTHER_IQN.into()));
    let found = resolve(&iscsi).unwrap();
    assert_eq!(
        (found.iqn.source.as_str(), found.nvme.source.as_str()),
        ("firmware", "derived")
    );
    let found = resolve(&facts().nbft_pair(OTHER_NQN, OTHER_ID)).unwrap();
    assert_eq!(
        (found.iqn.source.as_str(), found.nvme.source.as_str()),
        ("derived", "firmware")
    );
}

/// The live boot connection uses the bytes as they are stored: another order would be another host.
#[test]
fn a_pair_that_differs_in_byte_order_is_taken_as_it_is() {
    assert_eq!(
        nvme(&facts().nbft_pair(DELL_NQN, DELL_ID)).0,
        format!("{DELL_NQN} {DELL_ID}")
    );
}

#[test]
fn half_a_pair_gives_the_other_half() {
    assert_eq!(
        nvme(&facts().nbft_pair(OTHER_NQN, "")).0,
        format!("{OTHER_NQN} {OTHER_ID}")
    );
    assert_eq!(
        nvme(&facts().nbft_pair("", OTHER_ID)).0,
        format!("{OTHER_NQN} {OTHER_ID}")
    );
    let error = refused(&facts().nbft_pair(DOMAIN_NQN, ""));
    assert!(
        error.starts_with("NBFT at /sys/firmware/acpi/tables/NBFT1: it gives the host NQN"),
        "{error}"
    );
    assert!(error.contains("firmware = \"ignore\""), "{error}");
}

#[test]
fn tables_without_an_identity_leave_the_scheme_its_turn() {
    let empty = facts()
        .ibft(TableContent::Nothing)
        .nbft(TableContent::Nothing)
        .nbft_pair("", "");
    let found = resolve(&empty).unwrap();
    assert_eq!(
        (found.iqn.source.as_str(), found.nvme.source.as_str()),
        ("derived", "derived")
    );
}

#[test]
fn tables_that_agree_are_one_source() {
    let twice = facts()
        .nbft_pair(OTHER_NQN, OTHER_ID)
        .nbft_pair(OTHER_NQN, "");
    assert_eq!(nvme(&twice).0, format!("{OTHER_NQN} {OTHER_ID}"));
}

#[test]
fn of_tables_that_disagree_the_selected_one_wins() {
    const SELECTED: u8 = 0b1_0111;
    let selected = |nqn, id| TableContent::Identity(host(SELECTED, nqn, id));
    let one = facts()
        .nbft_pair(OTHER_NQN, OTHER_ID)
        .nbft(selected(NQN, ID));
    assert_eq!(
        nvme(&one),
        (
            format!("{NQN} {ID}"),
            "firmware",
            "NBFT at /sys/firmware/acpi/tables/NBFT2".into()
        )
    );

    let none = refused(&facts().nbft_pair(OTHER_NQN, OTHER_ID).nbft_pair(NQN, ID));
    assert!(
        none.starts_with(&format!(
            "NBFT at /sys/firmware/acpi/tables/NBFT1 gives {OTHER_NQN} "
        )),
        "{none}"
    );
    assert!(
        none.contains(&format!(
            "NBFT at /sys/firmware/acpi/tables/NBFT2 gives {NQN} "
        )),
        "{none}"
    );
    assert!(none.contains("neither is marked"), "{none}");
    let two = refused(
        &facts()
            .nbft(selected(OTHER_NQN, OTHER_ID))
            .nbft(selected(NQN, ID)),
    );
    assert!(two.contains("each is marked"), "{two}");
    let names = facts()
        .ibft_at(
            "/sys/firmware/acpi/tables/iBFT1",
            TableContent::Identity(OTHER_IQN.into()),
        )
        .ibft_at(
            "/sys/firmware/acpi/tables/iBFT2",
            TableContent::Identity("iqn.2001-04.com.example:b".into()),
        );
    assert!(
        refused(&names)
            .contains("iBFT at /sys/firmware/acpi/tables/iBFT2 gives iqn.2001-04.com.example:b")
    );
}

#[test]
fn a_disagreement_is_moot_where_a_higher_source_has_the_word() {
    let pinned = facts()
        .nbft_pair(OTHER_NQN, OTHER_ID)
        .nbft_pair(NQN, ID)
        .pin_id(OTHER_ID);
    let found = resolve(&pinned).unwrap();
    assert_eq!(found.nvme.source.as_str(), "pin");
    let word = found
        .candidates
        .iter()
        .rfind(|one| one.source.as_str() == "firmware")
        .unwrap();
    assert!(
        word.place.as_deref().unwrap().contains("neither is marked"),
        "{word:?}"
    );
}

#[test]
fn an_invalid_name_or_a_damaged_table_is_an_error_with_a_fix_unless_it_is_outranked() {
    let table: Vec<(&str, Facts, &str)> = vec![
        (
            "name",
            facts().ibft(TableContent::Identity("host1".into())),
            "iBFT at /sys/firmware/ibft/initiator/initiator-name gives \"host1\"",
        ),
        (
            "NQN",
            facts().nbft_pair("host1\u{1b}", ID),
            "NBFT at /sys/firmware/acpi/tables/NBFT1 gives \"host1\\u{1b}\"",
        ),
        (
            "ID",
            facts().nbft_pair(NQN, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
            "NBFT at /sys/firmware/acpi/tables/NBFT1 gives",
        ),
        (
            "bytes",
            facts().nbft(TableContent::Malformed(TableError::Checksum)),
            "NBFT at /sys/firmware/acpi/tables/NBFT1: the table is damaged",
        ),
        (
            "text",
            facts().ibft(TableContent::Malformed(TableError::NotText {
                what: "initiator name",
            })),
            "iBFT at",
        ),
    ];
    for (case, facts, begin) in table {
        let error = refused(&facts);
        assert!(error.starts_with(begin), "{case}: {error}");
        assert!(error.contains("firmware = \"ignore\""), "{case}: {error}");
        let pinned = resolve(&facts.pin_iqn(OTHER_IQN).pin_id(OTHER_ID));
        let [(_, fault)] = &pinned.outranked_faults[..] else {
            panic!("{case}: {:?}", pinned.outranked_faults);
        };
        assert_eq!(fault.to_string(), error, "{case}");
        assert!(pinned.errors().is_empty(), "{case}");
    }
}

#[test]
fn a_table_that_may_not_be_read_is_an_error_only_where_its_word_could_count() {
    let path = "/sys/firmware/acpi/tables/NBFT";
    let user = facts().nbft(forbidden(path));
    let error = resolve(&user).unwrap_err();
    assert!(matches!(error, ResolveError::Undecided(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("cannot read /sys/firmware/acpi/tables/NBFT: Permission denied (EACCES)"),
        "{text}"
    );
    assert!(
        text.contains("as root") && text.contains("firmware = \"ignore\""),
        "{text}"
    );

    let pinned = resolve(&user.pin_id(OTHER_ID)).unwrap();
    assert_eq!(pinned.nvme.source.as_str(), "pin");
    let word = pinned
        .candidates
        .iter()
        .find(|one| one.part == Part::Nvme && one.source.as_str() == "firmware")
        .unwrap();
    assert_eq!(word.verdict, Verdict::Silent);
    assert!(
        word.place.as_deref().unwrap().contains("cannot read"),
        "{word:?}"
    );
    let other_part = facts().pin_iqn(OTHER_IQN).nbft(forbidden(path));
    assert!(
        !resolve(&other_part).errors().is_empty(),
        "the pin covers the initiator name alone"
    );
}

#[test]
fn explaining_says_that_firmware_was_not_looked_at() {
    let mut ignoring = facts();
    ignoring.settings.firmware.value = Use::Ignore;
    let found = resolve(&ignoring).unwrap();
    let words = found
        .candidates
        .iter()
        .filter(|one| one.source.as_str() == "firmware");
    let places: Vec<_> = words.map(|one| one.place.as_deref().unwrap()).collect();
    assert_eq!(places, ["not read: firmware = \"ignore\" at default"; 2]);
}
