mod live;

use super::*;
use crate::config::OnExisting;
use crate::facts::{Facts, MachineIdState};
use crate::file::IdentityFile::{HostId, HostNqn, InitiatorName};
use crate::part::Names;
use crate::record::{Pending, Record, RecordState};
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts};

const ASK: Consent = Consent {
    existing: OnExisting::Refuse,
    disrupt: false,
    boot: false,
    via: None,
};
const KEEP: Consent = Consent {
    existing: OnExisting::Keep,
    disrupt: false,
    boot: false,
    via: None,
};
const REPLACE: Consent = Consent {
    existing: OnExisting::Replace,
    disrupt: false,
    boot: false,
    via: None,
};
const DISRUPT: Consent = Consent {
    existing: OnExisting::Replace,
    disrupt: true,
    boot: false,
    via: None,
};

const BOOT: Consent = Consent { boot: true, ..KEEP };
const BOOT_REPLACE: Consent = Consent {
    boot: true,
    ..REPLACE
};

/// Another machine-id than the one in the facts.
const EARLIER: &str = "00000000000000000000000000000001";

fn planned(facts: &Facts, consent: Consent) -> Plan {
    plan(facts, &resolve(facts), consent).unwrap()
}

fn written(plan: &Plan) -> Vec<(IdentityFile, &str)> {
    plan.writes
        .iter()
        .map(|write| (write.file, write.value.as_str()))
        .collect()
}

fn all_three() -> Vec<(IdentityFile, &'static str)> {
    vec![(InitiatorName, IQN), (HostNqn, NQN), (HostId, ID)]
}

#[test]
fn a_fresh_host_gets_all_three_files() {
    let plan = planned(&facts(), ASK);
    assert_eq!(written(&plan), all_three());
    assert!(
        plan.writes
            .iter()
            .all(|write| write.reason == Reason::Free(Free::Missing))
    );
    assert!(!plan.needs_note(), "nothing is there to be mixed with");
}

#[test]
fn the_desired_identity_is_not_touched() {
    let facts = facts().on_disk(IQN, NQN, ID);
    assert!(planned(&facts, ASK).writes.is_empty());
    assert!(planned(&facts, DISRUPT).writes.is_empty());
}

#[test]
fn a_comment_that_every_reader_passes_over_stays() {
    let text = format!("{NQN}\n");
    let plan = planned(
        &facts().on_disk(IQN, NQN, ID).raw(HostNqn, text.as_bytes()),
        ASK,
    );
    assert!(plan.writes.is_empty());
}

#[test]
fn a_file_that_readers_take_differently_is_rewritten_with_the_same_name() {
    let commented = format!("{NQN}\n# of web-1\n");
    let plan = planned(
        &facts()
            .on_disk(IQN, NQN, ID)
            .raw(HostNqn, commented.as_bytes()),
        ASK,
    );
    assert_eq!(written(&plan), [(HostNqn, NQN)]);
    assert_eq!(plan.writes[0].reason, Reason::Readers);
}

/// What any known reader takes is a name that storage may know the host by (DESIGN, rule 2).
#[test]
fn a_name_that_only_one_reader_takes_needs_consent() {
    let sourced = format!("InitiatorName=\"{OTHER_IQN}\"\n");
    let two_keys = format!("InitiatorName={IQN}\nInitiatorName={OTHER_IQN}\n");
    let indented = format!(" {OTHER_NQN}\n");
    let after_a_blank_line = format!("\n{OTHER_NQN}\n");
    let commented = format!("# of web-1\n{OTHER_NQN}\n");
    let two_lines = format!("{NQN}\n{OTHER_NQN}\n");
    for (file, text) in [
        (InitiatorName, &sourced),
        (InitiatorName, &two_keys),
        (HostNqn, &indented),
        (HostNqn, &after_a_blank_line),
        (HostNqn, &commented),
        (HostNqn, &two_lines),
    ] {
        let host = facts().on_disk(IQN, NQN, ID).raw(file, text.as_bytes());
        let plan = planned(&host, ASK);
        assert!(plan.writes.is_empty(), "{text:?}: {plan:?}");
        assert_eq!(plan.refusals.len(), 1, "{text:?}");
        let kept = planned(&host, KEEP);
        assert!(kept.writes.is_empty() && kept.kept.len() == 1, "{text:?}");
        assert!(!planned(&host, REPLACE).writes.is_empty(), "{text:?}");
    }
}

