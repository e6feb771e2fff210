//! `sanid reseed`: a clone becomes a host of its own.

mod losses;

use sanid_cli::{Exit, Failure, Page, Tone, can_ask, confirm, json};
use sanid_host::act::NewMachineId;
use sanid_host::config::OnExisting;
use sanid_host::config::seed::MACHINE_ID;
use sanid_host::dependents::{Dependent, dependents};
use sanid_host::plan::{self, Consent};
use sanid_host::report::{self, AppliedReport, NamesReport, Outcome};
use sanid_host::resolve::{self, Part, Resolution, SourceKind};
use sanid_host::{
    Change, Done, Facts, IdentityFile, Look, MachineIdState, Mode, Moment, Names, Root, Step,
    Transaction,
};
use serde::Serialize;

use super::apply::live_names;
use crate::args::{Format, Reseed};
use crate::host::{self, Access};

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// What `sanid reseed` did, or would do.
pub(crate) struct ReseedReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    api_version: &'static str,
    /// `Reseed`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Reseed")))]
    kind: &'static str,
    /// `changed` or `would-change`.
    outcome: Outcome,
    /// The names that were on disk.
    old: NamesReport,
    /// The new ones; absent with `--dry-run`, since they are known only when they are made.
    new: Option<NamesReport>,
    /// Programs that keep the old name until restarted.
    restart: Vec<Restart>,
    /// What depends on the machine-id, and the effect on it; documents of 0.1 have none.
    dependents: Option<Vec<losses::DependentReport>>,
    /// Further notices.
    notices: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// A command and what it does.
struct Restart {
    /// The command to type.
    command: String,
    /// What it does.
    effect: String,
}

pub(crate) fn run(options: &Reseed) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    let transaction = Transaction::new(&root, Mode::of_dry_run(options.dry_run));
    // A dry run uses a machine-id that is then discarded.
    let id = NewMachineId::generate().map_err(|why| Failure::error(&why))?;
    let change = Reseeding { options, id };
    let proposal = transaction.propose(&change)?;
    if !options.dry_run {
        consent(options, &proposal.seen)?;
    }
    let unseen = host::unseen(&proposal.seen.before);
    let Done { decision, receipt } = transaction.carry_out(&change, proposal)?;
    let mut report = report(&decision, receipt.is_some());
    if options.dry_run {
        report.notices.extend(unseen);
    }
    if let Some(receipt) = receipt {
        let missed = [
            receipt.no_record,
            receipt.no_hardware,
            receipt.not_published,
        ];
        report.notices.extend(missed.into_iter().flatten());
    }
    match options.host.format {
        Format::Json => json(&report)?,
        Format::Text => page(&report).print()?,
    }
    Ok(Exit::Fine)
}

/// The change that `reseed` makes.
struct Reseeding<'a> {
    options: &'a Reseed,
    id: NewMachineId,
}

/// The host as it is, and as it would be with the new machine-id.
struct Seen {
    before: Facts,
    renewed: Facts,
    /// The reason that a new machine-id would not last.
    fixed_by: Option<String>,
    /// What depends on the machine-id: found by the present one.
    dependents: Vec<Dependent>,
}

struct Decision {
    seen: Seen,
    resolution: Resolution,
    plan: plan::Plan,
    applied: AppliedReport,
}

impl Change for Reseeding<'_> {
    type Seen = Seen;
    type Decision = Decision;
    type Error = Failure;

    fn observe(&self, root: &Root, _: Moment) -> Result<Seen, Failure> {
        let look = Look {
            hardware: true,
            new_machine_id: Some(&self.id),
            ..Look::default()
        };
        let before = sanid_host::observe(root, &Look::default())?;
        Ok(Seen {
            fixed_by: sanid_host::fixed_by(root, &before),
            before,
            renewed: sanid_host::observe(root, &look)?,
            dependents: dependents(root),
        })
    }

    fn facts(seen: &Seen) -> &Facts {
        &seen.before
    }

    fn decide(&self, seen: Seen) -> Result<Decision, Failure> {
        check(&seen, self.options)?;
        let resolution = renewed(&seen.renewed)?;
        let plan = decide(&seen.renewed, &resolution, self.options)?;
        let applied = AppliedReport::new(&resolution, &plan);
        Ok(Decision {
            seen,
            resolution,
            plan,
            applied,
        })
    }

    fn steps<'d>(&'d self, decision: &'d Decision) -> Vec<Step<'d>> {
        vec![Step::MachineId(
            &decision.seen.renewed,
            &decision.plan,
            &self.id,
        )]
    }

    fn publishes(&self, decision: &Decision) -> Option<Vec<u8>> {
        let facts = &decision.seen.renewed;
        let due = facts.root.volatile_run && !decision.applied.is_published(facts);
        due.then(|| decision.applied.bytes())
    }
}

/// The rules that forbid it.
fn check(seen: &Seen, options: &Reseed) -> Result<(), Failure> {
    let facts = &seen.before;
    let option = facts.root.option();
    match &facts.machine_id {
        MachineIdState::Stable(_) | MachineIdState::Denylisted => {}
        other => {
            return Err(Failure::no_seed(&format!(
                "the machine-id is {}, so there is no machine-id to replace; the next boot or `systemd-machine-id-setup` makes one, and then `sanid apply{option}` gives the host its identity",
                other.word()
            )));
        }
    }
    if let Some(why) = &seen.fixed_by {
        return Err(Failure::refused(&format!(
            "{why}; a new one in /etc/machine-id would not last\n\
             Fixes:\n  \
             change it there, and reboot; `sanid apply{option}` then replaces the identity by itself"
        )));
    }
    let live = live_names(facts);
    if !live.is_empty() && !options.disrupt {
        return Err(Failure::refused(&format!(
            "{} is active, and keeps the old name until it ends; the next login or connection uses the new one, which the array may refuse while volumes are in use (safety rule 3)\n\
             Fixes:\n  \
             iscsiadm -m node -u, nvme disconnect-all   end them, when nothing uses them\n  \
             {}   change the identity anyway",
            live.join(", "),
            losses::command(seen, options, options.dry_run)
        )));
    }
    losses::check(seen, options)
}

