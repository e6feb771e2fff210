//! `Apply` (sanid apply).

use super::{PartReport, report};
use crate::API_VERSION;
use crate::act::{Receipt, restarts};
use crate::facts::RootFacts;
use crate::place::{Form, Via, part_of};
use crate::plan::{self, Kept, LiveUser, Plan, Refusal, Write};
use crate::recognise;
use crate::resolve::Part;

report! {
    /// The outcome of an `apply`.
    pub enum Outcome {
        /// Nothing to do.
        Unchanged,
        /// Done.
        Changed,
        /// With `--dry-run`: this would be done.
        WouldChange,
        /// A safety rule forbids it; nothing was done.
        Refused,
    }
}

report! {
    /// What `sanid apply` did, would do, or refused to do.
    pub struct ApplyReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Apply`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Apply")))]
        pub kind: &'static str,
        /// The outcome.
        pub outcome: Outcome,
        /// The files written, or to be written.
        pub changes: Vec<Change>,
        /// The files whose mode was corrected, or would be.
        pub modes: Vec<String>,
        /// The files whose mounts were taken away, or would be.
        pub unmounted: Vec<String>,
        /// The identities that stay by consent although a different one is desired.
        pub kept: Vec<KeptReport>,
        /// What a safety rule forbids.
        pub refusals: Vec<RefusalReport>,
        /// What keeps the old name until it is restarted or rebuilt.
        pub restart: Vec<Way>,
        /// The units that were restarted, with `--reload`.
        pub reloaded: Vec<String>,
        /// Further notices.
        pub notices: Vec<String>,
        /// Every part with the names that storage programs have then; documents of 0.1 have none.
        pub parts: Option<Vec<PartReport>>,
    }
}

report! {
    /// One file.
    pub struct Change {
        /// The path in the host.
        pub path: String,
        /// What its reader took from it before.
        pub before: Option<String>,
        /// The new content.
        pub after: String,
        /// Why no further consent is needed.
        pub reason: &'static str,
        /// `file`, or `bind` where it is mounted.
        pub via: &'static str,
    }
}

report! {
    /// An identity that stays.
    pub struct KeptReport {
        /// `iqn` or `nvme`.
        #[cfg_attr(feature = "schema", schemars(with = "&'static str"))]
        pub part: Part,
        /// What is on disk and stays.
        pub on_disk: String,
        /// What is desired.
        pub desired: String,
        /// The live sessions that are the reason, where they are.
        pub users: Vec<UserReport>,
    }
}

report! {
    /// Why nothing was done.
    pub struct RefusalReport {
        /// The safety rule: 2 (an existing identity) or 3 (a live session).
        #[cfg_attr(feature = "schema", schemars(with = "u8"))]
        pub rule: SafetyRule,
        /// `iqn` or `nvme`.
        #[cfg_attr(feature = "schema", schemars(with = "&'static str"))]
        pub part: Part,
        /// What is on disk.
        pub on_disk: Option<String>,
        /// What is desired.
        pub desired: String,
        /// The live sessions in the way.
        pub users: Vec<UserReport>,
        /// Why it is dangerous.
        pub why: &'static str,
        /// The fixes.
        pub ways: Vec<Way>,
    }
}

/// A rule that keeps data safe, by its number in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafetyRule {
    /// Rule 2: a valid identity on disk.
    Existing = 2,
    /// Rule 3: an active session or controller.
    Live = 3,
}

impl serde::Serialize for SafetyRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

report! {
    /// A live session.
    pub struct UserReport {
        /// The kernel's name for it.
        pub name: String,
        /// The target or subsystem.
        pub peer: Option<String>,
        /// The identity it uses.
        pub uses: String,
    }
}

report! {
    /// A command and what it does.
    pub struct Way {
        /// The command to type.
        pub command: String,
        /// What it does.
        pub effect: String,
    }
}

impl ApplyReport {
    /// The report of a plan that was not carried out: refused, empty or a dry run.
    pub fn planned(plan: &Plan, root: &RootFacts) -> Self {
        let via = plan.asked.map(|via| format!(" --via {}", via.word()));
        let options = Options {
            facts: root,
            root: root.option(),
            via: via.unwrap_or_default(),
        };
        let outcome = if !plan.refusals.is_empty() {
            Outcome::Refused
        } else if plan.writes.is_empty() && plan.modes.is_empty() && plan.lifts.is_empty() {
            Outcome::Unchanged
        } else {
            Outcome::WouldChange
        };
        Self {
            api_version: API_VERSION,
            kind: "Apply",
            outcome,
            changes: plan
                .writes
                .iter()
                .map(|write| Change::new(write, plan))
                .collect(),
            unmounted: plan
                .lifts
                .iter()
                .flat_map(|part| plan::files(*part))
                .map(|file| format!("/{}", file.path()))
                .collect(),
            modes: plan
                .modes
                .iter()
                .map(|file| format!("/{}", file.path()))
                .collect(),
            kept: plan.kept.iter().map(KeptReport::new).collect(),
            refusals: plan
                .refusals
                .iter()
                .map(|refusal| RefusalReport::new(refusal, &options))
                .collect(),
            restart: restart(plan),
            reloaded: Vec::new(),
            notices: without_directory(plan),
            parts: Some(PartReport::list(&plan.after)),
        }
    }

    /// The report of a plan that was carried out.
    pub fn done(plan: &Plan, receipt: &Receipt, root: &RootFacts) -> Self {
        let mut report = Self::planned(plan, root);
        if report.outcome == Outcome::WouldChange {
            report.outcome = Outcome::Changed;
        }
        if let Some(why) = &receipt.no_record {
            report.notices.push(format!(
                "the ownership record was not written ({why}); the identity does not depend on it, but sanid will ask for consent where it could have recognised its own work"
            ));
        }
        if let Some(why) = &receipt.no_hardware {
            report.notices.push(format!(
                "the hardware was not recorded ({why}); until it is, sanid cannot distinguish a clone from this host: sanid hardware accept"
            ));
        }
        if let Some(why) = &receipt.not_published {
            report.notices.push(format!(
                "the identity was not published ({why}); the files have it, and the next sanid apply publishes it"
            ));
        }
        report
    }
}

impl Change {
    fn new(write: &Write, plan: &Plan) -> Self {
        let via = match plan.way(part_of(write.file)) {
            plan::Way::File => Via::File,
            plan::Way::Bind(_) => Via::Bind,
        };
        Self {
            path: format!("/{}", write.file.path()),
            before: write.before.clone(),
            after: write.value.clone(),
            reason: write.reason.text(),
            via: via.word(),
        }
    }
}

impl KeptReport {
    fn new(kept: &Kept) -> Self {
        Self {
            part: kept.part,
            on_disk: kept.on_disk.clone(),
            desired: kept.desired.clone(),
            users: kept.users.iter().map(UserReport::new).collect(),
        }
    }
}

impl UserReport {
    fn new(user: &LiveUser) -> Self {
        Self {
            name: user.name.clone(),
            peer: user.peer.clone(),
            uses: user.uses.clone(),
        }
    }
}

impl RefusalReport {
    fn new(refusal: &Refusal, options: &Options<'_>) -> Self {
        match refusal {
            Refusal::Existing {
                part,
                on_disk,
                desired,
                scheme,
            } => Self {
                rule: SafetyRule::Existing,
                part: *part,
                on_disk: Some(on_disk.clone()),
                desired: desired.clone(),
                users: Vec::new(),
                why: "Arrays may grant this host access by the identity on disk, and reservations may be held by it: changed without them knowing, the host loses its volumes.",
                ways: ways_existing(*scheme, options),
            },
            Refusal::Live {
                part,
                desired,
                users,
            } => Self {
                rule: SafetyRule::Live,
                part: *part,
                on_disk: None,
                desired: desired.clone(),
                users: users.iter().map(UserReport::new).collect(),
                why: "A session keeps its identity until it ends, through reconnects and a restart of iscsid; the next login or connection uses the new one. The array may refuse that, and the kernel refuses a pair that is half the old one: the host cannot get back a volume that is in use.",
                ways: ways_live(*part, users, options),
            },
        }
    }
}

fn way(command: String, effect: &str) -> Way {
    Way {
        command,
        effect: effect.to_owned(),
    }
}

/// The options that the fixes share with the refused command.
struct Options<'a> {
    facts: &'a RootFacts,
    root: String,
    via: String,
}

fn ways_existing(scheme: Option<&str>, options: &Options<'_>) -> Vec<Way> {
    let Options { facts, root, via } = options;
    let same = scheme.map(|scheme| {
        way(
            recognise::set_scheme(facts, scheme),
            &format!("keep it: these are the names of scheme {scheme}"),
        )
    });
    let others = [
        way(
            format!("sanid adopt{root}"),
            "keep what is on disk for good: pin it in the configuration",
        ),
        way(
            format!("sanid apply --keep{via}{root}"),
            "keep it for now, and write only what is missing",
        ),
        way(
            format!("sanid apply --replace{via}{root}"),
            "change it, once the arrays know the desired one",
        ),
    ];
    same.into_iter().chain(others).collect()
}

fn ways_live(part: Part, users: &[LiveUser], options: &Options<'_>) -> Vec<Way> {
    let Options { root, via, .. } = options;
    let end = users.first().map(|user| {
        let (command, effect) = part.kind().end(user);
        way(command, effect)
    });
    let disrupt = way(
        format!("sanid apply --replace --disrupt{via}{root}"),
        "change it all the same: the sessions keep the old identity until they end, and the next ones have the new one or are refused",
    );
    end.into_iter()
        .chain([
            way(format!("sanid status{root}"), "see every session"),
            disrupt,
        ])
        .collect()
}

/// The parts that have no place on a read-only file system.
fn without_directory(plan: &Plan) -> Vec<String> {
    let notice = |part: Part| {
        let file = plan::files(part).first()?;
        let impossible = plan.way(part) == plan::Way::Bind(Form::Impossible);
        impossible.then(|| {
            let directory = file.directory();
            format!("/{directory} is not there and the file system is read-only, so there is nothing to mount over and the {} is left out; make the empty directory when the image is built (mkdir -p /{directory})", file.holds())
        })
    };
    Part::ALL.into_iter().filter_map(notice).collect()
}

/// Rule 7: the commands for the programs that keep the old name.
pub fn restart(plan: &Plan) -> Vec<Way> {
    restarts(plan)
        .iter()
        .map(|restart| way(restart.to_string(), restart.effect))
        .collect()
}
