//! What the initramfs of this boot used and held, against disk and desired.

use std::fmt::Write as _;

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::place::part_of;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Observed::Saw(seen) = &view.facts.initramfs else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for file in IdentityFile::ALL {
        let sourced = file.kind().sourced.as_ref();
        let used = match (seen.name(file), sourced) {
            (Some(Err(hazard)), Some(sourced)) => {
                let what = format!("/{}: the shell of dracut {hazard}", sourced.used);
                findings.push(finding(view, Code::InitramfsDiffers, file, what));
                None
            }
            (name, _) => name.and_then(Result::ok),
        };
        if let Some(differs) = used.as_deref().and_then(|used| against(view, file, used)) {
            let what = format!("the initramfs used the {} {differs}", file.holds());
            findings.push(finding(view, Code::InitramfsDiffers, file, what));
        }
        let copy = sourced.zip(seen.image_sourced.get(&file));
        let copy = copy.map(|(sourced, bytes)| ((sourced.shell)(bytes).ok(), sourced.image));
        let held = (seen.image.effective_text(file), file.path());
        let held = std::iter::once(held).chain(copy);
        for (value, path) in held {
            // What was used is said already.
            let Some(value) = value.filter(|value| used.as_ref() != Some(value)) else {
                continue;
            };
            if let Some(differs) = against(view, file, &value) {
                let what = format!("the image of the initramfs contains /{path} with {differs}");
                findings.push(finding(view, Code::InitramfsStale, file, what));
            }
        }
    }
    findings
}

/// The value in the form in which values are compared: a Host ID may be written in capitals.
fn plain(file: IdentityFile, value: String) -> String {
    (file.kind().in_use)(&value).unwrap_or(value)
}

/// The value beside what it is not, where it is another one than on disk or than the desired one.
fn against(view: &View<'_>, file: IdentityFile, value: &str) -> Option<String> {
    let value = &plain(file, value.to_owned());
    let disk = view.facts.disk.effective_text(file);
    let disk = disk.map(|disk| plain(file, disk));
    // The record's own finding says what to do about files that are unfinished or outdated work.
    let disk = disk.filter(|disk| disk != value && !super::record::is_own_work(view));
    let desired = view.resolution.value(file);
    let desired = desired.filter(|desired| desired != value);
    if disk.is_none() && desired.is_none() {
        return None;
    }
    let mut text = crate::root::escape(value.as_bytes());
    let others = if disk == desired {
        [("on disk and desired", disk), ("", None)]
    } else {
        [("on disk", disk), ("desired", desired)]
    };
    for (word, other) in others {
        if let Some(other) = other {
            // Writing to a String cannot fail.
            let _ = write!(text, "; {word}: {}", crate::root::escape(other.as_bytes()));
        }
    }
    Some(text)
}

fn finding(view: &View<'_>, code: Code, file: IdentityFile, seen: String) -> Finding {
    let fix = vec![
        "update-initramfs -u, or dracut --force   to rebuild the image, once the disk has the correct name"
            .into(),
        format!(
            "sanid-image initramfs{}   to see what each image contains",
            view.facts.root.option()
        ),
    ];
    Finding {
        code,
        part: Some(part_of(file)),
        seen,
        why: if code == Code::InitramfsDiffers {
            "The root file system was connected under one name and later connections use a different one: an array that knows only one of the two refuses the other, and Linux 6.5 and later refuses half of a different pair."
        } else {
            "Without sanid in it the image would use that name, and so would every host that boots a copy of it."
        },
        fix,
    }
}
