use super::*;
use crate::facts::{Facts, TableContent};
use crate::file::IdentityFile;
use crate::findings::findings;
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts};

const DELL_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
const DELL_ID: &str = "44454c4c-4400-1044-8030-b8c04f445833";

fn found(facts: &Facts) -> Vec<Finding> {
    findings(facts, &resolve(facts))
}

fn codes(facts: &Facts) -> Vec<&'static str> {
    found(facts)
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

fn clean() -> Facts {
    facts().on_disk(IQN, NQN, ID)
}

fn ibft(facts: Facts, name: &str) -> Facts {
    facts.ibft(TableContent::Identity(name.into()))
}

#[test]
fn the_firmwares_identity_everywhere_is_no_finding() {
    assert!(codes(&ibft(clean(), IQN).nbft_pair(NQN, ID)).is_empty());
    let booted = ibft(facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID), OTHER_IQN)
        .nbft_pair(OTHER_NQN, OTHER_ID);
    assert!(codes(&booted).is_empty());
}

#[test]
fn another_name_on_disk_is_found_and_shown() {
    let facts = ibft(clean(), OTHER_IQN);
    assert_eq!(codes(&facts), ["iqn-differs", "firmware-differs"]);
    let finding = &found(&facts)[1];
    assert_eq!(finding.part, Some(Part::Iqn));
    assert!(
        finding.seen.contains(OTHER_IQN) && finding.seen.contains(IQN),
        "{finding:?}"
    );
    assert!(
        finding.fix[0].starts_with("sanid apply --replace"),
        "{finding:?}"
    );
    let facts = clean().nbft_pair(OTHER_NQN, OTHER_ID);
    assert_eq!(codes(&facts), ["nvme-differs", "firmware-differs"]);
    let half = clean()
        .nbft_pair(OTHER_NQN, OTHER_ID)
        .file(IdentityFile::HostNqn, OTHER_NQN);
    assert!(codes(&half).contains(&"firmware-differs"));
}

#[test]
fn a_pin_over_the_firmware_is_found_until_firmware_is_ignored() {
    let pinned = ibft(clean().pin_iqn(IQN), OTHER_IQN);
    assert_eq!(codes(&pinned), ["firmware-differs"]);
    let finding = &found(&pinned)[0];
    assert!(
        finding.seen.contains("from /etc/sanid/config.toml:2"),
        "{finding:?}"
    );
    assert!(
        finding
            .fix
            .iter()
            .any(|fix| fix.contains("firmware = \"ignore\"")),
        "{finding:?}"
    );
    assert!(
        codes(&ibft(clean().pin_iqn(IQN), IQN)).is_empty(),
        "the same name by two ways"
    );
}

#[test]
fn files_that_are_not_there_yet_do_not_differ() {
    assert_eq!(codes(&ibft(facts(), OTHER_IQN)), ["file-missing"; 3]);
}

#[test]
fn files_that_apply_may_replace_by_itself_do_not_differ() {
    let reset = facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID).recorded(
        OTHER_IQN,
        OTHER_NQN,
        OTHER_ID,
        "00000000000000000000000000000001",
    );
    assert_eq!(codes(&ibft(reset, IQN)), ["earlier-seed"]);
}

#[test]
fn a_byte_order_pair_is_one_finding_where_it_is_the_desired_one() {
    let booted = facts()
        .on_disk(IQN, DELL_NQN, DELL_ID)
        .nbft_pair(DELL_NQN, DELL_ID);
    assert_eq!(codes(&booted), ["firmware-byte-order"]);
    let pinned = booted.pin_nqn(DELL_NQN).pin_id(DELL_ID);
    assert_eq!(
        codes(&pinned),
        ["firmware-byte-order"],
        "sanid adopt changes nothing"
    );
}

#[test]
fn a_byte_order_pair_that_is_not_desired_stays_a_mismatch() {
    let nobody_asked = facts().on_disk(IQN, DELL_NQN, DELL_ID);
    assert_eq!(codes(&nobody_asked), ["nvme-differs", "pair-mismatch"]);
    let straight = DELL_NQN.rsplit(':').next().unwrap();
    let outranked = facts()
        .on_disk(IQN, DELL_NQN, DELL_ID)
        .nbft_pair(DELL_NQN, DELL_ID)
        .pin_id(straight);
    assert_eq!(
        codes(&outranked),
        [
            "nvme-differs",
            "pair-mismatch",
            "firmware-differs",
            "unique-unconfirmed"
        ]
    );
}
