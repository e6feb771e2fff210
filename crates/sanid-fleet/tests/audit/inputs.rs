//! Reports however they come.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fleet::{Fleet, found, lines, node};

fn clones() -> [crate::fleet::Node; 3] {
    let mut copy = node(1);
    copy.host = String::from("copy");
    [node(1), node(2), copy]
}

#[test]
fn files_streams_directories_and_compressed_ones_say_the_same() {
    let reports = clones().map(|node| node.report());
    let pretty: Vec<String> = reports.iter().map(|one| format!("{one:#}\n")).collect();
    let ndjson = lines(&clones());
    let array = serde_json::Value::from(reports.to_vec());
    let inputs = [
        ndjson.clone(),
        format!("\u{feff}{}", ndjson.replace('\n', "\r\n")),
        pretty.concat(),
        ndjson.replace('\n', ""),
        array.to_string(),
        format!("{array:#}"),
    ];
    for input in inputs {
        let fleet = Fleet::new(&[("reports.json", &input)]);
        let (document, exit) = fleet.audit(&["reports.json"]);
        assert_eq!(
            (document["summary"]["hosts"].as_u64(), exit),
            (Some(3), 1),
            "{input}"
        );
        assert_eq!(found(&document)[0].1, ["copy", "node-1"], "{input}");

        let stdin = fleet.output(&["audit", "--format", "json"], &input);
        let text = String::from_utf8(stdin.stdout).unwrap();
        let text = text.replace("standard input", "reports.json");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            document
        );

        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(input.as_bytes()).unwrap();
        std::fs::write(fleet.path("reports.json"), gzip.finish().unwrap()).unwrap();
        assert_eq!(fleet.audit(&["reports.json"]).0, document);
    }
    let files = ["a/1.json", "a/2.json", "b.json"];
    let files: Vec<(&str, &str)> = files
        .into_iter()
        .zip(pretty.iter().map(String::as_str))
        .collect();
    let (document, _) = Fleet::new(&files).audit(&["."]);
    assert_eq!(found(&document)[0].1, ["copy", "node-1"]);
}

/// A report from before reports had a name is called by its file.
#[test]
fn a_report_without_a_name_is_called_by_its_place() {
    let mut reports = clones().map(|node| node.report());
    for report in &mut reports {
        report.as_object_mut().unwrap().remove("host");
    }
    let ndjson: String = reports.iter().map(|one| format!("{one}\n")).collect();
    let (document, _) = Fleet::new(&[("r.ndjson", &ndjson)]).audit(&["r.ndjson"]);
    assert_eq!(found(&document)[0].1, ["r.ndjson", "r.ndjson:3"]);
}

/// One clear message, and the rest is read.
#[test]
fn a_bad_input_is_one_message() {
    let good = lines(&[node(1)]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(lines(&(1..2000).map(node).collect::<Vec<_>>()).as_bytes())
        .unwrap();
    let gzip = gzip.finish().unwrap();
    let endless = format!("{good}{}\n{}", "x".repeat(20 << 20), lines(&[node(2)]));
    let inputs: [(&[u8], &str, u64); 5] = [
        (&gzip[..gzip.len() - 9], "after line", 1),
        (endless.as_bytes(), "line 2: it is longer than 16 MiB", 2),
        (
            b"host,iqn\nnode-1,iqn.2016-04.com.open-iscsi:1\n",
            "line 1: it is no JSON",
            0,
        ),
        (
            b"{\"kind\":\"Status\"}\n\xff\xfe\n",
            "line 2: it is no UTF-8",
            0,
        ),
        (
            &good.as_bytes()[..good.len() - 20],
            "line 1: it is cut off",
            0,
        ),
    ];
    for (input, message, hosts) in inputs {
        let fleet = Fleet::new(&[]);
        std::fs::write(fleet.path("r.json"), input).unwrap();
        let (document, exit) = fleet.audit(&["r.json"]);
        let count = document["summary"]["hosts"].as_u64().unwrap();
        assert!(count >= hosts, "{message}: {count}");
        assert_eq!(exit, 1);
        let findings = document["findings"].as_array().unwrap();
        let finding = findings
            .iter()
            .find(|one| one["code"] == "no-report")
            .unwrap();
        let told = finding["details"].to_string();
        assert!(told.contains(message), "{told}");
    }
}

#[test]
fn a_slip_of_the_command_line_is_told_with_the_way_out() {
    let fleet = Fleet::new(&[("hosts.txt", "node-1\n"), ("page.html", "<html>")]);
    for (words, exit, message) in [
        (
            &["audit", "none.json"][..],
            2,
            "cannot read none.json: No such file or directory (ENOENT)\n",
        ),
        (
            &["report", "--html", "page.html", "hosts.txt"],
            2,
            "page.html would be read, and the page written to standard output; --html=page.html writes it there\n",
        ),
        (
            &["report", "--html=none/page.html", "hosts.txt"],
            2,
            "cannot write none/page.html: No such file or directory (os error 2)\n",
        ),
        (
            &["collect", "hosts.txt"],
            1,
            "1 that did not come; --ssh FILE asks the hosts that FILE lists\n",
        ),
    ] {
        let output = fleet.output(words, "");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.ends_with(message), "{words:?}: {told}");
        assert_eq!(output.status.code(), Some(exit), "{told}");
    }
}

/// Whoever runs this may be root, and a device or a link that is renamed over is gone.
#[test]
fn a_page_takes_the_place_of_a_file_only() {
    let fleet = Fleet::of(&clones());
    std::os::unix::fs::symlink("/dev/null", fleet.path("link")).unwrap();
    std::fs::create_dir(fleet.path("directory")).unwrap();
    std::fs::write(fleet.path("file"), "before").unwrap();
    for place in ["link", "directory"] {
        let output = fleet.output(
            &["report", &format!("--html={place}"), "reports.ndjson"],
            "",
        );
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("which is not replaced; name a file"),
            "{told}"
        );
        assert_eq!(output.status.code(), Some(2), "{told}");
    }
    assert!(fleet.path("link").is_symlink() && fleet.path("directory").is_dir());
    let output = fleet.output(&["report", "--html=file", "reports.ndjson"], "");
    assert_eq!(output.status.code(), Some(0));
    let page = std::fs::read_to_string(fleet.path("file")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));
}

/// A collection that failed must not pass for a fleet without findings.
#[test]
fn an_audit_of_nothing_is_an_error_and_no_clean_one() {
    let fleet = Fleet::new(&[
        ("empty.ndjson", ""),
        ("blank.json", "\n\n"),
        ("directory/notes.txt", "x"),
    ]);
    for words in [
        &["audit", "empty.ndjson"][..],
        &["audit", "blank.json", "empty.ndjson"],
        &["audit", "directory"],
        &["audit", "-"],
        &["report", "--html", "empty.ndjson"],
    ] {
        let output = fleet.output(words, "");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(
            told.starts_with("sanid-fleet: there is no report in ")
                && told.contains("sanid-fleet collect --ssh"),
            "{words:?}: {told}"
        );
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}
