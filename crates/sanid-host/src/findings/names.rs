//! The names on disk: do they keep the standard, and does everybody take them?

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::part::{Part, part_of};

/// A name that breaks the standard and is the desired one.
pub(crate) fn kept(
    view: &View<'_>,
    file: IdentityFile,
    text: &str,
    seen: &str,
    why: &'static str,
) -> Option<Finding> {
    let is_desired = view.resolution.value(file).as_deref() == Some(text);
    is_desired.then(|| Finding {
        code: Code::NameNotConformant,
        part: Some(part_of(file)),
        seen: seen.to_owned(),
        why,
        fix: vec!["give the host a conformant name, once the arrays know it".into()],
    })
}

pub(crate) fn portable(
    view: &View<'_>,
    part: Part,
    name: &str,
    portability: &sanid_core::Portability,
) -> Option<Finding> {
    let issues: Vec<String> = portability
        .issues()
        .iter()
        .map(ToString::to_string)
        .collect();
    (!issues.is_empty()).then(|| Finding {
        code: Code::NameNotPortable,
        part: Some(part),
        seen: format!("{name}: {}", issues.join("; ")),
        why: "The name is valid, but some programs refuse it or read it differently: access works on one array and fails on the next.",
        fix: vec![format!("{}   once the arrays know the new name", view.command("apply --replace"))],
    })
}
