//! The findings, each with what to do.

use std::fmt::Write as _;

use super::charts::grouped;
use super::escape::text;
use crate::audit::{AuditReport, FindingReport};

/// More than this are not read one by one; the table has their hosts.
const MOST: usize = 200;
const MOST_LINES: usize = 50;
const MOST_HOSTS: usize = 30;

pub(super) fn section(report: &AuditReport) -> String {
    let mut out = String::from(
        "<section aria-labelledby=\"findings-title\">\n<h2 id=\"findings-title\">Findings</h2>\n",
    );
    if report.findings.is_empty() {
        out.push_str("<p class=\"panel\">No findings.</p>\n");
    }
    for (number, finding) in report.findings.iter().enumerate().take(MOST) {
        show(&mut out, number, finding);
    }
    let more = report.findings.len().saturating_sub(MOST);
    let omitted: u64 = report.counts.iter().map(|count| count.omitted).sum();
    if more > 0 || omitted > 0 {
        let _ = writeln!(
            out,
            "<p>{} more are not shown here: <code>sanid-fleet audit --format json --limit N</code> lists them.</p>",
            more as u64 + omitted
        );
    }
    out.push_str("</section>\n");
    out
}

fn show(out: &mut String, number: usize, finding: &FindingReport) {
    let severity = text(&finding.severity);
    let mut codes = text(&finding.code);
    for also in &finding.also {
        let _ = write!(codes, ", {}", text(also));
    }
    // The worst are open, as long as there are few.
    let open = if finding.severity == "danger" && number < 3 {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "<details class=\"finding {severity}\" id=\"finding-{number}\"{open}>\n<summary><span class=\"badge {severity}\">{severity}</span> <strong>{codes}</strong> <span>{}</span></summary>\n<div class=\"body\">",
        counted(finding)
    );
    let _ = writeln!(out, "<p>{}</p>", text(&finding.seen));
    let about = finding.about.iter().filter(|_| finding.cause.is_some());
    let lines: Vec<&String> = about.chain(&finding.details).collect();
    if !lines.is_empty() {
        out.push_str("<ul class=\"mono\">\n");
        for line in lines.iter().take(MOST_LINES) {
            let _ = writeln!(out, "<li><bdi>{}</bdi></li>", text(line));
        }
        if lines.len() > MOST_LINES {
            let _ = writeln!(out, "<li>and {} more</li>", lines.len() - MOST_LINES);
        }
        out.push_str("</ul>\n");
    }
    hosts(out, number, finding);
    let _ = writeln!(out, "<p>{}</p>", text(&finding.why));
    if !finding.fix.is_empty() {
        out.push_str("<p>What to do:</p>\n<ul>\n");
        for fix in &finding.fix {
            let _ = writeln!(out, "<li>{}</li>", command(fix));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</div>\n</details>\n");
}

fn counted(finding: &FindingReport) -> String {
    let what = match (finding.named.is_empty(), finding.hosts) {
        (true, 1) => "1 document",
        (true, count) => return format!("{} documents", grouped(count)),
        (false, 1) => "1 host",
        (false, count) => return format!("{} hosts{}", grouped(count), about(finding)),
    };
    format!("{what}{}", about(finding))
}

fn about(finding: &FindingReport) -> String {
    match (&finding.cause, finding.about.first()) {
        (Some(cause), _) => format!(", likely cause: {}", text(cause)),
        (None, Some(about)) => format!(": {}", text(about)),
        (None, None) => String::new(),
    }
}

fn hosts(out: &mut String, number: usize, finding: &FindingReport) {
    if finding.named.is_empty() {
        return;
    }
    let names = finding.named.iter().take(MOST_HOSTS);
    let names: Vec<String> = names
        .map(|one| format!("<bdi>{}</bdi>", text(&one.host)))
        .collect();
    let more = finding.hosts.saturating_sub(names.len() as u64);
    let more = match more {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    let _ = writeln!(
        out,
        "<p>Hosts: {}{more} <button type=\"button\" data-find=\"listed:{number}\">show in the table</button></p>",
        names.join(" ")
    );
}

/// A command stands before what it is for, with blanks between the two.
fn command(fix: &str) -> String {
    match fix.split_once("    ") {
        Some((command, rest)) => format!(
            "<code class=\"fix\">{}</code> {}",
            text(command),
            text(rest.trim())
        ),
        None => text(fix),
    }
}
