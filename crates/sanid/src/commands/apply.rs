//! `sanid apply`: the desired identity is put in place.

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_host::act::{self, Restart};
use sanid_host::config::{OnExisting, Origin};
use sanid_host::plan::{self, Consent, Plan};
use sanid_host::report::{
    AppliedReport, ApplyReport, Outcome, RefusalReport, SafetyRule, UserReport,
};
use sanid_host::resolve::{self, Resolution};
use sanid_host::{
    Change, Covered, Done, Facts, Look, Mode, Moment, Root, Step, Transaction, Via, unique,
};

use crate::args::{Apply, Format};
use crate::commands::hardware;
use crate::host::{self, Access};

pub(crate) fn run(options: &Apply) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    if options.reload && !root.is_running_host() {
        return Err(Failure::error(
            &"--reload restarts units of the running host, and --root names a different one; omit one of the two",
        ));
    }
    let transaction = Transaction::new(&root, Mode::of_dry_run(options.dry_run));
    let mut change = Applying {
        options,
        seeds: false,
    };
    let mut proposal = transaction.propose(&change)?;
    if !options.boot && !proposal.plan.refusals.is_empty() {
        // A refusal names the scheme that gives the names on disk.
        change.seeds = true;
        proposal = transaction.propose(&change)?;
    }
    let Done { decision, receipt } = transaction.carry_out(&change, proposal)?;
    let mut report = match &receipt {
        Some(receipt) => ApplyReport::done(&decision.plan, receipt, &decision.facts.root),
        None => ApplyReport::planned(&decision.plan, &decision.facts.root),
    };
    if receipt.is_some() && !options.boot {
        report.notices.extend(hardware::notice(&decision.facts));
    }
    if options.dry_run {
        report.notices.extend(host::unseen(&decision.facts));
    }
    if options.keep {
        let kept: Vec<_> = decision.plan.kept.iter().map(|kept| kept.part).collect();
        let notices = unique::notices_of(&decision.facts, &decision.resolution, &kept);
        report.notices.extend(notices);
    }
    if options.boot && report.outcome != Outcome::Refused {
        report.notices.extend(hardware::notice(&decision.facts));
        report
            .notices
            .extend(hardware::complete(&root, &decision.facts));
    }
    let reloaded = if options.reload && report.outcome == Outcome::Changed {
        reload(&mut report, &act::restarts(&decision.plan), &decision.facts)
    } else {
        Exit::Fine
    };
    match options.host.format {
        Format::Json => json(&report)?,
        Format::Text => page(&report).print()?,
    }
    if decision.resolution.publishes_seed(&decision.facts) {
        let scheme = decision.resolution.scheme;
        crate::complain(&format!(
            "scheme {scheme} puts the machine-id itself into the names; machine-id(5) asks to keep it confidential"
        ));
    }
    if report.outcome == Outcome::Refused {
        return Ok(Exit::Refused);
    }
    // The part that has a name is in place; the fault of the second part is the result.
    Ok(match Failure::withheld(&decision.resolution) {
        Some(failure) => failure.report(crate::NAME, false),
        None => reloaded,
    })
}

/// Restarts the units that still have the old name, unless a volume depends on them.
fn reload(report: &mut ApplyReport, restarts: &[Restart], facts: &Facts) -> Exit {
    let live = live_names(facts);
    if !live.is_empty() {
        report.notices.push(format!(
            "nothing was restarted: {} is active, and a restart could log it in again or cut it off while its volumes are in use (safety rule 3); end it, then restart by hand",
            live.join(", ")
        ));
        return Exit::Refused;
    }
    let mut failed = false;
    for restart in restarts {
        match restart.carry_out() {
            Ok(restarted) => {
                // If none of the units is installed, no program has the old name.
                report
                    .restart
                    .retain(|way| way.command != restart.to_string());
                report
                    .reloaded
                    .extend(restarted.then(|| restart.to_string()));
            }
            Err(why) => {
                report.notices.push(format!("{restart} failed: {why}"));
                failed = true;
            }
        }
    }
    if failed { Exit::Error } else { Exit::Fine }
}