/// Debian's start-up check refuses a `naa.` name in whatever bytes it is written.
#[test]
fn a_name_that_a_reader_refuses_in_any_form_is_not_written_again_and_again() {
    let naa = "naa.52004567ba64678d";
    let facts = facts().pin_iqn(naa).on_disk(naa, NQN, ID);
    assert!(planned(&facts, ASK).writes.is_empty());
}

/// A hostnqn that os-brick may not read is overwritten by os-brick.
#[test]
fn a_mode_that_keeps_a_reader_out_is_corrected_and_nothing_else_is() {
    let facts = facts()
        .on_disk(IQN, NQN, ID)
        .present(HostNqn, &HostNqn.bytes(NQN), 0o600);
    let plan = planned(&facts, ASK);
    assert_eq!(plan.modes, [HostNqn]);
    assert!(plan.writes.is_empty());
    let facts = facts.present(HostNqn, &HostNqn.bytes(NQN), 0o664);
    assert!(
        planned(&facts, ASK).modes.is_empty(),
        "more than needed is the administrator's choice"
    );
}

#[test]
fn replaces_an_unused_identity_without_consent() {
    let table: &[(&str, &[u8], Free)] = &[
        ("empty", b"", Free::Empty),
        ("a comment", b"# nothing\n", Free::Empty),
        ("no name", b"InitiatorName=hello\n", Free::Invalid),
        (
            "an NQN",
            b"InitiatorName=nqn.2014-08.com.example:x\n",
            Free::Invalid,
        ),
    ];
    for (case, bytes, free) in table {
        let plan = planned(&facts().pair(NQN, ID).raw(InitiatorName, bytes), ASK);
        assert_eq!(written(&plan), [(InitiatorName, IQN)], "{case}");
        assert_eq!(plan.writes[0].reason, Reason::Free(*free), "{case}");
    }
    let plan = planned(&facts().on_disk(IQN, "nonsense", ""), ASK);
    assert_eq!(written(&plan), [(HostNqn, NQN), (HostId, ID)]);
}

/// iscsid and the kernel use such names as they are, and arrays grant access by them: siderolabs/talos
/// #10206 shipped one, and sites name hosts with underscores.
#[test]
fn a_used_name_that_breaks_the_standard_needs_consent() {
    for line in [
        "iqn.2017.11.dev.talos:abc",
        "iqn.2017-13.dev.talos:abc",
        "iqn.2001-04.com.example:host_1",
        "iqn.2001-04.com.example:x # mine",
    ] {
        let facts = facts().on_disk(line, NQN, ID);
        let plan = planned(&facts, ASK);
        assert_eq!(plan.refusals.len(), 1, "{line}");
        assert_eq!(planned(&facts, KEEP).kept[0].on_disk, line);
        assert_eq!(written(&planned(&facts, REPLACE)), [(InitiatorName, IQN)]);
    }
    for nqn in [
        "nqn.2014-08.org.nvmexpress:host1",
        "nqn.2014-13.com.example:x",
    ] {
        for facts in [
            facts().on_disk(IQN, nqn, OTHER_ID),
            facts().file(InitiatorName, IQN).file(HostNqn, nqn),
        ] {
            assert_eq!(planned(&facts, ASK).refusals.len(), 1, "{nqn}");
            assert!(planned(&facts, KEEP).writes.is_empty(), "{nqn}");
        }
    }
}

/// A value that many machines share does not identify one: nvme-cli 2.3 makes the first in a guest without a
/// firmware UUID.
#[test]
fn replaces_a_name_that_many_machines_share_without_consent() {
    for uuid in [
        "00000000-0000-0000-0000-000000000000",
        "03000200-0400-0500-0006-000700080009",
    ] {
        let nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}");
        let plan = planned(&facts().on_disk(IQN, &nqn, uuid), ASK);
        assert_eq!(written(&plan), [(HostNqn, NQN), (HostId, ID)], "{uuid}");
    }
}

#[test]
fn somebodys_identity_is_refused_kept_or_replaced_as_agreed() {
    let facts = facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID);

    let refused = planned(&facts, ASK);
    assert!(refused.writes.is_empty());
    let parts: Vec<Part> = refused
        .refusals
        .iter()
        .map(|refusal| match refusal {
            Refusal::Existing { part, .. } | Refusal::Live { part, .. } => *part,
        })
        .collect();
    assert_eq!(parts, [Part::Iqn, Part::Nvme]);

    let kept = planned(&facts, KEEP);
    assert!(kept.writes.is_empty() && kept.refusals.is_empty());
    assert_eq!(kept.kept.len(), 2);
    assert_eq!(kept.after, kept.before);

    assert_eq!(written(&planned(&facts, REPLACE)), all_three());
    assert!(planned(&facts, REPLACE).needs_note());
}

