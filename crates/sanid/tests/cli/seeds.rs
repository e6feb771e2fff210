//! One table of seeds, through every command of a host that derives. `sanid-fleet` runs the same table.

use std::io::Write as _;
use std::process::Stdio;

use serde::Deserialize;

use super::support::host::{Host, sanid};

#[derive(Debug, Deserialize)]
struct Case {
    scheme: String,
    machine_id: Option<String>,
    system_uuid: Option<String>,
    /// Which of the two the scheme takes.
    seed: String,
    /// None where sanid refuses the seed.
    #[serde(flatten)]
    names: Option<Names>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Names {
    iqn: String,
    #[serde(alias = "hostNqn")]
    host_nqn: String,
    #[serde(alias = "hostId")]
    host_id: String,
}

fn cases() -> Vec<Case> {
    let table = include_str!("../../../sanid-core/tests/vectors/seeds.json");
    serde_json::from_str(table).expect("the table is JSON")
}

fn host(case: &Case) -> Host {
    let host = Host::new(case.machine_id.as_deref().unwrap_or_default());
    let config = format!("scheme = \"{}\"\n", case.scheme);
    host.write("etc/sanid/config.toml", config);
    if let Some(uuid) = &case.system_uuid {
        host.write("sys/class/dmi/id/product_uuid", format!("{uuid}\n"));
    }
    host
}

#[test]
fn show_and_apply_derive_the_names_of_the_table() {
    for case in cases() {
        let host = host(&case);
        let Some(names) = &case.names else {
            host.run(&["show"]).expect(4);
            host.run(&["apply"]).expect(4);
            continue;
        };
        let shown = host.run(&["show", "--format", "json"]).expect(0).stdout;
        let shown: Names = serde_json::from_str(&shown).expect("a document with the names");
        assert_eq!(shown, *names, "{case:?}");
        host.apply();
        let expected = [
            format!("InitiatorName={}\n", names.iqn),
            format!("{}\n", names.host_nqn),
            format!("{}\n", names.host_id),
        ];
        assert_eq!(
            host.three(),
            expected.map(|text| Some(text.into_bytes())),
            "{case:?}"
        );
    }
}

#[test]
fn derive_gives_the_names_of_the_table() {
    for case in cases() {
        let seed = match case.seed.as_str() {
            "machine_id" => &case.machine_id,
            _ => &case.system_uuid,
        };
        let mut child = sanid(&["derive", "--scheme", &case.scheme, "--format", "ndjson"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sanid runs");
        let mut input = child.stdin.take().expect("a pipe");
        writeln!(input, "{}", seed.as_deref().unwrap_or_default()).expect("sanid reads");
        drop(input);
        let output = child.wait_with_output().expect("sanid ends");
        let derived: Option<Names> = serde_json::from_slice(&output.stdout).ok();
        assert_eq!(derived, case.names, "{case:?}");
        assert_eq!(output.status.success(), case.names.is_some(), "{case:?}");
    }
}
