//! What else writes the identity files.

use super::{Code, Finding, View};
use crate::facts::{Guard, When, Writer};
use crate::place::part_of;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let writers = view.facts.others.writers.seen().iter();
    writers.filter_map(|writer| one(view, writer)).collect()
}

fn one(view: &View<'_>, writer: &Writer) -> Option<Finding> {
    let open = writer.guard.is_open(view.facts.disk.file(writer.file));
    if !open {
        return None;
    }
    let when = match writer.when {
        When::Boot => "at every boot",
        When::Package => "when its package is installed or upgraded",
    };
    let (place, path) = (&writer.place, view.path(writer.file.path()));
    let lasting = |condition: &str| format!("{place} writes {path} {when}{condition}");
    let (code, seen, why) = match writer.guard {
        Guard::None => (
            Code::OtherWriter,
            lasting(", whatever it contains"),
            "It replaces the name that arrays know with one that it generates; if that name differs at each run, access is lost at each run.",
        ),
        Guard::GenerateName => (
            Code::OtherWriter,
            format!(
                "{place} replaces all of {path} when it runs, because it says GenerateName=yes"
            ),
            "The name is random: no array knows it, and it cannot be predicted.",
        ),
        Guard::Missing | Guard::Empty => (
            Code::WriterWaiting,
            lasting(" where it has no name, and it has none"),
            "It generates a name that no array knows, and sanid does not change that name later without consent.",
        ),
    };
    let fix = match (writer.guard, &writer.unit) {
        (Guard::GenerateName, _) => vec![
            format!("remove the line GenerateName=yes from {path}"),
            view.command("apply"),
        ],
        (Guard::None, Some(unit)) => vec![
            format!(
                "systemctl{} disable {unit}",
                view.facts.root.systemd_option()
            ),
            format!(
                "{}, if a name that it generated is there",
                view.command("apply --replace")
            ),
        ],
        (Guard::None, None) => vec![
            format!("remove what writes {path} from {place}"),
            format!(
                "{}, if a name that it generated is there",
                view.command("apply --replace")
            ),
        ],
        _ => view.apply(part_of(writer.file)),
    };
    Some(Finding {
        code,
        part: Some(part_of(writer.file)),
        seen,
        why,
        fix,
    })
}