/// What the host with the new machine-id resolves to; refused where the identity would not follow it.
fn renewed(facts: &Facts) -> Result<Resolution, Failure> {
    let resolution = resolve::resolve(facts);
    for part in Part::ALL {
        let (source, place) = match resolution.origin(part) {
            Ok(origin) => origin,
            Err(error) => return Err(error.clone().into()),
        };
        if source != SourceKind::Derived || resolution.seed_name != Some(MACHINE_ID) {
            return Err(Failure::refused(&format!(
                "the {} comes from {place} and not from the machine-id, so with a new machine-id the clone would keep the same name\n\
                 Fixes:\n  \
                 sanid show --explain{}   see where it comes from; remove it there, or set a different one for this host",
                part.label(),
                facts.root.option()
            )));
        }
    }
    Ok(resolution)
}

fn decide(facts: &Facts, resolution: &Resolution, options: &Reseed) -> Result<plan::Plan, Failure> {
    let consent = Consent {
        existing: OnExisting::Replace,
        disrupt: options.disrupt,
        boot: false,
        via: None,
    };
    let plan = plan::plan(facts, resolution, consent)?;
    if plan.refusals.is_empty() {
        Ok(plan)
    } else {
        Err(Failure::refused(
            &"an active session uses the identity; sanid status shows the session",
        ))
    }
}

/// The administrator's consent, typed or given with the command.
fn consent(options: &Reseed, seen: &Seen) -> Result<(), Failure> {
    if options.yes {
        return Ok(());
    }
    if !can_ask() {
        return Err(Failure::refused(&format!(
            "this gives the host a new machine-id and a new identity, and arrays know it by the old one. There is no terminal to confirm on\n\
             Fixes:\n  \
             {}   see what would be done\n  \
             {}       do it",
            losses::command(seen, options, true),
            losses::command(seen, options, false)
        )));
    }
    let mut page = Page::new();
    losses::show(&mut page, &losses::reports(&seen.dependents));
    crate::complain(&page.into_text());
    let known = old(&seen.before)
        .iqn
        .map(|iqn| format!("Arrays know it as {iqn}, and refuse it until they know the new names"));
    crate::complain(&format!(
        "this gives the host a new machine-id and a new identity. {}",
        known.as_deref().unwrap_or("It has no initiator name yet")
    ));
    if confirm()? {
        Ok(())
    } else {
        Err(Failure::refused(&"nothing was changed"))
    }
}

fn old(facts: &Facts) -> NamesReport {
    NamesReport::new(&Names::of_files(|file| facts.disk.effective_text(file)))
}

fn report(decision: &Decision, done: bool) -> ReseedReport {
    let new = NamesReport::new(&decision.resolution.names());
    let restart = if done {
        report::restart(&decision.plan)
    } else {
        Vec::new()
    };
    let restart = restart.into_iter().map(|way| Restart {
        command: way.command,
        effect: way.effect,
    });
    ReseedReport {
        api_version: sanid_host::API_VERSION,
        kind: "Reseed",
        outcome: if done {
            Outcome::Changed
        } else {
            Outcome::WouldChange
        },
        old: old(&decision.seen.before),
        new: done.then_some(new),
        restart: restart.collect(),
        dependents: Some(losses::reports(&decision.seen.dependents)),
        notices: vec![
            "give the new names to the arrays (ACLs, allowed hosts) before storage is connected; remove the old ones only if no other host has them".into(),
            "reboot: programs that read the machine-id once, such as the journal, D-Bus and DHCP clients, keep the old one until then".into(),
            "rebuild the initramfs images that connect storage: update-initramfs -u, dracut --force".into(),
        ],
    }
}

fn page(report: &ReseedReport) -> Page {
    let mut page = Page::new();
    page.line(match report.outcome {
        Outcome::Changed => page.tone(
            Tone::Good,
            "reseeded: a new machine-id, and with it a new identity",
        ),
        _ => page.tone(
            Tone::Warning,
            "would make a new machine-id, and with it a new identity",
        ),
    });
    let name = |report: &NamesReport, file| report.names().of(file).map(str::to_owned);
    for file in IdentityFile::ALL {
        let old = name(&report.old, file);
        let new = report.new.as_ref().and_then(|new| name(new, file));
        let show = |name: &Option<String>, other: &str| {
            let name = name.as_ref().map(|name| name.escape_debug().to_string());
            (Tone::Plain, name.unwrap_or_else(|| other.to_owned()))
        };
        page.detail(page.tone(Tone::Heading, file.holds()));
        let old = [(Tone::Faint, "old".to_owned()), show(&old, "(none)")];
        let new = [
            (Tone::Faint, "new".to_owned()),
            show(&new, "(made when it is done)"),
        ];
        page.rows(4, &[old, new]);
    }
    if !report.restart.is_empty() {
        page.gap();
        page.line("Running programs keep the old name until restarted:");
        let row = |way: &Restart| {
            [
                (Tone::Heading, way.command.clone()),
                (Tone::Plain, way.effect.clone()),
            ]
        };
        page.rows(2, &report.restart.iter().map(row).collect::<Vec<_>>());
    }
    page.gap();
    losses::show(&mut page, report.dependents.as_deref().unwrap_or_default());
    page.gap();
    for notice in &report.notices {
        page.line(format!("{}: {notice}", page.tone(Tone::Warning, "notice")));
    }
    page
}
