//! What the initramfs of this boot used and held, against disk and desired.

use sanid_core::HostId;

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::parse::initiatorname;
use crate::place::part_of;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Observed::Saw(seen) = &view.facts.initramfs else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for file in IdentityFile::ALL {
        let used = match file {
            IdentityFile::InitiatorName => match seen.iqn() {
                Some(Err(hazard)) => {
                    let what = format!("/run/initiatorname.iscsi: the shell of dracut {hazard}");
                    findings.push(finding(view, Code::InitramfsDiffers, file, what));
                    None
                }
                iqn => iqn.and_then(Result::ok),
            },
            _ => seen.used.effective_text(file),
        };
        if let Some(differs) = used.as_deref().and_then(|used| against(view, file, used)) {
            let what = format!("the initramfs used the {} {differs}", file.holds());
            findings.push(finding(view, Code::InitramfsDiffers, file, what));
        }
        let copy = seen
            .image_copy
            .as_deref()
            .filter(|_| file == IdentityFile::InitiatorName);
        let copy = copy.and_then(|bytes| initiatorname::shell(bytes).ok());
        let held = [
            (seen.image.effective_text(file), file.path()),
            (copy, "etc/initiatorname.iscsi"),
        ];
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
    match file {
        IdentityFile::HostId => HostId::parse(&value).map_or(value, |id| id.to_string()),
        _ => value,
    }
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
            text.push_str("; ");
            text.push_str(word);
            text.push_str(": ");
            text.push_str(&crate::root::escape(other.as_bytes()));
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
