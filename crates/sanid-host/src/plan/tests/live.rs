//! Live sessions and controllers in the way of a change, by hand and at boot.

use super::*;
use crate::facts::IscsiHost;
use crate::observed::Observed;
use crate::testing::saw;

/// open-iscsi's file with a quoted name: dracut logs in without the quotes, and iscsid would take them.
#[test]
fn a_session_under_the_name_that_the_shell_takes_is_protected() {
    let quoted = format!("InitiatorName=\"{OTHER_IQN}\"\n");
    let host = || {
        let host = facts().on_disk(IQN, NQN, ID);
        host.raw(InitiatorName, quoted.as_bytes())
            .session(OTHER_IQN)
    };
    let plan = planned(&host(), REPLACE);
    assert!(plan.writes.is_empty());
    let [Refusal::Live { users, .. }] = &plan.refusals[..] else {
        panic!("{:?}", plan.refusals);
    };
    assert_eq!(users[0].uses, OTHER_IQN);
    assert!(!planned(&host(), DISRUPT).writes.is_empty());
}

/// A byte order mark makes the file unreadable for every reader; the controller has its pair from somewhere.
#[test]
fn an_active_pair_is_protected_where_no_reader_takes_a_name_from_the_files() {
    let marked = format!("\u{feff}{OTHER_NQN}\n");
    let host = facts()
        .on_disk(IQN, OTHER_NQN, OTHER_ID)
        .raw(HostNqn, marked.as_bytes())
        .raw(HostId, b"\n")
        .controller(OTHER_NQN, OTHER_ID);
    let plan = planned(&host, REPLACE);
    assert!(plan.writes.is_empty());
    assert!(matches!(&plan.refusals[..], [Refusal::Live { .. }]));
}

#[test]
fn sessions_that_cannot_be_read_are_protected_like_users_of_the_old_name() {
    let old = || facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID);
    let failed = |mut facts: Facts| {
        facts.live.iscsi = Observed::Failed("Permission denied".into());
        facts.live.nvme = Observed::Failed("Permission denied".into());
        facts
    };
    let attribute = |facts: Facts| {
        let mut facts = facts.session(OTHER_IQN).controller(OTHER_NQN, OTHER_ID);
        saw(&mut facts.live.iscsi)[0].initiator = Observed::Failed("EACCES".into());
        saw(&mut facts.live.nvme)[0].host_nqn = Observed::Failed("EACCES".into());
        facts
    };
    for host in [failed(old()), attribute(old())] {
        let plan = planned(&host, REPLACE);
        assert!(plan.writes.is_empty());
        assert_eq!(plan.refusals.len(), 2, "{:?}", plan.refusals);
    }
    // Nothing is on disk that a session could have its name from.
    assert_eq!(planned(&failed(facts()), BOOT).writes.len(), 3);
}

