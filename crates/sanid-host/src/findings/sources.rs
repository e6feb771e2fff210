//! Where the identity comes from: is there a source, and is what it gives fit to be one host's?

use super::{Code, Finding, View};
use crate::resolve::ResolveError;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match view.resolution {
        Err(error @ ResolveError::NoSeed(reason)) => findings.push(Finding {
            code: Code::NoSeed,
            part: None,
            seen: error.to_string(),
            why: "Without a stable seed there is no identity to give; a random one would be another at every boot.",
            fix: reason.remedy(&view.facts.root.systemd_option()),
        }),
        Err(error) => findings.push(Finding {
            code: Code::SourceInvalid,
            part: None,
            seen: error.to_string(),
            why: "To go on without this source would give the host another identity than the one asked for.",
            fix: vec![view.command("config")],
        }),
        Ok(resolution) => {
            if resolution.publishes_seed(view.facts) {
                findings.push(published(view, resolution.scheme));
            }
        }
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

fn published(view: &View<'_>, scheme: &str) -> Finding {
    Finding {
        code: Code::SeedPublished,
        part: None,
        seen: format!(
            "scheme {scheme} (set at {}) puts the machine-id itself into the names",
            view.facts.settings.scheme.origin
        ),
        why: "machine-id(5) asks to keep it confidential: whoever knows it can compute every id derived from it.",
        fix: vec!["choose scheme = \"sanid-v1\" once the arrays know the new names".into()],
    }
}
