//! What is better looked at than read. Every plot is a table with bars in it, or says what it shows, so
//! that who does not see it has the numbers.

use std::fmt::Write as _;

use super::escape::text;
use crate::audit::{AuditReport, FindingReport, Tally};

/// The numbers that matter most.
pub(super) fn cards(report: &AuditReport) -> String {
    let severity = |word: &str| {
        report
            .findings
            .iter()
            .filter(|one| one.severity == word)
            .count() as u64
    };
    let shared = report.findings.iter().filter(|one| one.cause.is_some());
    let cards = [
        (report.summary.hosts, "hosts", ""),
        (severity("danger"), "findings: danger", "danger"),
        (severity("warning"), "findings: warning", "warning"),
        (shared.count() as u64, "groups that share names", ""),
        (report.summary.no_reports, "without a report", ""),
    ];
    let mut out = String::from("<ul class=\"cards\">\n");
    for (number, name, _) in cards {
        let _ = writeln!(
            out,
            "<li><b>{}</b><span>{name}</span></li>",
            grouped(number)
        );
    }
    out.push_str("</ul>\n");
    out
}

/// A number as people read it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// All plots.
pub(super) fn charts(report: &AuditReport) -> String {
    let tallies = &report.tallies;
    let mut out = String::from("<div class=\"panels\">\n");
    state(&mut out, &tallies.state);
    bars(&mut out, "Hosts by scheme", "scheme", &tallies.scheme);
    bars(
        &mut out,
        "Initiator names by source",
        "source",
        &tallies.iqn_source,
    );
    bars(
        &mut out,
        "NVMe pairs by source",
        "source",
        &tallies.nvme_source,
    );
    bars(&mut out, "Seeds by state", "", &tallies.seed);
    bars(&mut out, "Hardware by verdict", "", &tallies.hardware);
    let own = report
        .findings
        .iter()
        .filter(|one| one.code == "host-finding");
    let own: Vec<Tally> = own
        .map(|one| Tally {
            word: one.about.join(" "),
            hosts: one.hosts,
        })
        .collect();
    bars(&mut out, "What hosts report of themselves", "finding", &own);
    bubbles(&mut out, report);
    out.push_str("</div>\n");
    out
}

fn share(part: u64, whole: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a width in percent")]
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    share
}

/// One strip of all hosts, and the table that says the same.
fn state(out: &mut String, tallies: &[Tally]) {
    let whole: u64 = tallies.iter().map(|one| one.hosts).sum();
    if whole == 0 {
        return;
    }
    out.push_str("<div class=\"panel wide\"><h3>Hosts by their own state</h3>\n<svg class=\"strip\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut at = 0.0;
    for tally in tallies {
        let width = share(tally.hosts, whole);
        let _ = write!(
            out,
            "<rect x=\"{at:.3}\" width=\"{width:.3}\" height=\"10\" class=\"fill-{}\"/>",
            text(&tally.word)
        );
        at += width;
    }
    out.push_str("</svg>\n");
    rows(out, "Hosts by their own state", "state", tallies, true);
    out.push_str("</div>\n");
}

fn bars(out: &mut String, title: &str, column: &str, tallies: &[Tally]) {
    if tallies.is_empty() {
        return;
    }
    let _ = writeln!(out, "<div class=\"panel\"><h3>{title}</h3>");
    rows(out, title, column, tallies, false);
    out.push_str("</div>\n");
}

fn rows(out: &mut String, title: &str, column: &str, tallies: &[Tally], state: bool) {
    let whole: u64 = tallies
        .iter()
        .map(|one| one.hosts)
        .max()
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "<table class=\"bars\"><caption class=\"for-readers\">{title}</caption>"
    );
    for tally in tallies {
        let word = text(&tally.word);
        let label = if column.is_empty() || tally.word == "none" {
            word.clone()
        } else {
            format!(
                "<button type=\"button\" data-find=\"{column}:{word}\" title=\"show these hosts in the table\">{word}</button>"
            )
        };
        let fill = if state {
            format!("fill-{word}")
        } else {
            "fill".to_owned()
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{label}</th><td><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{:.3}\" height=\"10\" class=\"{fill}\"/></svg></td><td class=\"count\">{}</td></tr>",
            share(tally.hosts, whole).max(0.5),
            grouped(tally.hosts)
        );
    }
    out.push_str("</table>\n");
}

/// The causes, in the order of their colours.
const CAUSES: [&str; 8] = [
    "clone",
    "baked-image",
    "firmware-uuid",
    "vendor-uuid",
    "copied-pin",
    "shared-boot-options",
    "unknown",
    "template",
];
const WIDTH: f64 = 1200.0;
const LARGEST: f64 = 70.0;
/// What a group of one would have, were there one: small groups are small, also where there are no others.
const UNIT: f64 = 16.0;
const SMALLEST: f64 = 18.0;

/// What is shared, by how many: a circle for each group, its area as the number of hosts.
fn bubbles(out: &mut String, report: &AuditReport) {
    let groups = (0..)
        .zip(&report.findings)
        .filter(|(_, one)| one.cause.is_some());
    let mut groups: Vec<(usize, &FindingReport)> = groups.collect();
    groups.sort_by_key(|(_, one)| std::cmp::Reverse(one.hosts));
    let all = groups.len();
    groups.truncate(40);
    let Some((_, largest)) = groups.first() else {
        return;
    };
    let most = share(largest.hosts, 100);
    let largest_radius = (most.sqrt() * UNIT).min(LARGEST);
    let (mut x, mut y, mut high) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut circles = String::new();
    for (number, group) in &groups {
        let radius = (share(group.hosts, 100) / most).sqrt() * largest_radius;
        let radius = radius.max(SMALLEST);
        // Wide enough for the word below it.
        let room = radius.max(48.0);
        if x + 2.0 * room > WIDTH {
            x = 0.0;
            y += high;
            high = 0.0;
        }
        high = high.max(2.0 * radius + 34.0);
        let cause = group.cause.as_deref().unwrap_or_default();
        let colour = CAUSES.iter().position(|one| *one == cause).unwrap_or(6);
        let (centre, middle) = (x + room, y + radius + 6.0);
        let said = text(&format!("{} {cause}: {}", group.hosts, group.code));
        let _ = writeln!(
            circles,
            "<a href=\"#finding-{number}\" aria-label=\"{said}\"><circle cx=\"{centre:.1}\" cy=\"{middle:.1}\" r=\"{radius:.1}\" class=\"c{colour}\"/><text x=\"{centre:.1}\" y=\"{:.1}\">{}</text> <text class=\"under\" x=\"{centre:.1}\" y=\"{:.1}\">{}</text></a>",
            middle + 4.0,
            group.hosts,
            middle + radius + 15.0,
            text(cause)
        );
        x += 2.0 * room + 10.0;
    }
    let more = if all > groups.len() {
        format!(", the {} largest of {all}", groups.len())
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "<div class=\"panel wide\"><h3>Groups of hosts that share an identity, by their size and likely cause{more}</h3>\n<div class=\"across\"><svg class=\"bubbles\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"group\" aria-label=\"Groups of hosts that share an identity\">\n{circles}</svg></div></div>",
        y + high + 4.0
    );
}
