//! `sanid status` = observe, decide, print what differs.

use sanid_cli::{Exit, Failure, FindingText, Page, Tone, json};
use sanid_host::findings::{self, Finding, Severity};
use sanid_host::plan::live::{Session, sessions};
use sanid_host::plan::{desired, on_disk};
use sanid_host::report::StatusReport;
use sanid_host::resolve::{self, Part, Resolution};
use sanid_host::{Effective, Facts, IdentityFile, Look, Names, Observed};

use crate::args::{Status, StatusFormat};
use crate::host::{self, Access};

pub(crate) fn run(options: &Status) -> Result<Exit, Failure> {
    let outcome = look(options);
    if outcome.is_err() && matches!(options.format, StatusFormat::Npd) {
        // node-problem-detector takes its message from standard output alone.
        let mut page = Page::new();
        page.line("unknown: sanid status shows why");
        page.print()?;
    }
    outcome
}

fn look(options: &Status) -> Result<Exit, Failure> {
    let root = host::open(options.root.as_deref(), Access::Read)?;
    let facts = sanid_host::observe(&root, &Look::everything())?;
    let resolution = resolve::resolve(&facts);
    let findings = findings::findings(&facts, &resolution);
    match options.format {
        StatusFormat::Json => {
            json(&StatusReport::new(&facts, &resolution, &findings))?;
        }
        StatusFormat::Text => page(&facts, &resolution, &findings).print()?,
        StatusFormat::Nfd => features(&facts, &findings).print()?,
        StatusFormat::Npd => problem(&findings).print()?,
    }
    Ok(if to_do(&findings).next().is_none() {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

fn to_do(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings
        .iter()
        .filter(|one| one.code.severity() != Severity::Info)
}

/// A file for `features.d` of node-feature-discovery: one `key=value` in a line. A name with a colon is a
/// feature that rules can match, and no legal label.
fn features(facts: &Facts, findings: &[Finding]) -> Page {
    let mut page = Page::new();
    let mut features = Vec::new();
    for file in IdentityFile::ALL {
        if let Effective::Valid(name) = facts.disk.effective(file) {
            let line = format!("sanid.dev/{}={name}", file.key());
            if name.contains(':') {
                features.extend(["# +no-label".to_owned(), line]);
            } else {
                features.insert(0, line);
            }
        }
    }
    for line in features {
        page.line(line);
    }
    let number = to_do(findings).count();
    page.line(format!("sanid.dev/findings={number}"));
    page
}

/// The output for node-problem-detector: one line, of which it shows 80 bytes.
fn problem(findings: &[Finding]) -> Page {
    let mut page = Page::new();
    let worst = to_do(findings).max_by_key(|one| one.code.severity());
    match (worst, to_do(findings).count()) {
        (None, _) => page.line("no findings"),
        (Some(worst), 1) => page.line(worst.code.as_str()),
        (Some(worst), number) => {
            page.line(format!("{} and {} more", worst.code.as_str(), number - 1));
        }
    }
    page
}

fn page(facts: &Facts, resolution: &Resolution, findings: &[Finding]) -> Page {
    let mut page = Page::new();
    page.line(page.tone(Tone::Heading, "on disk"));
    let rows = IdentityFile::ALL.map(|file| row(facts, file, resolution.value(file)));
    page.rows(2, &rows);
    live(&mut page, facts);
    readers(&mut page, facts);
    drift(&mut page, facts, resolution);
    page.gap();
    if findings.is_empty() {
        page.line(page.tone(Tone::Good, "no findings"));
    }
    for (index, one) in findings.iter().enumerate() {
        if index > 0 {
            page.gap();
        }
        page.finding(&FindingText {
            severity: one.code.severity(),
            code: one.code.as_str(),
            path: None,
            seen: &one.seen,
            why: one.why,
            fix: &one.fix,
        });
    }
    page
}

fn row(facts: &Facts, file: IdentityFile, desired: Option<String>) -> [(Tone, String); 3] {
    let (value, verdict) = match facts.disk.effective(file) {
        Effective::Valid(value) => {
            let verdict = match desired {
                Some(desired) if value == desired => (Tone::Good, "as desired".to_owned()),
                Some(_) => (Tone::Warning, "not the desired one".to_owned()),
                None => (Tone::Plain, String::new()),
            };
            (value, verdict)
        }
        Effective::Irregular { text, .. } if desired.as_ref() == Some(&text) => {
            (text, (Tone::Warning, "as desired".to_owned()))
        }
        Effective::Irregular { text, .. } | Effective::Invalid { text, .. } => {
            (text, (Tone::Danger, "invalid".to_owned()))
        }
        other => ("-".to_owned(), (Tone::Warning, other.state().to_owned())),
    };
    [
        (Tone::Faint, file.holds().to_owned()),
        (Tone::Plain, value),
        verdict,
    ]
}

fn live(page: &mut Page, facts: &Facts) {
    let all = Part::ALL.map(|part| sessions(facts, part, &Names::default()));
    let row = |Session { user, .. }: &Session| {
        [
            (Tone::Faint, user.name.clone()),
            (Tone::Plain, user.uses.clone()),
            (Tone::Plain, user.peer.clone().unwrap_or_default()),
        ]
    };
    let rows: Vec<_> = all.iter().flat_map(Observed::seen).map(row).collect();
    if rows.is_empty() {
        return;
    }
    page.gap();
    page.line(page.tone(Tone::Heading, "live"));
    page.rows(2, &rows);
}

/// The programs that do not take the names on disk.
fn readers(page: &mut Page, facts: &Facts) {
    let differing = sanid_host::readers::differing(facts);
    if differing.is_empty() {
        return;
    }
    page.gap();
    page.line(page.tone(Tone::Heading, "readers with a different name"));
    let rows = differing.into_iter().map(|one| {
        let name = match one.why {
            Some(why) if one.names.is_empty() => format!("nothing: it {why}"),
            _ => one.names.to_string(),
        };
        [
            (Tone::Faint, one.reader.to_owned()),
            (Tone::Plain, name),
            (Tone::Plain, format!("from {}", one.from)),
        ]
    });
    let rows: Vec<_> = rows.collect();
    page.rows(2, &rows);
}

fn drift(page: &mut Page, facts: &Facts, resolution: &Resolution) {
    let named = |part: &Part| resolution.origin(*part).is_ok();
    let differs = |part: &Part| on_disk(facts, *part) != desired(resolution, *part);
    if !Part::ALL.iter().filter(|part| named(part)).any(differs) {
        return;
    }
    page.gap();
    page.line(page.tone(Tone::Heading, "desired"));
    let mut inner = page.inner(2);
    super::show::identity(&mut inner, resolution);
    page.include(2, &inner);
}