/// open-iscsi#101: an offload adapter logs in under a name of its own. A host without a file protects every
/// session but the adapter's.
#[test]
fn a_session_of_an_adapter_is_not_a_user_of_the_hosts_name() {
    const OF_ADAPTER: &str = "iqn.2000-04.com.qlogic:qle4062c.a1";
    let with_session = |facts: Facts, offload| {
        let mut facts = facts.session(OF_ADAPTER);
        saw(&mut facts.live.iscsi_hosts).push(IscsiHost {
            name: "host3".into(),
            initiator: OF_ADAPTER.into(),
            offload,
        });
        facts
    };
    for host in [facts(), facts().on_disk(OTHER_IQN, NQN, ID)] {
        let plan = planned(&with_session(host, true), REPLACE);
        assert_eq!(plan.refusals, []);
        assert!(written(&plan).contains(&(InitiatorName, IQN)));
    }
    let by_software = planned(&with_session(facts(), false), REPLACE);
    assert!(matches!(&by_software.refusals[..], [Refusal::Live { .. }]));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_live_user_of_the_old_identity_stops_the_change() {
    let foreign = || facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID);
    let ours = || foreign().recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, EARLIER);
    let table: Vec<(&str, Facts, Consent, usize)> = vec![
        (
            "session under the old name",
            foreign().session(OTHER_IQN),
            REPLACE,
            1,
        ),
        (
            "session under the old name in capitals",
            foreign().session(&OTHER_IQN.to_uppercase()),
            REPLACE,
            1,
        ),
        (
            "session under a name of its own",
            foreign().session("iqn.2001-04.com.example:iface"),
            REPLACE,
            0,
        ),
        (
            "session under the new name",
            foreign().session(IQN),
            REPLACE,
            0,
        ),
        (
            "controller with the old pair",
            foreign().controller(OTHER_NQN, OTHER_ID),
            REPLACE,
            1,
        ),
        (
            "controller with one old half",
            foreign().controller(OTHER_NQN, "99999999-2222-4333-8444-555555555555"),
            REPLACE,
            1,
        ),
        (
            "controller with one new half",
            foreign().controller(NQN, "99999999-2222-4333-8444-555555555555"),
            REPLACE,
            1,
        ),
        (
            "controller with the new pair",
            foreign().controller(NQN, ID),
            REPLACE,
            0,
        ),
        (
            "controller of a third identity",
            foreign().controller(
                "nqn.2014-08.com.example:x",
                "99999999-2222-4333-8444-555555555555",
            ),
            REPLACE,
            0,
        ),
        (
            "earlier seed, live",
            ours().controller(OTHER_NQN, OTHER_ID),
            ASK,
            1,
        ),
        (
            "nothing on disk, something live",
            facts().controller(OTHER_NQN, OTHER_ID),
            ASK,
            1,
        ),
        (
            "nothing on disk, a live session",
            facts().session(OTHER_IQN),
            ASK,
            1,
        ),
        (
            "an invalid name in use",
            facts()
                .file(InitiatorName, "iqn.2017-13.x:y")
                .session("iqn.2017-13.x:y"),
            REPLACE,
            1,
        ),
        (
            "with --disrupt",
            foreign().controller(OTHER_NQN, OTHER_ID).session(OTHER_IQN),
            DISRUPT,
            0,
        ),
    ];
    for (case, facts, consent, refusals) in &table {
        let plan = planned(facts, *consent);
        let live = plan
            .refusals
            .iter()
            .filter(|refusal| matches!(refusal, Refusal::Live { .. }));
        assert_eq!(live.count(), *refusals, "{case}: {:?}", plan.refusals);
        assert_eq!(plan.writes.is_empty(), *refusals > 0, "{case}");
    }
}

#[test]
fn at_boot_a_live_user_is_kept_and_a_missing_file_is_written() {
    let ours = facts()
        .on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID)
        .recorded(OTHER_IQN, OTHER_NQN, OTHER_ID, EARLIER);
    let plan = planned(&ours.controller(OTHER_NQN, OTHER_ID), KEEP);
    assert!(plan.refusals.is_empty());
    assert_eq!(plan.kept.len(), 1);
    assert_eq!(plan.kept[0].users[0].name, "nvme1");
    assert_eq!(
        written(&plan),
        [(InitiatorName, IQN)],
        "the other part is free to go on"
    );

    let from_firmware = planned(&facts().controller(OTHER_NQN, OTHER_ID), KEEP);
    assert_eq!(written(&from_firmware), all_three());
}

/// What an image builder asks for with `on-existing = "replace"`, at every boot.
#[test]
fn at_boot_replace_replaces_what_no_live_session_uses_and_keeps_the_rest() {
    let baked = || facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID);
    assert_eq!(written(&planned(&baked(), BOOT)), []);
    assert_eq!(written(&planned(&baked(), BOOT_REPLACE)), all_three());

    // Interactively nothing is done (rule 3); at boot the rest is, and the boot goes on.
    let live = baked().controller(OTHER_NQN, OTHER_ID);
    let asked = planned(&live, REPLACE);
    assert_eq!((asked.refusals.len(), asked.writes.len()), (1, 0));
    let plan = planned(&live, BOOT_REPLACE);
    assert!(plan.refusals.is_empty());
    assert_eq!(written(&plan), [(InitiatorName, IQN)]);
    assert_eq!(plan.kept.len(), 1);
    assert_eq!(plan.kept[0].users[0].name, "nvme1");
    assert_eq!(plan.after.host_nqn(), Some(OTHER_NQN));
}

/// A session of the initramfs or the firmware does not have its name from a file that is not there.
#[test]
fn at_boot_a_missing_file_is_written_whatever_is_live() {
    let live = facts().session(OTHER_IQN);
    assert_eq!(planned(&live, REPLACE).refusals.len(), 1);
    for consent in [BOOT, BOOT_REPLACE] {
        assert_eq!(written(&planned(&live, consent)), all_three());
    }
}
