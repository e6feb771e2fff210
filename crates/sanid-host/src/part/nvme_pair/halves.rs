//! The NVMe pair on disk: do its halves belong together?

use sanid_core::NvmePair;

use super::{ID, NQN, Part, firmware};
use crate::findings::{Code, Finding, View};
use crate::resolve::SourceKind;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let (nqn, id) = (view.facts.disk.host_nqn(), view.facts.disk.host_id());
    match (nqn.name(), id.name()) {
        (Some(nqn), Some(id)) => {
            let pair = NvmePair::new(nqn.clone(), *id);
            let explained = firmware::explains(view, &pair);
            // Two halves that somebody pinned or passed to this host are meant to be as they are.
            let desired = |file| view.resolution.value(file);
            let is_derived = matches!(
                view.resolution.origin(Part::Nvme),
                Ok((SourceKind::Derived, _))
            );
            let meant = !is_derived
                && desired(NQN).as_deref() == Some(nqn.as_str())
                && desired(ID) == Some(id.to_string());
            (!pair.matches() && !explained && !meant)
                .then(|| mismatch(view, nqn.as_str(), &id.to_string()))
                .into_iter()
                .collect()
        }
        (Some(_), None) => vec![half(view, "hostnqn", "hostid", id.state())],
        // A name that breaks the standard is in use all the same; its own finding says so.
        (None, _) if nqn.is_in_use() => Vec::new(),
        (None, Some(_)) => vec![half(view, "hostid", "hostnqn", nqn.state())],
        (None, None) => Vec::new(),
    }
}

fn mismatch(view: &View<'_>, nqn: &str, id: &str) -> Finding {
    Finding {
        code: Code::PairMismatch,
        part: Some(Part::Nvme),
        seen: format!("Host ID {id} is not the UUID of {nqn}"),
        why: "Programs that derive one half from the other make a second pair, and Linux 6.5 and later refuses to connect with it.",
        fix: vec![format!(
            "{}   once the arrays know the new pair and no controller is live",
            view.command("apply --replace")
        )],
    }
}

fn half(view: &View<'_>, there: &str, other: &str, state: &str) -> Finding {
    Finding {
        code: Code::PairHalf,
        part: Some(Part::Nvme),
        seen: format!("/etc/nvme/{there} has a name, /etc/nvme/{other} is {state}"),
        why: "nvme-cli generates the other half, a new one each time, and the kernel refuses the second connection.",
        fix: view.apply(Part::Nvme),
    }
}
