//! `sanid show` = observe, decide, print.

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_host::report::IdentityReport;
use sanid_host::resolve::{self, Candidate, Part, Resolution, SourceKind, Verdict};
use sanid_host::{IdentityFile, Look};

use crate::args::{Format, Show};
use crate::host::{self, Access};

pub(crate) fn run(options: &Show) -> Result<Exit, Failure> {
    let root = host::open(options.host.root.as_deref(), Access::Read)?;
    let facts = sanid_host::observe(&root, &Look::default())?;
    let resolution = resolve::resolve(&facts);
    if let Some(failure) = Failure::without_names(&resolution) {
        return Err(failure);
    }
    match options.host.format {
        Format::Json => json(&IdentityReport::new(&resolution, options.explain))?,
        Format::Text => page(&resolution, options.explain).print()?,
    }
    if let Some(notice) = host::unseen(&facts) {
        crate::complain(&notice);
    }
    if resolution.publishes_seed(&facts) {
        crate::complain(&format!(
            "scheme {} puts the machine-id itself into the names; machine-id(5) asks to keep it confidential",
            resolution.scheme
        ));
    }
    Ok(match Failure::withheld(&resolution) {
        // The document above is the answer.
        Some(failure) => failure.report(crate::NAME, false),
        None => Exit::Fine,
    })
}

fn page(resolution: &Resolution, explain: bool) -> Page {
    let mut page = Page::new();
    identity(&mut page, resolution);
    if explain {
        for part in Part::ALL {
            page.gap();
            page.line(page.tone(
                Tone::Heading,
                format!("{}, highest source first", part.label()),
            ));
            let candidates = resolution.candidates.iter().filter(|one| one.part == part);
            let rows: Vec<_> = candidates.map(row).collect();
            page.rows(2, &rows);
        }
        if let Some(lines) = recompute(resolution) {
            page.gap();
            page.line(page.tone(Tone::Heading, "to recompute it without sanid, on this host"));
            for line in lines {
                page.detail(line);
            }
        }
    }
    page
}

/// The names, and where they come from.
pub(crate) fn identity(page: &mut Page, resolution: &Resolution) {
    let label = |text: &str| (Tone::Faint, text.to_owned());
    let value = |text: String| (Tone::Plain, text);
    let mut rows: Vec<_> = IdentityFile::ALL
        .into_iter()
        .filter_map(|file| Some([label(file.holds()), value(resolution.value(file)?)]))
        .collect();
    let place = |part| resolution.origin(part).ok().map(|(_, place)| place);
    let places = Part::ALL.map(|part| (part, place(part)));
    let mut distinct: Vec<_> = places.iter().map(|(_, place)| *place).collect();
    distinct.dedup();
    if let [place] = distinct.as_slice() {
        rows.extend(place.map(|place| [label("from"), value(place.to_owned())]));
    } else {
        rows.extend(places.into_iter().filter_map(|(part, place)| {
            Some([label(part.origin_label()), value(place?.to_owned())])
        }));
    }
    page.rows(0, &rows);
}

fn row(candidate: &Candidate) -> [(Tone, String); 4] {
    let (tone, verdict) = match candidate.verdict {
        Verdict::Chosen => (Tone::Good, "chosen".to_owned()),
        Verdict::Outranked(by) => (Tone::Plain, format!("outranked by {}", by.as_str())),
        Verdict::Silent => (Tone::Faint, "not set".to_owned()),
    };
    [
        (Tone::Plain, candidate.source.as_str().to_owned()),
        (tone, verdict),
        (Tone::Plain, candidate.value.clone().unwrap_or_default()),
        (Tone::Faint, candidate.place.clone().unwrap_or_default()),
    ]
}

/// The command of a program that is on the host already and gives the same UUID.
fn recompute(resolution: &Resolution) -> Option<Vec<String>> {
    let is_derived = |part| matches!(resolution.origin(part), Ok((SourceKind::Derived, _)));
    if !Part::ALL.into_iter().any(is_derived) {
        return None;
    }
    let lines: &[&str] = match (resolution.scheme, resolution.seed_name) {
        ("sanid-v1", Some("machine-id")) => &[
            "systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u",
            "the Host ID is its answer, the host NQN ends in it, the initiator name ends in it without dashes",
        ],
        ("sanid-v1", _) => {
            &["docs/schemes.md has the command of openssl for a seed that is not the machine-id"]
        }
        ("nvme-cli-1", _) => &[
            "systemd-id128 machine-id --app-specific=c7f4618112be49328c83106f9dddd86b",
            "the host NQN ends in its answer, the Host ID is the same with dashes",
        ],
        ("nvme-stas", _) => &["stasadm hostnqn"],
        ("nvme-cli-3", Some("machine-id")) => &[
            "systemd-id128 machine-id --app-specific=853c3220ca644dada06f1dc752e32263 -u",
            "the Host ID is its answer, and the host NQN ends in it",
        ],
        ("nvme-cli-2" | "nvme-cli-3" | "nvme-tool", _) => &["nvme gen-hostnqn"],
        _ => return None,
    };
    Some(lines.iter().map(ToString::to_string).collect())
}
