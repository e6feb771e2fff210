//! `sanid-image seal`.

use sanid_cli::{Page, Progress, Tone, json};
use sanid_host::root::printable;
use sanid_host::{Look, Root, derived_names, observe};

use super::{Exit, Failure, Format, Seal};
use crate::report::without_ids;
use crate::seal::{Action, Plan, SealError, SealReport, carry_out, plan, refusal};

pub(super) fn run(options: &Seal) -> Result<Exit, Failure> {
    let root = super::opened(&options.root)?;
    if let Some(refusal) = refusal(&root).filter(|_| !options.this_host) {
        return Err(Failure::refused(&format!("refused: {refusal}")));
    }
    let progress = Progress::items(None, "files");
    let only = options.keep_foreign.then(|| derived(&root)).transpose()?;
    let plan = plan(&root, only.as_deref(), &mut |_| {
        progress.item(String::new());
    });
    progress.done();
    let image = without_ids(&printable(&options.root));
    let mut report = SealReport::new(&image, &plan, options.dry_run);
    if options.format == Format::Text {
        // Printed first, so that an administrator can still stop it.
        announced(&report).print()?;
    }
    let refused = !options.dry_run && act(&root, &plan, &mut report, options.this_host);
    match options.format {
        Format::Text => outcome(&report).print()?,
        Format::Json => json(&report)?,
    }
    Ok(exit(&report, &plan, refused))
}

/// The names that sanid derived for the system below a root.
fn derived(root: &Root) -> Result<Vec<String>, Failure> {
    let facts = observe(root, &Look::default()).map_err(|error| Failure::error(&error))?;
    Ok(derived_names(&facts))
}

/// Does every step that can be done; whether all that could not was refused.
fn act(root: &Root, plan: &Plan, report: &mut SealReport, this_host: bool) -> bool {
    let mut refused = true;
    for (step, reported) in plan.steps.iter().zip(&mut report.steps) {
        match carry_out(root, step, this_host) {
            Ok(()) => reported.done = true,
            Err(error) => {
                refused &= matches!(error, SealError::OfThisHost { .. });
                reported.error = Some(plan.linted.shown_path(&error.to_string()));
            }
        }
    }
    refused
}

fn exit(report: &SealReport, plan: &Plan, refused: bool) -> Exit {
    if report.steps.iter().any(|step| step.error.is_some()) {
        if refused { Exit::Refused } else { Exit::Error }
    } else if plan.linted.damage.is_some() {
        Exit::Error
    } else if report.left.is_empty() {
        Exit::Fine
    } else {
        Exit::Findings
    }
}

fn announced(report: &SealReport) -> Page {
    let mut page = Page::new();
    for step in &report.steps {
        let path = &step.path;
        page.line(match step.action {
            Action::Remove => format!("remove {path}"),
            Action::Edit(_) => format!("edit {path}: remove names and secrets, keep the rest"),
            Action::Reset => format!("reset {path}, to `uninitialized`"),
        });
        page.detail(&step.seen);
    }
    if report.steps.is_empty() {
        page.line(format!("nothing to do in {}", report.image));
    }
    page
}

/// Follows what was announced, with an empty line between them.
fn outcome(report: &SealReport) -> Page {
    let mut page = Page::new();
    let done = report.steps.iter().filter(|step| step.done).count();
    if done > 0 {
        page.line(format!("\ndone: {done} of {}", report.steps.len()));
    }
    for error in report.steps.iter().filter_map(|step| step.error.as_ref()) {
        page.line(format!("\n{}: {error}", page.tone(Tone::Danger, "error")));
    }
    if report.left.is_empty() {
        return page;
    }
    page.line("\nnot removed:");
    for finding in &report.left {
        page.gap();
        super::lint::one(&mut page, finding);
    }
    if let Some(note) = super::lint::inside(&report.image) {
        page.gap();
        page.line(note);
    }
    page
}
