//! Makes an image clean: what `lint` finds and nothing else needs goes away, configurations lose the names and
//! secrets in them, the machine-id becomes `uninitialized`.
//!
//! ```text
//! lint ─► Plan (pure) ─► act
//! ```
//!
//! The plan is made of findings, so after it was carried out `lint` finds nothing that it could remove,
//! and a second run has nothing to do.

mod act;
mod guard;
mod report;

pub use act::{SealError, carry_out};
pub use guard::{Refusal, refusal};
pub use report::{SealReport, StepReport};

use sanid_host::Root;
use sanid_host::own::Config;

use crate::lint::{self, Finding, Linted, MACHINE_ID, RECORD, Remedy};

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The names and secrets in it go, and the rest stays.
    Edit(Config),
    /// It is removed.
    Remove,
    /// It becomes `uninitialized`: machine-id(5), First Boot Semantics.
    Reset,
}

impl serde::Serialize for Action {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Edit(_) => "edit",
            Self::Remove => "remove",
            Self::Reset => "reset",
        })
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The path below the root, which may hold a machine-id.
    pub path: String,
    /// What is there.
    pub seen: String,
}

/// The changes to an image, and the findings that an administrator must fix.
pub struct Plan {
    /// The steps, by path.
    pub steps: Vec<Step>,
    /// What `seal` cannot remove.
    pub left: Vec<Finding>,
    /// Everything that was found, with the way to show it.
    pub linted: Linted,
}

/// The changes to make below a root. A file has one step, whatever was found in it. With `only`, names that are not
/// among these stay.
///
/// # Examples
/// ```
/// use sanid_image::seal::{Action, plan};
///
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::create_dir_all(dir.path().join("etc/nvme")).unwrap();
/// std::fs::write(dir.path().join("etc/nvme/hostid"), "652f5d50-a689-4520-b87b-fe2552ef6b8b\n").unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
/// let plan = plan(&root, None, &mut |_| ());
/// assert_eq!(plan.steps[0].path, "etc/nvme/hostid");
/// assert_eq!(plan.steps[0].action, Action::Remove);
/// ```
pub fn plan(root: &Root, only: Option<&[String]>, step: &mut dyn FnMut(&str)) -> Plan {
    let linted = lint::directory(root, step);
    let mut steps: Vec<Step> = Vec::new();
    let mut left = Vec::new();
    for finding in &linted.findings {
        let is_kept = only.is_some_and(|only| is_foreign(finding, only));
        let action = match finding.remedy {
            _ if is_kept => None,
            Remedy::Remove => Some(Action::Remove),
            Remedy::Reset => Some(Action::Reset),
            Remedy::Edit(config) => Some(Action::Edit(config)),
            Remedy::ByHand => None,
        };
        let Some(action) = action else {
            left.push(finding.clone());
            continue;
        };
        match steps.last_mut().filter(|step| step.path == finding.path) {
            Some(step) => step.seen = format!("{}; {}", step.seen, finding.seen),
            None => steps.push(Step {
                action,
                path: finding.path.clone(),
                seen: finding.seen.clone(),
            }),
        }
    }
    Plan {
        steps,
        left,
        linted,
    }
}

/// Whether a finding is a name that is not among these; a machine-id and sanid's own record are not names.
fn is_foreign(finding: &Finding, names: &[String]) -> bool {
    let is_own = matches!(finding.remedy, Remedy::Reset)
        || [MACHINE_ID.code, RECORD.code].contains(&finding.rule.code);
    let is_known = |name: &String| finding.seen.ends_with(&format!(" {name}"));
    !is_own && !names.iter().any(is_known)
}
