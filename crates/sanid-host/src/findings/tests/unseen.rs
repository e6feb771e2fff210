//! Each fact in turn not seen, in every situation of the other tables and in random ones.

use proptest::prelude::*;

use super::{clean, table};
use crate::config::OnExisting;
use crate::facts::Facts;
use crate::findings::{Code, findings};
use crate::observed::Observed;
use crate::plan::{Consent, Plan, plan};
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN};

/// A fact that is made unknown.
type Hide = fn(&mut Facts, Unknown);

#[derive(Debug, Clone, Copy)]
enum Unknown {
    NotLooked,
    Failed,
}

impl Unknown {
    fn of<T>(self) -> Observed<T> {
        match self {
            Self::NotLooked => Observed::NotLooked,
            Self::Failed => Observed::Failed("Permission denied".into()),
        }
    }
}

/// Every fact by its name, but for the credentials: a host that no service manager started has none.
const FACTS: &[(&str, Hide)] = &[
    ("hostname", |facts, how| facts.hostname = how.of()),
    ("name", |facts, how| facts.name = how.of()),
    ("addresses", |facts, how| facts.addresses = how.of()),
    ("cmdline", |facts, how| facts.cmdline = how.of()),
    ("covered", |facts, how| facts.covered = how.of()),
    ("iscsi", |facts, how| facts.live.iscsi = how.of()),
    ("iscsi_hosts", |facts, how| {
        facts.live.iscsi_hosts = how.of();
    }),
    ("nvme", |facts, how| facts.live.nvme = how.of()),
    ("initramfs", |facts, how| facts.initramfs = how.of()),
    ("hardware", |facts, how| facts.hardware = how.of()),
    ("elsewhere", |facts, how| facts.others.elsewhere = how.of()),
    ("writers", |facts, how| facts.others.writers = how.of()),
    ("access", |facts, how| facts.others.access = how.of()),
    ("namespaces", |facts, how| {
        facts.others.namespaces = how.of();
    }),
    ("iscsid", |facts, how| facts.others.started = how.of()),
    ("own_names", |facts, how| facts.others.own_names = how.of()),
    ("lxd", |facts, how| facts.others.lxd = how.of()),
    ("published", |facts, how| facts.published = how.of()),
];

fn codes(facts: &Facts) -> Vec<Code> {
    let found = findings(facts, &resolve(facts));
    found.iter().map(|finding| finding.code).collect()
}

/// Whether a finding reports that something is not known.
fn is_report(code: Code) -> bool {
    matches!(
        code,
        Code::LiveUnseen | Code::CheckIncomplete | Code::SourceInvalid | Code::SourceFault
    )
}

fn consents() -> impl Iterator<Item = Consent> {
    let existing = [OnExisting::Refuse, OnExisting::Keep, OnExisting::Replace];
    existing.into_iter().flat_map(|existing| {
        [(false, false), (true, false), (false, true)].map(|(boot, disrupt)| Consent {
            existing,
            disrupt,
            boot,
            via: None,
        })
    })
}

fn planned(facts: &Facts, consent: Consent) -> Option<Plan> {
    plan(facts, &resolve(facts), consent).ok()
}

#[test]
fn no_finding_disappears_silently() {
    let seen: Vec<_> = table().iter().map(|(_, facts, _)| codes(facts)).collect();
    for (name, hide) in FACTS {
        for how in [Unknown::NotLooked, Unknown::Failed] {
            for ((case, mut hidden, _), seen) in table().into_iter().zip(&seen) {
                hide(&mut hidden, how);
                let after = codes(&hidden);
                let reported = after.iter().any(|code| is_report(*code));
                let lost = seen.iter().find(|code| !after.contains(code));
                assert!(
                    lost.is_none() || reported,
                    "{case}, {name} {how:?}: {lost:?}"
                );
            }
        }
    }
}

/// A host with some of these on disk and active.
fn host(files: [u8; 3], live: [u8; 2]) -> Facts {
    use crate::file::IdentityFile::{HostId, HostNqn, InitiatorName};
    let mut facts = crate::testing::facts();
    let names = [
        (InitiatorName, IQN, OTHER_IQN),
        (HostNqn, NQN, OTHER_NQN),
        (HostId, ID, OTHER_ID),
    ];
    for ((file, own, other), what) in names.into_iter().zip(files) {
        facts = match what {
            0 => facts,
            1 => facts.file(file, own),
            2 => facts.file(file, other),
            _ => facts.raw(file, b"\n"),
        };
    }
    facts = match live[0] {
        0 => facts,
        1 => facts.session(IQN),
        _ => facts.session(OTHER_IQN),
    };
    match live[1] {
        0 => facts,
        1 => facts.controller(NQN, ID),
        2 => facts.controller(OTHER_NQN, OTHER_ID),
        _ => facts.controller(NQN, OTHER_ID),
    }
}

proptest! {
    #[test]
    fn no_plan_writes_more_than_with_the_fact(
        files in proptest::array::uniform3(0_u8..4),
        live in proptest::array::uniform2(0_u8..4),
        fact in 0..FACTS.len(),
        failed: bool,
    ) {
        let how = if failed { Unknown::Failed } else { Unknown::NotLooked };
        let (name, hide) = FACTS[fact];
        for consent in consents() {
            let seen = planned(&host(files, live), consent);
            let mut facts = host(files, live);
            hide(&mut facts, how);
            let Some(hidden) = planned(&facts, consent) else { continue };
            let seen = seen.map(|plan| plan.writes).unwrap_or_default();
            for write in hidden.writes {
                prop_assert!(
                    seen.iter().any(|known| known.file == write.file && known.value == write.value),
                    "{name} {how:?}, {consent:?}: {write:?}"
                );
            }
        }
    }
}

#[test]
fn a_host_in_order_has_no_finding() {
    assert_eq!(codes(&clean()), []);
}