#[test]
fn one_refused_part_stops_the_other_too() {
    let plan = planned(&facts().file(InitiatorName, OTHER_IQN), ASK);
    assert_eq!(plan.refusals.len(), 1);
    assert!(plan.writes.is_empty(), "all or nothing, unless --keep");
    assert_eq!(plan.after, plan.before);
    let kept = planned(&facts().file(InitiatorName, OTHER_IQN), KEEP);
    assert_eq!(written(&kept), [(HostNqn, NQN), (HostId, ID)]);
}

/// An established RHEL 8 host is known to its arrays by the dashless form of nvme-cli 1.
#[test]
fn the_dashless_nqn_of_nvme_cli_1_needs_consent() {
    let dashless = "nqn.2014-08.org.nvmexpress:uuid:d425fb17c49948fba2735c5b0eb739c4";
    let facts = facts().on_disk(IQN, dashless, "d425fb17-c499-48fb-a273-5c5b0eb739c4");
    assert_eq!(planned(&facts, ASK).refusals.len(), 1);
}

#[test]
fn completes_half_a_pair_only_if_no_used_identity_changes() {
    let own_half = facts().file(InitiatorName, IQN).file(HostNqn, NQN);
    assert_eq!(written(&planned(&own_half, ASK)), [(HostId, ID)]);

    let foreign_half = facts().file(InitiatorName, IQN).file(HostNqn, OTHER_NQN);
    assert_eq!(planned(&foreign_half, ASK).refusals.len(), 1);
    let kept = planned(&foreign_half, KEEP);
    assert_eq!(
        written(&kept),
        [(HostId, OTHER_ID)],
        "the kept half gets its own partner"
    );
    assert_eq!(kept.writes[0].reason, Reason::Complete);

    let foreign_id = facts().file(InitiatorName, IQN).file(HostId, OTHER_ID);
    assert_eq!(written(&planned(&foreign_id, KEEP)), [(HostNqn, OTHER_NQN)]);

    let torn = foreign_half.controller(OTHER_NQN, ID);
    assert!(
        planned(&torn, KEEP).writes.is_empty(),
        "a live controller has another partner for it"
    );
    let no_uuid = facts()
        .file(InitiatorName, IQN)
        .file(HostNqn, "nqn.2014-08.com.example:host");
    assert!(
        planned(&no_uuid, KEEP).writes.is_empty(),
        "no Host ID follows from it"
    );
}

#[test]
fn a_mixed_pair_needs_consent_unless_sanid_was_interrupted() {
    let mixed = || facts().on_disk(IQN, NQN, OTHER_ID);
    assert_eq!(
        planned(&mixed(), ASK).refusals.len(),
        1,
        "Debian's post-install makes such pairs"
    );

    let noted = |mut facts: Facts, to_nqn: &str, to_id: &str| {
        let mut record = Record::new();
        record.pending = Some(Pending {
            from: Names::from([
                (InitiatorName, OTHER_IQN),
                (HostNqn, OTHER_NQN),
                (HostId, OTHER_ID),
            ]),
            to: Names::from([(InitiatorName, IQN), (HostNqn, to_nqn), (HostId, to_id)]),
        });
        facts.record = RecordState::Present(Box::new(record));
        facts
    };
    let completed = planned(&noted(mixed(), NQN, ID), ASK);
    assert_eq!(written(&completed), [(HostId, ID)]);
    assert_eq!(completed.writes[0].reason, Reason::Free(Free::Interrupted));
    assert_eq!(
        completed.record.pending, None,
        "the note goes when the change is done"
    );

    let untouched = noted(facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID), NQN, ID);
    assert_eq!(
        written(&planned(&untouched, ASK)),
        all_three(),
        "consent was given before the cut"
    );

    let elsewhere = noted(
        facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID),
        "nqn.2014-08.com.example:x",
        ID,
    );
    let plan = planned(&elsewhere, ASK);
    assert!(
        plan.refusals.iter().any(|refusal| matches!(
            refusal,
            Refusal::Existing {
                part: Part::Nvme,
                ..
            }
        )),
        "consent to a different change is not consent to this one"
    );

    let third = noted(
        facts().on_disk(IQN, NQN, "99999999-2222-4333-8444-555555555555"),
        NQN,
        ID,
    );
    assert_eq!(
        planned(&third, ASK).refusals.len(),
        1,
        "a half that is neither old nor new"
    );
}

