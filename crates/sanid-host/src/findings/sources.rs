//! Where the identity comes from: is there a source, and is what it gives fit to be one host's?

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::recognise;
use crate::resolve::{Part, ResolveError};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let resolution = view.resolution;
    let errors = resolution.errors();
    for error in &errors {
        let is_of = |part: &Part| resolution.origin(*part) == Err(*error);
        let parts: Vec<Part> = Part::ALL.into_iter().filter(is_of).collect();
        findings.push(withheld(view, error, &parts));
    }
    for (part, error) in &resolution.outranked_faults {
        let known = errors.contains(&error);
        findings.extend((!known).then(|| outranked(view, *part, error)));
    }
    findings.extend(view.facts.settings.unknown.iter().map(|(name, origin)| Finding {
        code: Code::ConfigUnknown,
        part: None,
        seen: format!("{origin} sets {name}, which this version of sanid does not know"),
        why: "sanid ignores it. It cannot concern any name that this version sets, so those names are in place.",
        fix: vec![
            "install the version of sanid that it was written for".into(),
            format!("remove {name}, if it is a mistake"),
        ],
    }));
    if resolution.publishes_seed(view.facts) {
        findings.push(published(view, resolution.scheme));
    } else {
        findings.extend(Part::ALL.into_iter().filter_map(|part| on_disk(view, part)));
    }
    if let Some(error) = &view.facts.credentials.unseen {
        findings.push(Finding {
            code: Code::CredentialsUnseen,
            part: None,
            seen: error.to_string(),
            why: "A credential can give this host its names or its configuration; what it gives is not part of this report.",
            fix: vec![view.command("status") + "   as root"],
        });
    }
    if let Some(template) = &view.facts.settings.iqn_template {
        if !template.value.is_unique() {
            findings.push(Finding {
                code: Code::TemplateNotUnique,
                part: None,
                seen: format!("iqn-template at {} has no {{id}} part", template.origin),
                why: "Every host with this configuration has the same initiator name: each login ends the other host's session, and both may write to one volume.",
                fix: vec!["add {id} or {id12} to iqn-template".into()],
            });
        }
    }
    findings
}

/// Why these parts have no name.
fn withheld(view: &View<'_>, error: &ResolveError, parts: &[Part]) -> Finding {
    let part = match parts {
        [only] => Some(*only),
        _ => None,
    };
    match error {
        ResolveError::NoSeed(reason) => Finding {
            code: Code::NoSeed,
            part,
            seen: error.to_string(),
            why: "Without a stable seed sanid cannot derive an identity; a random one would change at every boot.",
            fix: reason.remedy(&view.facts.root.systemd_option()),
        },
        _ => Finding {
            code: Code::SourceInvalid,
            part,
            seen: error.to_string(),
            why: "Without this source the host would get a different identity than the configured one.",
            fix: vec![view.command("config")],
        },
    }
}

fn outranked(view: &View<'_>, part: Part, error: &ResolveError) -> Finding {
    Finding {
        code: Code::SourceFault,
        part: Some(part),
        seen: error.to_string(),
        why: "A higher source sets the name, so this source has no effect now. Without the higher source the host would have no name.",
        fix: vec![view.command("show --explain")],
    }
}

fn published(view: &View<'_>, scheme: &str) -> Finding {
    Finding {
        code: Code::SeedPublished,
        part: None,
        seen: format!(
            "scheme {scheme} (set at {}) puts the machine-id itself into the names",
            view.facts.settings.scheme.origin
        ),
        why: PUBLISHED,
        fix: vec!["choose scheme = \"sanid-v1\" once the arrays know the new names".into()],
    }
}

/// Names on disk in which the seed can be read, whatever made them. They are not repeated.
fn on_disk(view: &View<'_>, part: Part) -> Option<Finding> {
    let files = recognise::publishing(view.facts, part);
    let paths: Vec<String> = files
        .iter()
        .map(|file| format!("/{}", file.path()))
        .collect();
    let is_desired =
        |file: &IdentityFile| view.facts.disk.effective_text(*file) == view.resolution.value(*file);
    let fix = if files.iter().all(is_desired) {
        "give the host a name that does not contain it, once the arrays know that name".to_owned()
    } else {
        format!(
            "{}   once the arrays know the desired name",
            view.command("apply --replace")
        )
    };
    (!files.is_empty()).then(|| Finding {
        code: Code::SeedPublished,
        part: Some(part),
        seen: format!(
            "the name in {} contains the machine-id, or the UUID that is the seed, in plain",
            paths.join(" and in ")
        ),
        why: PUBLISHED,
        fix: vec![fix],
    })
}

const PUBLISHED: &str = "machine-id(5) asks to keep it confidential: anyone who knows it can compute every id derived from it.";
