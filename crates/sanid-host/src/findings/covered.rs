//! Files that sanid's mounts cover.

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::place::part_of;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Observed::Saw(covered) = &view.facts.covered else {
        return Vec::new();
    };
    let one = |file: IdentityFile| {
        let hidden = covered.effective_text(file)?;
        let seen = view.facts.disk.effective_text(file);
        (seen.as_ref() != Some(&hidden)).then(|| Finding {
            code: Code::CoveredFile,
            part: Some(part_of(file)),
            seen: format!(
                "the file below the mount over /{} holds {hidden:?}",
                file.path()
            ),
            why: "A package or an image installed it: programs that start before sanid, or on a system without it, use that name.",
            fix: vec![
                "empty it at its source, the package or the image".into(),
                format!("{}   to use files, and to compare it", view.command("apply --via file")),
            ],
        })
    };
    IdentityFile::ALL.into_iter().filter_map(one).collect()
}
