//! The page of `sanid-fleet report --html` in a real Chromium; what is done there is in `browser.mjs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "it is also a program")]
#[path = "../../../../benches/reports.rs"]
mod reports;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use libtest_mimic::{Arguments, Trial};
use testkit::trial::{Need, trial};

const NEEDS: &[Need] = &[
    Need::Program("chromium", "chromium"),
    Need::Set("SANID_BROWSER", "Playwright"),
];

/// A check of `browser.mjs`, what it shows, and the page it is done on.
const CHECKS: [(&str, &str, &str); 11] = [
    ("hosts_are_found_by_every_name", "search", "300"),
    ("bars_and_findings_lead_to_their_hosts", "states", "300"),
    ("every_column_sorts_and_says_so", "sort", "300"),
    ("everything_is_reached_by_keys", "keyboard", "300"),
    (
        "light_and_dark_follow_the_system_and_the_switch",
        "colours",
        "300",
    ),
    ("it_fits_a_telephone", "narrow", "300"),
    (
        "a_hundred_thousand_hosts_are_readable",
        "hundred_thousand",
        "100000",
    ),
    ("hostile_names_stay_text", "hostile", "hostile"),
    ("the_policy_stops_scripts_and_requests", "policy", "300"),
    ("screen_readers_are_served", "readers", "300"),
    ("an_audit_alone_makes_a_page", "narrow", "audit"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = CHECKS
        .iter()
        .map(|(name, check, page)| trial(name, NEEDS, move || browser(check, page)))
        .collect();
    testkit::trial::run(&arguments, trials)
}

fn browser(check: &str, page: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/html/browser.mjs");
    let modules = std::env::var_os("SANID_BROWSER").unwrap();
    let run = Command::new(Path::new(&modules).join("playwright/driver/node"))
        .arg(script)
        .arg(modules)
        .arg(check)
        .arg(pages().join(page).with_extension("html"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}");
}

/// The pages, made once.
fn pages() -> &'static Path {
    static PAGES: OnceLock<tempfile::TempDir> = OnceLock::new();
    PAGES.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for count in [300, 100_000] {
            let reports = path(&format!("{count}.ndjson"));
            let mut out = BufWriter::new(File::create(&reports).unwrap());
            for number in 0..count {
                reports::report(&mut out, number).unwrap();
            }
            out.flush().unwrap();
            page(&path(&format!("{count}.html")), &reports);
        }
        let hostile = "</script><script>window.hit=1</script>\"'><img src=x onerror=hit=1><b id=hit>\u{202e}x";
        let report = |host: &str, code: &str| {
            serde_json::json!({
                "apiVersion": "sanid/v1", "kind": "Status", "host": host,
                "desired": {"scheme": code, "iqn": code, "hostNqn": code, "provenance": {"iqn": {"source": code}}},
                "seed": {"name": code, "state": code, "fingerprint": "f2b49605dc714598a047e7e73909e4c7"},
                "hardware": {"verdict": code},
                "findings": [{"code": code, "severity": "warning"}],
            })
            .to_string()
        };
        let reports = [report(hostile, "<b id=hit>"), report("اسم", "\"><img src=x>"), report("x", "</title>"), report("y", "x\" data-hit=\"1")];
        std::fs::write(path("hostile.ndjson"), reports.join("\n")).unwrap();
        page(&path("hostile.html"), &path("hostile.ndjson"));
        let audit = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
            .args(["audit", "--format", "json"])
            .arg(path("300.ndjson"))
            .output()
            .unwrap();
        std::fs::write(path("audit.json"), audit.stdout).unwrap();
        page(&path("audit.html"), &path("audit.json"));
        directory
    })
    .path()
}

fn page(to: &Path, from: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .arg("report")
        .arg(format!("--html={}", to.display()))
        .arg(from)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
}
