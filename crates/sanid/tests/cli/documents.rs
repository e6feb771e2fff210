//! Every document fits the committed schema.

use serde_json::Value;

use crate::support::host::{FOREIGN, Host, MACHINE_ID};
use crate::transcript::{on, plain};

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../../docs/schema/sanid-v1.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

#[test]
fn every_document_fits_the_committed_schema() {
    let schema = schema();
    let foreign = Host::foreign(MACHINE_ID);
    foreign.write("sys/class/nvme/nvme3/transport", "tcp\n");
    foreign.write("sys/class/nvme/nvme3/hostnqn", FOREIGN[1]);
    let booted = Host::in_memory(MACHINE_ID);
    booted.write("run/initiatorname.iscsi", FOREIGN[0]);
    booted.write("run/sanid/initramfs/used/nvme/hostid", FOREIGN[2]);
    let typical = Host::typical(MACHINE_ID);
    let no_seed = Host::new("uninitialized");
    let runs = [
        (
            &foreign,
            on(&["show", "--format", "json", "--explain"]),
            "Identity",
        ),
        (&foreign, on(&["status", "--format", "json"]), "Status"),
        (&booted, on(&["status", "--format", "json"]), "Status"),
        (&no_seed, on(&["status", "--format", "json"]), "Status"),
        (&no_seed, on(&["show", "--format", "json"]), "Error"),
        (&foreign, on(&["apply", "--format", "json"]), "Apply"),
        (
            &foreign,
            on(&["apply", "--format", "json", "--keep"]),
            "Apply",
        ),
        (
            &foreign,
            on(&["apply", "--format", "json", "--replace"]),
            "Apply",
        ),
        (
            &foreign,
            on(&["adopt", "--format", "json", "--dry-run"]),
            "Adopt",
        ),
        (
            &typical,
            on(&["hardware", "accept", "--format", "json"]),
            "Hardware",
        ),
        (
            &typical,
            on(&["hardware", "show", "--format", "json"]),
            "Hardware",
        ),
        (&typical, on(&["status", "--format", "json"]), "Status"),
        (
            &typical,
            on(&["reseed", "--dry-run", "--format", "json"]),
            "Reseed",
        ),
        (
            &typical,
            on(&["reseed", "--yes", "--format", "json"]),
            "Reseed",
        ),
        (&typical, on(&["reseed", "--format", "json"]), "Error"),
        (&foreign, on(&["config", "--format", "json"]), "Config"),
        (
            &foreign,
            plain(
                &[
                    "check",
                    "--format",
                    "json",
                    "x",
                    "iqn.2001-04.com.example:X",
                ],
                "",
            ),
            "Check",
        ),
        (
            &foreign,
            plain(
                &["derive", "--format", "json"],
                "3d1219c7c4c5404aaa1f6d2a48adfda4\n",
            ),
            "IdentityList",
        ),
    ];
    for (host, run, kind) in runs {
        let document: Value = serde_json::from_str(&run.stdout(host)).unwrap();
        assert_eq!(document["apiVersion"], "sanid/v1");
        assert_eq!(document["kind"], kind);
        let errors: Vec<String> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}\n{document:#}");
    }
}

/// A report that travels says whose it is; a name that would write to a terminal is escaped.
#[test]
fn a_status_names_its_host() {
    for (file, name) in [
        ("", None),
        ("# the rack's\n node-1.example \n", Some("node-1.example")),
        ("n\u{1b}[31m\n", Some("n\\u{1b}[31m")),
    ] {
        let host = Host::typical(MACHINE_ID);
        host.write("etc/hostname", file);
        let status = on(&["status", "--format", "json"]).stdout(&host);
        let status: Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status.get("host").and_then(Value::as_str), name, "{file:?}");
    }
}

#[test]
fn the_schema_refuses_other_documents() {
    let schema = schema();
    for text in [
        "{}",
        r#"{"apiVersion":"sanid/v1","kind":"Identity"}"#,
        r#"{"apiVersion":"sanid/v1","kind":"Error","exitCode":"4","message":"x"}"#,
    ] {
        assert!(
            !schema.is_valid(&serde_json::from_str(text).unwrap()),
            "{text}"
        );
    }
}