/// The kernel's names of all active sessions and controllers; what could not be read may be one.
pub(super) fn live_names(facts: &Facts) -> Vec<String> {
    let live = &facts.live;
    let unknown = |what: &str, why: Option<&str>| why.map(|why| format!("{what} ({why})"));
    let sessions = live.iscsi.seen().iter().map(|one| one.name.clone());
    let controllers = live.nvme.seen().iter().map(|one| one.name.clone());
    sessions
        .chain(controllers)
        .chain(unknown("an iSCSI session", live.iscsi.unknown()))
        .chain(unknown("an NVMe controller", live.nvme.unknown()))
        .collect()
}

/// The change that `apply` makes.
struct Applying<'a> {
    options: &'a Apply,
    /// Whether seeds of the firmware are read, to recognise names that were made of them.
    seeds: bool,
}

/// The host at one moment, and what follows from it.
struct Decision {
    facts: Facts,
    resolution: Resolution,
    plan: Plan,
    applied: AppliedReport,
}

impl Change for Applying<'_> {
    type Seen = Facts;
    type Decision = Decision;
    type Error = Failure;

    fn observe(&self, root: &Root, moment: Moment) -> Result<Facts, Failure> {
        let look = Look {
            covered: Covered::Uncover(self.options.via.map(Into::into)),
            // At boot the hardware is compared at every run.
            hardware: self.options.boot || moment == Moment::Locked,
            seeds: self.seeds,
            claim: self.options.keep,
            ..Look::default()
        };
        Ok(sanid_host::observe(root, &look)?)
    }

    fn facts(seen: &Facts) -> &Facts {
        seen
    }

    fn decide(&self, facts: Facts) -> Result<Decision, Failure> {
        let resolution = resolve::resolve(&facts);
        if let Some(failure) = Failure::without_names(&resolution) {
            return Err(failure);
        }
        let plan = plan::plan(&facts, &resolution, self.consent(&facts))?;
        let applied = AppliedReport::new(&resolution, &plan);
        Ok(Decision {
            facts,
            resolution,
            plan,
            applied,
        })
    }

    fn steps<'d>(&'d self, decision: &'d Decision) -> Vec<Step<'d>> {
        if decision.plan.refusals.is_empty() && !decision.plan.is_empty() {
            vec![Step::Names(&decision.facts, &decision.plan)]
        } else {
            Vec::new()
        }
    }

    fn publishes(&self, decision: &Decision) -> Option<Vec<u8>> {
        let due = decision.plan.refusals.is_empty()
            && decision.facts.root.volatile_run
            && !decision.applied.is_published(&decision.facts);
        due.then(|| decision.applied.bytes())
    }
}

impl Applying<'_> {
    fn consent(&self, facts: &Facts) -> Consent {
        let options = self.options;
        let configured = &facts.settings.on_existing;
        let existing = match (options.keep, options.replace) {
            (true, _) => OnExisting::Keep,
            (_, true) => OnExisting::Replace,
            // A configured value is meant for every boot; the default asks an administrator.
            _ if options.boot && configured.origin == Origin::Default => OnExisting::Keep,
            _ => configured.value,
        };
        Consent {
            existing,
            disrupt: options.disrupt,
            boot: options.boot,
            via: options.via.map(Into::into),
        }
    }
}

fn page(report: &ApplyReport) -> Page {
    let mut page = Page::new();
    let verb = match report.outcome {
        Outcome::Unchanged => (Tone::Good, "unchanged"),
        Outcome::Changed => (Tone::Good, "changed"),
        Outcome::WouldChange => (Tone::Warning, "would change"),
        Outcome::Refused => (Tone::Danger, "refused"),
    };
    let verb = page.tone(verb.0, verb.1);
    match report.outcome {
        Outcome::Unchanged if report.kept.is_empty() => {
            page.line(format!("{verb}: the files hold this host's identity"));
        }
        Outcome::Unchanged => page.line(&verb),
        Outcome::Changed | Outcome::WouldChange => changes(&mut page, report, &verb),
        Outcome::Refused => refusals(&mut page, report, &verb),
    }
    for kept in &report.kept {
        page.gap();
        let label = page.tone(Tone::Warning, "kept");
        page.line(format!(
            "{label}: the {} on disk, which is not the desired one; sanid status shows what to do",
            kept.part.label()
        ));
        page.rows(2, &two_names("on disk", &kept.on_disk, &kept.desired));
        for user in &kept.users {
            page.detail(format!(
                "in use by {}{}",
                user.name,
                peer(user.peer.as_deref())
            ));
        }
    }
    if report.outcome == Outcome::Changed && !report.restart.is_empty() {
        page.gap();
        page.line("Running programs keep the old name until restarted:");
        let rows: Vec<_> = report
            .restart
            .iter()
            .map(|way| command(&way.command, &way.effect))
            .collect();
        page.rows(2, &rows);
    }
    for command in &report.reloaded {
        page.gap();
        page.line(format!("{}: {command}", page.tone(Tone::Good, "restarted")));
    }
    for notice in &report.notices {
        page.gap();
        page.line(format!("{}: {notice}", page.tone(Tone::Warning, "notice")));
    }
    page
}