#[test]
fn the_work_for_an_earlier_machine_id_is_replaced_and_only_that() {
    let template = || facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID);
    let ours = template().recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, EARLIER);
    for consent in [ASK, KEEP, REPLACE] {
        let plan = planned(&ours, consent);
        assert_eq!(written(&plan), all_three(), "{consent:?}");
        assert!(
            plan.writes
                .iter()
                .all(|write| write.reason == Reason::Free(Free::EarlierSeed))
        );
    }

    let this_seed = resolve(&facts()).seed.unwrap().to_string();
    let table: &[(&str, Facts)] = &[
        (
            "same seed, another scheme or prefix",
            template().recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, &this_seed),
        ),
        (
            "the names were changed since",
            template().recorded(IQN, NQN, ID, EARLIER),
        ),
        ("no record", template()),
    ];
    for (case, facts) in table {
        assert_eq!(planned(facts, ASK).refusals.len(), 2, "{case}");
    }

    let mut hardware = template().recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, EARLIER);
    if let RecordState::Present(record) = &mut hardware.record {
        record.parts[Part::Iqn].as_mut().unwrap().origin.seed_name = Some("dmi".into());
        record.parts[Part::Nvme].as_mut().unwrap().origin.seed_name = Some("dmi".into());
    }
    assert_eq!(
        planned(&hardware, ASK).refusals.len(),
        2,
        "a seed of another kind is another configuration"
    );

    let mut pinned = template().recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, EARLIER);
    if let RecordState::Present(record) = &mut pinned.record {
        record.parts[Part::Iqn].as_mut().unwrap().origin.source = "pin".into();
        record.parts[Part::Nvme].as_mut().unwrap().origin.source = "pin".into();
    }
    assert_eq!(
        planned(&pinned, ASK).refusals.len(),
        2,
        "an administrator has set the pin"
    );
}

#[test]
fn a_file_that_cannot_be_read_stops_everything() {
    let mut facts = facts();
    *facts.disk.file_mut(HostId) = FileState::Unreadable(crate::root::ReadError::NotRegular {
        path: "/etc/nvme/hostid".into(),
        kind: "a directory",
    });
    let error = plan(&facts, &resolve(&facts), DISRUPT).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/etc/nvme/hostid is a directory, not a file; move it away"
    );
}

#[test]
fn the_record_says_what_sanid_put_in_place_and_from_which_seed() {
    let facts = facts();
    let plan = planned(&facts, ASK);
    let seed = resolve(&facts).seed.unwrap().to_string();
    let iqn = plan.record.parts[Part::Iqn].as_ref().unwrap();
    assert_eq!(
        (iqn.names.iqn(), iqn.origin.source.as_str()),
        (Some(IQN), "derived")
    );
    assert_eq!(iqn.origin.seed.as_deref(), Some(seed.as_str()));
    assert_eq!(
        plan.record.parts[Part::Nvme]
            .as_ref()
            .unwrap()
            .names
            .host_id(),
        Some(ID)
    );
    let bytes = String::from_utf8(plan.record.bytes()).unwrap();
    assert!(!bytes.contains(crate::testing::MACHINE_ID));

    let kept = planned(&self::facts().on_disk(OTHER_IQN, NQN, ID), KEEP);
    assert_eq!(
        kept.record.parts[Part::Iqn],
        None,
        "what is kept is not sanid's"
    );
    assert!(kept.record.parts[Part::Nvme].is_some());
}

fn facts_without_seed() -> Facts {
    Facts {
        machine_id: MachineIdState::Missing,
        ..facts().pin_iqn(OTHER_IQN).pin_id(OTHER_ID)
    }
}

#[test]
fn a_pinned_identity_needs_no_seed_and_does_not_record_one() {
    let plan = planned(&facts_without_seed(), ASK);
    assert_eq!(written(&plan).len(), 3);
    assert_eq!(
        plan.record.parts[Part::Iqn].as_ref().unwrap().origin.seed,
        None
    );
    assert_eq!(
        plan.record.parts[Part::Iqn].as_ref().unwrap().origin.source,
        "pin"
    );
}
