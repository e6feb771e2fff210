//! sanid's own traces: an interrupted change, an unreadable record, work done for an earlier seed.

use super::{Code, Finding, View};
use crate::config::{OnExisting, seed};
use crate::part::{Part, part_of};
use crate::plan::{Consent, Free, Reason, plan};
use crate::record::RecordState;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &view.facts.record {
        RecordState::Invalid(why) => findings.push(Finding {
            code: Code::RecordInvalid,
            part: None,
            seen: format!("/{} cannot be read: {why}", crate::record::PATH),
            why: "Without it sanid cannot distinguish the names that it wrote from others, and asks for consent more often.",
            fix: vec![view.command("apply")],
        }),
        RecordState::Unreadable(why) => findings.push(Finding {
            code: Code::FileUnreadable,
            part: None,
            seen: why.clone(),
            why: "Whether what is on disk is sanid's own work, and whether a change was interrupted, is not known.",
            fix: vec!["run it as root".into()],
        }),
        RecordState::Missing | RecordState::Present(_) => {}
    }
    if view.facts.record.pending().is_some() {
        findings.push(Finding {
            code: Code::ChangeInterrupted,
            part: None,
            seen: "a change of the identity was begun and not completed".into(),
            why: "The files may contain halves of two identities; the kernel refuses such a pair.",
            fix: vec![view.command("apply")],
        });
    }
    if let Some(part) = earlier_seed(view) {
        findings.push(Finding {
            code: Code::EarlierSeed,
            part: Some(part),
            seen: format!(
                "the identity on disk was derived by sanid from {} that this host no longer has",
                seed_in_words(view)
            ),
            why: "It is the identity of the template or host that this one was made from, which may be in use elsewhere.",
            fix: vec![view.command("apply")],
        });
    }
    findings
}

/// The kind of seed, which is still the same: another kind is another configuration.
fn seed_in_words(view: &View<'_>) -> &'static str {
    match view.resolution.seed_name {
        Some(seed::DMI | seed::SYSTEM_UUID) => "a system UUID",
        Some(seed::DEVICE_TREE) => "a UUID in the device tree",
        Some(seed::NVME_TOOL) => "an answer of nvme gen-hostnqn",
        _ => "a machine-id",
    }
}

/// Whether what differs on disk is sanid's own unfinished or outdated work.
pub(super) fn is_own_work(view: &View<'_>) -> bool {
    view.facts.record.pending().is_some() || earlier_seed(view).is_some()
}

/// The same judgement that `apply` would act on.
fn earlier_seed(view: &View<'_>) -> Option<Part> {
    let consent = Consent {
        existing: OnExisting::Refuse,
        disrupt: true,
        boot: false,
        via: None,
    };
    let plan = plan(view.facts, view.resolution, consent).ok()?;
    let write = plan
        .writes
        .iter()
        .find(|write| write.reason == Reason::Free(Free::EarlierSeed))?;
    Some(part_of(write.file))
}
