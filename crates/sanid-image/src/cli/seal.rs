//! `sanid-image seal`.

use std::fmt::Write as _;

use sanid_cli::Progress;
use sanid_host::Root;
use sanid_host::root::printable;

use super::{Exit, Failure, Format, Seal};
use crate::report::without_ids;
use crate::seal::{Plan, SealError, SealReport, carry_out, plan, refusal};

pub(super) fn run(options: &Seal) -> Result<Exit, Failure> {
    let root = super::opened(&options.root)?;
    if let Some(refusal) = refusal(&root).filter(|_| !options.this_host) {
        return Err(Failure::refused(&format!("refused: {refusal}")));
    }
    let progress = Progress::items(None, "files");
    let plan = plan(&root, &mut |_| progress.item(String::new()));
    progress.done();
    let image = without_ids(&printable(&options.root));
    let mut report = SealReport::new(&image, &plan, options.dry_run);
    if options.format == Format::Text {
        // Before anything is done: who looks can still stop it.
        super::print_wrapped(&announced(&report))?;
    }
    let refused = !options.dry_run && act(&root, &plan, &mut report, options.this_host);
    match options.format {
        Format::Text => super::print_wrapped(&outcome(&report))?,
        Format::Json => super::json(&report)?,
    }
    Ok(exit(&report, refused))
}

/// Does every step that can be done; whether all that could not was refused.
fn act(root: &Root, plan: &Plan, report: &mut SealReport, this_host: bool) -> bool {
    let mut refused = true;
    for (step, told) in plan.steps.iter().zip(&mut report.steps) {
        match carry_out(root, step, this_host) {
            Ok(()) => told.done = true,
            Err(error) => {
                refused &= matches!(error, SealError::OfThisHost { .. });
                told.error = Some(plan.linted.shown_path(&error.to_string()));
            }
        }
    }
    refused
}

fn exit(report: &SealReport, refused: bool) -> Exit {
    if report.steps.iter().any(|step| step.error.is_some()) {
        if refused { Exit::Refused } else { Exit::Error }
    } else if report.left.is_empty() {
        Exit::Fine
    } else {
        Exit::Findings
    }
}

/// Writing to a String cannot fail.
fn announced(report: &SealReport) -> String {
    let mut text = String::new();
    for step in &report.steps {
        let becomes = match step.action {
            "reset" => ", to `uninitialized`",
            _ => "",
        };
        let _ = writeln!(
            text,
            "{} {}{becomes}\n  {}",
            step.action, step.path, step.seen
        );
    }
    if report.steps.is_empty() {
        let _ = writeln!(text, "nothing to do in {}", report.image);
    }
    text
}

fn outcome(report: &SealReport) -> String {
    let mut text = String::new();
    let done = report.steps.iter().filter(|step| step.done).count();
    if done > 0 {
        let _ = writeln!(text, "\ndone: {done} of {}", report.steps.len());
    }
    for step in &report.steps {
        if let Some(error) = &step.error {
            let _ = writeln!(text, "\nerror: {error}");
        }
    }
    if !report.left.is_empty() {
        text.push_str("\nleft, since only you can know what else it is for:\n");
    }
    for finding in &report.left {
        text.push('\n');
        super::lint::one(&mut text, finding);
    }
    let inside = super::lint::inside(&report.image);
    if !report.left.is_empty() && !inside.is_empty() {
        let _ = write!(text, "\n{inside}");
    }
    text
}
