//! An audit as one page that needs nothing else: no network, no other file.
//!
//! Plots and findings are in the page as such; the table of the hosts is drawn by its script, which has only
//! the rows in sight in the page. The content security policy allows that script and that style sheet, by
//! their digests, and nothing else: neither another script nor a request. All text of reports is escaped, or
//! put in place as text.

mod charts;
mod data;
mod escape;
mod findings;

use std::fmt::Write as _;
use std::io;

use sha2::{Digest as _, Sha256};

use crate::audit::AuditReport;
use escape::text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

const COLUMNS: [(&str, &str); 8] = [
    ("host", "Host"),
    ("state", "Own state"),
    ("findings", "Findings"),
    ("scheme", "Scheme"),
    ("source", "Source"),
    ("iqn", "Initiator name"),
    ("nqn", "Host NQN"),
    ("id", "Host ID"),
];

/// Writes the page of an audit.
pub(crate) fn write(report: &AuditReport, title: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(SCRIPT),
        digest(STYLE)
    );
    let title = text(title);
    let mut heads = String::new();
    for (column, name) in COLUMNS {
        // Writing to a String cannot fail.
        let _ = write!(
            heads,
            "<th scope=\"col\" aria-sort=\"none\" data-column=\"{column}\"><button type=\"button\">{name}</button></th>"
        );
    }
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
<meta name=\"referrer\" content=\"no-referrer\">\n\
<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
<a class=\"skip\" href=\"#table\">Skip to the table of hosts</a>\n\
<header>\n<h1>{title}</h1>\n<p>{said}</p>\n\
<button type=\"button\" id=\"theme\">Dark</button>\n</header>\n\
<main>\n<section aria-labelledby=\"overview\">\n<h2 id=\"overview\" class=\"for-readers\">Overview</h2>\n{cards}\n{charts}\n</section>\n\
{findings}\n\
<section id=\"table\" aria-labelledby=\"table-title\">\n<h2 id=\"table-title\">Hosts</h2>\n\
<noscript><p>The table needs JavaScript; everything above does not.</p></noscript>\n\
<div class=\"tools\">\n<label for=\"search\">Search: names, or state:, scheme:, source:, finding:\n\
<input id=\"search\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>\n\
<label for=\"state\">Own state\n<select id=\"state\"><option value=\"\">all</option><option>danger</option><option>warning</option><option>fine</option></select></label>\n\
<p id=\"count\" role=\"status\"></p>\n</div>\n\
<div class=\"grid\" id=\"grid\" tabindex=\"0\" role=\"region\" aria-label=\"The table of hosts, which scrolls\">\n\
<table class=\"hosts\" id=\"hosts\">\n<caption class=\"for-readers\">Hosts with their names; the heads sort</caption>\n\
<thead><tr>{heads}</tr></thead>\n<tbody></tbody>\n</table>\n</div>\n</section>\n</main>\n\
<footer>Made by <code>sanid-fleet report --html</code>. What each code means is in docs/fleet-findings.md and docs/findings.md of sanid.</footer>\n\
<script type=\"application/json\" id=\"data\">",
        said = text(&said(report)),
        cards = charts::cards(report),
        charts = charts::charts(report),
        findings = findings::section(report),
    )?;
    data::write(report, out)?;
    write!(
        out,
        "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn said(report: &AuditReport) -> String {
    let summary = &report.summary;
    let files = if summary.files == 1 { "file" } else { "files" };
    let reports = charts::grouped(summary.reports);
    let mut said = format!(
        "{reports} reports in {} {files}",
        charts::grouped(summary.files)
    );
    if let Some(inventory) = summary.inventory {
        let _ = write!(
            said,
            ", {} hosts in the inventory",
            charts::grouped(inventory)
        );
    }
    said
}

/// The digest of a script or a style sheet, as the policy has it (CSP Level 3, "hash-source").
fn digest(source: &str) -> String {
    base64(&Sha256::digest(source.as_bytes()))
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = bits >> (18 - 6 * place) & 63;
            let digit = DIGITS.get(digit as usize).copied().map_or('=', char::from);
            out.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn the_page_refers_to_nothing_outside_itself() {
        let mut page = Vec::new();
        write(&AuditReport::default(), "x", &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for word in ["http://", "https://", "src=\"", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
