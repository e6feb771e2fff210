//! `sanid hardware`: what was recorded of the hardware, against what is there.

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_host::hardware::{
    Evidence, HardwareFacts, HardwareRecord, HardwareState, Match, Verdict, to_store,
};
use sanid_host::report::{HardwareReport, Outcome};
use sanid_host::{Change, Done, Facts, Look, Mode, Moment, Observed, Root, Step, Transaction};

use crate::args::{AcceptHardware, Format, Hardware, HardwareCommand, HostOptions};
use crate::host::{self, Access};

pub(crate) fn run(options: &Hardware) -> Result<Exit, Failure> {
    match &options.command {
        HardwareCommand::Show(options) => show(options),
        HardwareCommand::Record(options) => record(options, false),
        HardwareCommand::Accept(options) => record(options, true),
    }
}

fn show(options: &HostOptions) -> Result<Exit, Failure> {
    let root = host::open(options.root.as_deref(), Access::Read)?;
    let facts = look(&root)?;
    let hardware = seen(&facts)?;
    print(
        &HardwareReport::new(Outcome::Unchanged, hardware),
        options.format,
    )?;
    let verdict = hardware.comparison().map(|found| found.verdict());
    Ok(if verdict == Some(Verdict::CloneSuspected) {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

/// With `all`, what differs is recorded anew as well.
fn record(options: &AcceptHardware, all: bool) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    let transaction = Transaction::new(&root, Mode::of_dry_run(options.dry_run));
    let change = Recording { all };
    let proposal = transaction.propose(&change)?;
    let Done { decision, receipt } = transaction.carry_out(&change, proposal)?;
    let outcome = match (&receipt, &decision.record) {
        (Some(_), _) => Outcome::Changed,
        (None, Some(_)) => Outcome::WouldChange,
        (None, None) => Outcome::Unchanged,
    };
    let report = HardwareReport::new(outcome, seen(&decision.facts)?);
    print(&report, options.host.format)?;
    Ok(Exit::Fine)
}

/// The change that records the hardware.
struct Recording {
    all: bool,
}

struct Decision {
    facts: Facts,
    record: Option<HardwareRecord>,
}

impl Change for Recording {
    type Seen = Facts;
    type Decision = Decision;
    type Error = Failure;

    fn observe(&self, root: &Root, _: Moment) -> Result<Facts, Failure> {
        look(root)
    }

    fn facts(seen: &Facts) -> &Facts {
        seen
    }

    fn decide(&self, facts: Facts) -> Result<Decision, Failure> {
        let hardware = seen(&facts)?;
        let seen = &hardware.seen;
        if let HardwareState::Unreadable(why) = &hardware.recorded {
            return Err(Failure::error(why));
        }
        if *seen == Evidence::default() {
            return Err(Failure::error(
                &"no hardware could be read: no firmware UUID, board serial number, MAC address or root file system; run it as root on the host itself",
            ));
        }
        let record = if self.all {
            let same = hardware.recorded == HardwareState::Present(seen.clone());
            HardwareRecord::new(&facts, seen.clone()).filter(|_| !same)
        } else {
            to_store(&facts)
        };
        Ok(Decision { facts, record })
    }

    fn steps<'d>(&'d self, decision: &'d Decision) -> Vec<Step<'d>> {
        decision.record.iter().map(Step::Hardware).collect()
    }

    fn verify(&self, root: &Root, decision: &Decision) -> Result<(), Failure> {
        let after = look(root)?;
        let expected = decision.record.as_ref().map(|record| &record.evidence);
        match (&seen(&after)?.recorded, expected) {
            (HardwareState::Present(stored), Some(expected)) if stored == expected => Ok(()),
            _ => Err(Failure::error(
                &"the hardware was recorded, and the record reads back differently: a second program writes /var/lib/sanid/hardware.json",
            )),
        }
    }
}

fn look(root: &Root) -> Result<Facts, Failure> {
    let look = Look {
        hardware: true,
        ..Look::default()
    };
    let facts = sanid_host::observe(root, &look)?;
    if facts.machine_id.seed().is_none() {
        return Err(Failure::no_seed(&format!(
            "the record of the hardware is keyed with the machine-id, and the machine-id is {}; sanid status shows what to do",
            facts.machine_id.word()
        )));
    }
    Ok(facts)
}

fn seen(facts: &Facts) -> Result<&HardwareFacts, Failure> {
    match &facts.hardware {
        Observed::Saw(hardware) => Ok(hardware),
        unknown => Err(Failure::error(&format!(
            "the hardware could not be read: {}",
            unknown.unknown().unwrap_or_default()
        ))),
    }
}

fn print(report: &HardwareReport, format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => json(report)?,
        Format::Text => page(report).print()?,
    }
    Ok(())
}

fn page(report: &HardwareReport) -> Page {
    let mut page = Page::new();
    match report.outcome {
        Outcome::Changed => page.line(page.tone(Tone::Good, "recorded the hardware as it is now")),
        Outcome::WouldChange => {
            page.line(page.tone(Tone::Warning, "would record the hardware as it is now"));
        }
        Outcome::Unchanged | Outcome::Refused => {}
    }
    let Some(comparison) = &report.comparison else {
        if report.outcome == Outcome::Unchanged {
            page.line(
                "no hardware is recorded for this machine-id; sanid hardware accept records it",
            );
        }
        return page;
    };
    let (tone, words) = match comparison.verdict {
        Verdict::SameHost => (Tone::Good, "the same host"),
        Verdict::PartsChanged => (Tone::Plain, "the same host with changed parts"),
        Verdict::CloneSuspected => (
            Tone::Danger,
            "probably a clone, or a disk moved from a different machine",
        ),
        Verdict::Unknown => (Tone::Plain, "nothing can be compared"),
    };
    let before = if report.outcome == Outcome::Unchanged {
        ""
    } else {
        "before: "
    };
    page.line(page.tone(tone, format!("{before}{words}")));
    let rows: Vec<_> = comparison
        .evidence
        .iter()
        .map(|one| {
            let tone = match one.compared {
                Match::Same => Tone::Good,
                Match::Different => Tone::Warning,
                Match::Unknown => Tone::Faint,
            };
            let compared = if one.compared == Match::Same {
                "as recorded"
            } else {
                one.compared.as_str()
            };
            [
                (Tone::Faint, one.name.to_owned()),
                (tone, compared.to_owned()),
            ]
        })
        .collect();
    page.rows(2, &rows);
    page
}

/// The notice of `apply` about the hardware, at boot and after a change.
pub(super) fn notice(facts: &Facts) -> Option<String> {
    let comparison = match &facts.hardware {
        Observed::Saw(hardware) => hardware.comparison()?,
        Observed::NotLooked | Observed::Failed(_) => return None,
    };
    (comparison.verdict() == Verdict::CloneSuspected).then(|| {
        let option = facts.root.option();
        format!(
            "the hardware is not the one that this identity was first used on: probably a clone, or a disk moved from a different machine ({}). Nothing was repaired; sanid status{option} shows what to do",
            sanid_host::findings::evidence(&comparison)
        )
    })
}

/// Records at boot what could not be seen so far.
pub(super) fn complete(root: &Root, facts: &Facts) -> Option<String> {
    to_store(facts)?;
    let transaction = Transaction::new(root, Mode::Write);
    let change = Recording { all: false };
    let stored = transaction
        .propose(&change)
        .and_then(|proposal| transaction.carry_out(&change, proposal));
    stored
        .err()
        .map(|failure| format!("the hardware was not recorded ({})", failure.message))
}

#[cfg(test)]
mod tests;
