//! Names that programs take from configurations of their own.

use super::{Case, clean};
use crate::IdentityFile;
use crate::facts::{Facts, IscsiHost};
use crate::own::{DISCOVERY, FABRICS, ISCSI, JSON, Own, OwnName, OwnReader, PERSONA, STAS};
use crate::part::Names;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, saw};

const THIRD_NQN: &str = "nqn.2014-08.com.example:third";

pub(super) fn cases() -> Vec<Case> {
    [personas(), pairs(), interfaces()]
        .into_iter()
        .flatten()
        .collect()
}

/// nvme-cli#3566.
fn personas() -> Vec<Case> {
    let main = || nvme(clean(), &FABRICS, Some(OTHER_NQN), Some(OTHER_ID));
    vec![
        ("[Host] with another pair", main(), vec!["reader-own-name"]),
        (
            "[Host] with the files' pair",
            nvme(clean(), &FABRICS, Some(NQN), Some(ID)),
            vec![],
        ),
        (
            "a persona without a Host ID",
            nvme(clean(), &PERSONA, Some(OTHER_NQN), None),
            vec!["persona-refused"],
        ),
        (
            "a persona with the files' host NQN and no Host ID",
            nvme(clean(), &PERSONA, Some(NQN), None),
            vec!["persona-refused"],
        ),
        (
            "a persona without a host NQN",
            nvme(clean(), &PERSONA, None, Some(OTHER_ID)),
            vec!["persona-refused"],
        ),
        (
            "a persona without names",
            nvme(clean(), &PERSONA, None, None),
            vec!["persona-refused"],
        ),
        (
            "[Host] twice",
            {
                let mut facts = main();
                let names = &mut saw(&mut facts.others.own_names).names;
                names[0].own.fault = Some("a file may have one [Host] section");
                facts
            },
            vec!["persona-refused"],
        ),
        (
            "a persona that is [Host] again",
            nvme(main(), &PERSONA, Some(OTHER_NQN), Some(OTHER_ID)),
            vec!["persona-refused", "reader-own-name"],
        ),
        (
            "a persona with the Host ID of [Host]",
            nvme(main(), &PERSONA, Some(THIRD_NQN), Some(OTHER_ID)),
            vec!["reader-pair-conflict", "reader-own-name"],
        ),
    ]
}

/// nvme-cli#1956.
fn pairs() -> Vec<Case> {
    vec![
        (
            "a persona with the files' Host ID and another host NQN",
            nvme(clean(), &FABRICS, Some(OTHER_NQN), Some(&ID.to_uppercase())),
            vec!["reader-pair-conflict"],
        ),
        (
            "the files' host NQN with another Host ID",
            nvme(clean(), &JSON, Some(NQN), Some(OTHER_ID)),
            vec!["reader-pair-conflict"],
        ),
        (
            "a host NQN alone, which goes with the files' Host ID",
            nvme(clean(), &DISCOVERY, Some(OTHER_NQN), None),
            vec!["reader-pair-conflict"],
        ),
        (
            "nvme-stas with a pair of its own",
            nvme(clean(), &STAS, Some(OTHER_NQN), Some(OTHER_ID)),
            vec!["reader-own-name"],
        ),
        (
            "two programs with one pair",
            nvme(
                nvme(clean(), &STAS, Some(OTHER_NQN), Some(OTHER_ID)),
                &JSON,
                Some(OTHER_NQN),
                Some(OTHER_ID),
            ),
            vec!["reader-own-name"],
        ),
    ]
}

/// kubernetes#47311.
fn interfaces() -> Vec<Case> {
    vec![
        (
            "an interface and its node with another initiator name",
            interface(interface(clean(), OTHER_IQN), OTHER_IQN),
            vec!["iface-own-name"],
        ),
        (
            "an interface with the file's initiator name",
            interface(clean(), IQN),
            vec![],
        ),
        (
            "an interface of an adapter that logs in by itself",
            {
                let mut facts = interface(clean(), OTHER_IQN);
                saw(&mut facts.live.iscsi_hosts).push(IscsiHost {
                    name: "host3".into(),
                    initiator: OTHER_IQN.into(),
                    offload: true,
                });
                facts
            },
            vec![],
        ),
    ]
}

/// With a pair in the configuration of a program.
pub(super) fn nvme(
    mut facts: Facts,
    reader: &'static OwnReader,
    nqn: Option<&str>,
    id: Option<&str>,
) -> Facts {
    let names = &mut saw(&mut facts.others.own_names).names;
    names.push(OwnName {
        reader,
        path: format!("etc/nvme/{}", names.len()),
        own: Own {
            line: 2,
            names: Names::of_files(|file| match file {
                IdentityFile::HostNqn => nqn.map(str::to_owned),
                IdentityFile::HostId => id.map(str::to_owned),
                IdentityFile::InitiatorName => None,
            }),
            ..Own::default()
        },
    });
    facts
}

/// With an interface that has this initiator name.
pub(super) fn interface(mut facts: Facts, iqn: &str) -> Facts {
    let names = &mut saw(&mut facts.others.own_names).names;
    names.push(OwnName {
        reader: &ISCSI,
        path: format!("var/lib/iscsi/ifaces/eth{}", names.len()),
        own: Own {
            line: 1,
            names: Names::from([(IdentityFile::InitiatorName, iqn)]),
            ..Own::default()
        },
    });
    facts
}