/// Each file as a difference that can be read at a glance.
fn changes(page: &mut Page, report: &ApplyReport, verb: &str) {
    for change in &report.changes {
        let mounted = if change.via == Via::Bind.word() {
            "; in memory, bind-mounted"
        } else {
            ""
        };
        page.line(format!(
            "{verb} {} ({}{mounted})",
            change.path, change.reason
        ));
        if let Some(before) = &change.before {
            if *before != change.after {
                page.detail(page.tone(Tone::Danger, format!("- {}", before.escape_debug())));
            }
        }
        page.detail(page.tone(Tone::Good, format!("+ {}", change.after)));
    }
    for path in &report.unmounted {
        page.line(format!("{verb} {path}: its mount is removed"));
    }
    for path in &report.modes {
        page.line(format!(
            "{verb} the mode of {path}, so that every storage program can read it"
        ));
    }
}

/// Each rule with all that it protects, why, and the fixes once.
fn refusals(page: &mut Page, report: &ApplyReport, verb: &str) {
    for (rule, broken) in [
        (
            SafetyRule::Existing,
            "the identity on disk is valid, and is not the desired one",
        ),
        (
            SafetyRule::Live,
            "live sessions use a different identity than the one to be written",
        ),
    ] {
        let refusals: Vec<_> = report
            .refusals
            .iter()
            .filter(|one| one.rule == rule)
            .collect();
        let Some(first) = refusals.first() else {
            continue;
        };
        page.gap();
        page.line(format!("{verb}: {broken} (safety rule {})", rule as u8));
        for refusal in &refusals {
            page.detail(page.tone(Tone::Heading, refusal.part.label()));
            match &refusal.on_disk {
                Some(on_disk) => page.rows(4, &two_names("on disk", on_disk, &refusal.desired)),
                None => page.rows(4, &two_names("in use", &users(refusal), &refusal.desired)),
            }
        }
        page.line(first.why);
        page.line("Fixes:");
        let mut ways: Vec<_> = Vec::new();
        for way in refusals.iter().flat_map(|one| &one.ways) {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        // Commands that end the sessions come before commands that do not.
        ways.sort_by_key(|way| way.command.starts_with("sanid"));
        let rows: Vec<_> = ways
            .iter()
            .map(|way| command(&way.command, &way.effect))
            .collect();
        page.rows(2, &rows);
    }
}

fn users(refusal: &RefusalReport) -> String {
    let user = |user: &UserReport| {
        format!(
            "{} by {}{}",
            user.uses,
            user.name,
            peer(user.peer.as_deref())
        )
    };
    refusal
        .users
        .iter()
        .map(user)
        .collect::<Vec<_>>()
        .join(", ")
}

fn command(command: &str, effect: &str) -> [(Tone, String); 2] {
    [
        (Tone::Heading, command.to_owned()),
        (Tone::Plain, effect.to_owned()),
    ]
}

fn two_names(label: &str, now: &str, desired: &str) -> [[(Tone, String); 2]; 2] {
    let row = |label: &str, value: &str| {
        [
            (Tone::Faint, label.to_owned()),
            (Tone::Plain, value.to_owned()),
        ]
    };
    [row(label, now), row("desired", desired)]
}

fn peer(peer: Option<&str>) -> String {
    peer.map(|peer| format!(" ({peer})")).unwrap_or_default()
}
