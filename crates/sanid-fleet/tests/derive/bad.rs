//! Inventories that are not what they should be: each gives one message that says what to do.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use super::{HEADER, ID, OTHER, derive, line};

/// Compressed, and then cut.
fn gzip(text: &str, cut: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.truncate(bytes.len() - cut);
    bytes
}

fn twice(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&gzip(text, 0)).unwrap();
    encoder.finish().unwrap()
}

fn utf32(text: &str) -> Vec<u8> {
    let units = std::iter::once('\u{feff}').chain(text.chars());
    units
        .flat_map(|unit| u32::from(unit).to_le_bytes())
        .collect()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_file_that_is_no_inventory_is_one_message() {
    let good = format!("host,machine_id\nn1,{ID}\n");
    let cases: &[(&str, Vec<u8>, &str)] = &[
        (
            "f",
            b"".to_vec(),
            "f, line 1: it is empty: an inventory has at least one host",
        ),
        (
            "f",
            b"\n \r\n".to_vec(),
            "f, line 1: it is empty: an inventory has at least one host",
        ),
        (
            "f",
            b"host,machine_id\n".to_vec(),
            "f: it has a header and no host",
        ),
        (
            "f",
            b"host,machine_id".to_vec(),
            "f: it has a header and no host",
        ),
        (
            "f",
            utf16(&good),
            "f, line 1: it is UTF-16, as Windows programs write; iconv -f UTF-16 -t UTF-8 FILE | sanid-fleet derive -",
        ),
        (
            "f",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec(),
            "f, line 1: it is no text: it has bytes that are zero",
        ),
        (
            "f",
            format!("{good}n2,0011\0\0\n").into_bytes(),
            "f, line 3: it is no text: it has bytes that are zero",
        ),
        (
            "f.csv.gz",
            gzip(&"\0".repeat(1 << 20), 0),
            "f.csv.gz, line 1: it is no text: it has bytes that are zero",
        ),
        (
            "f",
            b"<!DOCTYPE html>\n<title>Log in</title>\n".to_vec(),
            "f, line 1: it is HTML or XML, such as a page to log in at; get the file itself",
        ),
        (
            "f",
            utf32(&good),
            "f, line 1: it is UTF-32; iconv -f UTF-32 -t UTF-8 FILE | sanid-fleet derive -",
        ),
        (
            "f.csv.gz",
            twice(&good),
            "f.csv.gz, line 1: it is compressed twice; gzip -dc FILE | sanid-fleet derive -",
        ),
        (
            "f.json",
            format!("{{\n\"host\": \"n1\",\n\"machine_id\": \"{ID}\"\n}}\n").into_bytes(),
            "f.json, line 1: it has no host: neither a list, nor one that is called items, results, hosts, nor _meta.hostvars; a host alone is a list of one, [{…}]",
        ),
        (
            "f.xlsx",
            b"PK\x03\x04\x14\0\x06\0".to_vec(),
            "f.xlsx, line 1: it is a ZIP archive, as spreadsheets are; save the sheet as CSV",
        ),
        (
            "f",
            good.replace('\n', "\r").into_bytes(),
            "f, line 1: its lines end as on old Macintosh systems; tr '\\r' '\\n' <FILE | sanid-fleet derive -",
        ),
        (
            "f",
            b"n\xe4me,machine_id\nx,y\n".to_vec(),
            "f, line 1: its header is no UTF-8; iconv -f WINDOWS-1252 -t UTF-8 FILE | sanid-fleet derive -",
        ),
        (
            "f",
            format!("hots,machine_id\nn1,{ID}\n").into_bytes(),
            "f, line 1: its first line has no host; it has hots, machine_id, perhaps hots is meant; --column host=NAME says which it is",
        ),
        (
            "f",
            format!("host,uuid\nn1,{ID}\n").into_bytes(),
            "f, line 1: its first line has no machine_id; it has host, uuid; --column machine-id=NAME says which it is",
        ),
        (
            "f",
            format!("n1,{ID}\n").into_bytes(),
            "f, line 1: its first line has no host; it has n1, (a value, which is not repeated); --column host=NAME says which it is; or is it a host already? Then put a line before it that names the columns: host,machine_id",
        ),
        (
            "f",
            format!("host,name,Host,machine_id\nn1,a,b,{ID}\n").into_bytes(),
            "f, line 1: two columns are called host; say which one with --column host=NAME",
        ),
        (
            "f.csv.gz",
            gzip(&good, 9),
            "f.csv.gz, line 1: the compressed data ends in the middle: the file was cut off, so hosts are missing; get it whole",
        ),
        (
            "f.json",
            b"[{\"host\":\"n1\",".to_vec(),
            "f.json, line 1: the document ends in the middle: it was cut off, so hosts are missing; get it whole",
        ),
        (
            "f.json",
            b"{\"machines\":[]}\n".to_vec(),
            "f.json, line 2: it has no host",
        ),
        (
            "f.yml",
            b"all:\n  hosts:\n\tn1:\n".to_vec(),
            "f.yml, line 3: it is no YAML: ",
        ),
        (
            "hosts",
            b"[web]\nn1 machine_id\n".to_vec(),
            "hosts, line 2: a variable has no =; ansible-inventory --list -i FILE | sanid-fleet derive - has what it means",
        ),
    ];
    for (name, content, message) in cases {
        if message.ends_with("no host") && content.starts_with(b"{") {
            let ran = derive(&[(name, content)], &["--from", "json", name], b"");
            assert!(
                ran.stderr.contains("it has no host: neither a list"),
                "{ran:#?}"
            );
            assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 1));
            continue;
        }
        let ran = derive(&[(name, content)], &[name], b"");
        assert!(
            ran.stderr.starts_with(&format!("sanid-fleet: {message}")),
            "{message}\n{ran:#?}"
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), HEADER),
            "{ran:#?}"
        );
    }
    for (name, message) in [
        (".", "cannot read .: it is a directory"),
        ("none", "cannot read none: "),
    ] {
        let ran = derive(&[], &[name], b"");
        assert!(
            ran.stderr.starts_with(&format!("sanid-fleet: {message}")),
            "{ran:#?}"
        );
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 1));
    }
}

/// The rows before the damage are there, and the exit code and the message say that others are not.
#[test]
fn damage_in_the_middle_is_told_as_such() {
    let mut text = "host,machine_id\n".to_owned();
    for number in 0..40_000_u128 {
        let id = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        writeln!(text, "n{number},{id:032x}").unwrap();
    }
    let whole = gzip(&text, 0);
    let mut forged = whole.clone();
    let end = forged.len() - 8;
    forged[end..].fill(0);
    for (bytes, word) in [
        (
            &whole[..whole.len() / 2],
            ": the compressed data ends in the middle: the file was cut off, so hosts are missing; get it whole\n",
        ),
        (&forged[..], ": the compressed data is damaged ("),
    ] {
        let ran = derive(&[("f.gz", bytes)], &["f.gz"], b"");
        let first = ran.stderr.lines().next().unwrap();
        assert!(
            first.starts_with("sanid-fleet: f.gz, line ") && ran.stderr.contains(word),
            "{first}"
        );
        assert_eq!(
            (ran.code, ran.stderr.lines().count()),
            (Some(2), 2),
            "{}",
            ran.stderr
        );
        assert!(ran.stdout.lines().count() > 1000);
    }
}

/// Lists of hosts, and what targets say, are told no less.
#[test]
fn the_other_commands_tell_a_bad_file_too() {
    let directory = tempfile::tempdir().unwrap();
    let good = format!("host,machine_id\nn1,{ID}\n");
    let headless = format!("n1,{ID}\n");
    for (content, list, target) in [
        (
            b"".to_vec(),
            "f, line 1: it is empty",
            "f: this is not what lio writes: it is empty",
        ),
        (
            utf16(&good),
            "f, line 1: it is UTF-16",
            "cannot read f: line 1: it is UTF-16",
        ),
        (
            gzip("host,iqn\nn1,iqn.2016-04.com.open-iscsi:1\n", 9),
            "f, line …: the compressed data ends in the middle",
            "cannot read f: the compressed data ends in the middle",
        ),
        (
            twice(&good),
            "f, line 1: it is compressed twice",
            "cannot read f: line 1: it is compressed twice",
        ),
        (
            b"host\nn\0\n".to_vec(),
            "f, line 2: it is no text",
            "cannot read f: line 2: it is no text",
        ),
        (
            b"a\n\xff\n".to_vec(),
            "f, line 1: the header has no column host; it has a",
            "cannot read f: line 2: it is no UTF-8",
        ),
        (
            headless.into_bytes(),
            "f, line 1: the header has no column host; it has n1, (a value, which is not repeated)",
            "f: this is not what lio writes: it is no JSON",
        ),
    ] {
        std::fs::write(directory.path().join("f"), &content).unwrap();
        for (words, message) in [
            (&["export", "--to", "csv", "f"][..], list),
            (&["import", "--from", "lio", "f"], target),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
                .args(words)
                .current_dir(&directory)
                .output()
                .unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(
                message.split('…').all(|part| told.contains(part)),
                "{words:?}: {told}"
            );
            assert_eq!(
                (output.status.code(), told.lines().count()),
                (Some(2), 1),
                "{told}"
            );
        }
    }
}

#[test]
fn marks_and_line_ends_of_windows_are_no_mistake() {
    for text in [
        format!("\u{feff}host,machine_id\r\nn1,{ID}\r\n"),
        format!("\u{feff}{{\"host\":\"n1\",\"machine_id\":\"{ID}\"}}\r\n"),
    ] {
        let ran = derive(&[], &[], text.as_bytes());
        assert_eq!(
            (ran.code, ran.stdout),
            (Some(0), format!("{HEADER}{}", line("n1")))
        );
    }
}

#[test]
fn a_bad_row_is_told_by_file_and_line_and_costs_nothing_else() {
    let text =
        format!("host,machine_id\nn1,{ID}\nn2,xyz\n,{OTHER}\n\nn3\n\"n4,{OTHER}\nn5,{OTHER}\n");
    let ran = derive(&[("a.csv", text.as_bytes())], &["a.csv"], b"");
    let expected = "\
sanid-fleet: a.csv, line 3: the machine-id is not 32 hexadecimal digits but 3 bytes
sanid-fleet: a.csv, line 4: it names no host
sanid-fleet: a.csv, line 6: it has 1 fields, and the header has 2
sanid-fleet: a.csv, line 7: a quote opens here and is not closed; the next line is read as a new row
sanid-fleet: 2 identities derived, 4 bad rows left out
";
    assert_eq!(ran.stderr, expected);
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (Some(2), 3),
        "{ran:#?}"
    );
    let strict = derive(&[("a.csv", text.as_bytes())], &["--strict", "a.csv"], b"");
    assert_eq!(
        (strict.code, strict.stdout),
        (Some(2), format!("{HEADER}{}", line("n1")))
    );
    assert_eq!(strict.stderr.lines().count(), 2, "{}", strict.stderr);
}

#[test]
fn many_bad_rows_are_counted_and_not_all_shown() {
    let rows = "n,x\n".repeat(1000);
    let ran = derive(&[], &[], format!("host,machine_id\n{rows}").as_bytes());
    assert_eq!(ran.stderr.lines().count(), 22, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("… and 980 more bad rows\n")
            && ran
                .stderr
                .ends_with("0 identities derived, 1000 bad rows left out\n")
    );
    let rows = "{\"host\":\"n\",\"serial\":\"x\"}\n".repeat(1000);
    let ran = derive(&[], &[], rows.as_bytes());
    let expected = "\
sanid-fleet: standard input, line 1: it has no machine_id; it has host, serial; --column machine-id=NAME says which it is
sanid-fleet: 999 more rows are as standard input, line 1
sanid-fleet: 0 identities derived, 1000 bad rows left out
";
    assert_eq!((ran.stderr.as_str(), ran.code), (expected, Some(2)));
}

#[test]
fn two_rows_for_one_host_are_found_across_files_with_both_lines() {
    let (one, two) = (
        format!("host,machine_id\nn1,{ID}\nn2,{OTHER}\n"),
        format!(
            "[{{\"host\":\"n3\",\n\"machine_id\":\"{ID}\"}},\n{{\"host\":\"n2\",\"machine_id\":\"aa112233445566778899aabbccddeeff\"}}]"
        ),
    );
    let ran = derive(
        &[("a.csv", one.as_bytes()), ("b.json", two.as_bytes())],
        &["a.csv", "b.json"],
        b"",
    );
    let expected = "\
sanid-fleet: a.csv, line 3; b.json, line 3 have one host name: is it one host, or two?
sanid-fleet: a.csv, line 2; b.json, line 1 have one machine-id or Host ID, so storage takes them for one host: give one of them an id of its own (sanid reseed)
sanid-fleet: 4 identities derived, 2 duplicates
";
    assert_eq!(
        (ran.stderr.as_str(), ran.code),
        (expected, Some(1)),
        "{ran:#?}"
    );
    // A name that is fixed is as much of an identity.
    let pinned = format!(
        "host,machine_id,iqn,host_id\na,{ID},,\nb,,iqn.2024-01.com.example:b,{}\n",
        super::UUID
    );
    let ran = derive(&[], &[], pinned.as_bytes());
    assert!(
        ran.code == Some(1)
            && ran
                .stderr
                .contains("line 2; standard input, line 3 have one machine-id"),
        "{ran:#?}"
    );
}

#[test]
fn two_rows_with_one_initiator_name_are_found_whatever_their_machine_ids() {
    let digits = super::UUID.replace('-', "");
    let usual = format!("iqn.2016-04.com.open-iscsi:{digits}");
    let others = "0b112233445566778899aabbccddee00";
    let alike = "have one initiator name, so a target takes them for one host";
    // Rows, further arguments, and the lines that share a name.
    let cases: &[(String, &[&str], Option<&str>)] = &[
        // Two that are given; targets know no case.
        (
            format!("a,{ID},iqn.2024-01.com.example:x,\nb,{OTHER},iqn.2024-01.com.example:X,\n"),
            &[],
            Some("line 2; standard input, line 3 "),
        ),
        // One that is given, and is what follows from another row.
        (
            format!("a,{ID},,\nb,{OTHER},{usual},\n"),
            &[],
            Some("line 2; standard input, line 3 "),
        ),
        (
            format!("a,{ID},,\nb,{OTHER},{usual},\nc,{others},{usual},\n"),
            &["--format", "ndjson"],
            Some("line 2; standard input, line 3; standard input, line 4 "),
        ),
        // A Host ID alone is another matter: it has no name of its prefix.
        (
            format!(
                "a,{others},iqn.2024-01.com.example:a,{}\nb,{OTHER},{usual},\n",
                super::UUID
            ),
            &[],
            None,
        ),
        // Where they share the machine-id, too, that is the one thing to say.
        (format!("a,{ID},{usual},\nb,{ID},,\n"), &[], None),
        // A prefix of a row's own, and that of all.
        (
            format!("a,{ID},,\nb,{OTHER},iqn.2024-01.com.example:{digits},\n"),
            &["--iqn-prefix", "iqn.2024-01.com.example"],
            Some("line 2; standard input, line 3 "),
        ),
        (
            format!("a,{ID},,\nb,{OTHER},,\nc,{others},iqn.2024-01.com.example:a-{digits},\n"),
            &["--iqn-template", "iqn.2024-01.com.example:{hostname}-{id}"],
            Some("line 2; standard input, line 4 "),
        ),
        (format!("a,{ID},,\nb,{OTHER},,\n"), &[], None),
    ];
    for (rows, arguments, lines) in cases {
        let inventory = format!("host,machine_id,iqn,host_id\n{rows}");
        let ran = derive(&[], arguments, inventory.as_bytes());
        match lines {
            Some(lines) => assert!(
                ran.code == Some(1) && ran.stderr.contains(&format!("{lines}{alike}")),
                "{rows}{ran:#?}"
            ),
            None => assert!(!ran.stderr.contains(alike), "{rows}{ran:#?}"),
        }
    }
}

/// What is there is compared, whatever else is wrong with its row.
#[test]
fn rows_without_a_machine_id_are_compared_too() {
    let one = "iqn.2024-01.com.example:one";
    let ran = derive(
        &[],
        &[],
        format!(
            "host,machine_id,iqn\na,,{one}\nb,,{}\nc,{ID},{one}\n",
            one.replace("one", "ONE")
        )
        .as_bytes(),
    );
    let places = "standard input, line 2; standard input, line 3; standard input, line 4";
    assert!(
        ran.stderr
            .contains(&format!("{places} have one initiator name")),
        "{ran:#?}"
    );
    assert_eq!(ran.code, Some(2));
}

#[test]
fn host_names_are_compared_without_case_and_final_dot() {
    for other in ["DB-01", "db-01.", "Db-01."] {
        let rows = format!("host,machine_id\ndb-01,{ID}\n{other},{OTHER}\n");
        let ran = derive(&[], &[], rows.as_bytes());
        assert!(ran.stderr.contains("have one host name"), "{ran:#?}");
    }
}

#[test]
fn rows_with_one_host_nqn_and_different_host_ids_are_found() {
    let nqn = "nqn.2014-08.com.example:rack";
    let id = |last| format!("00000000-0000-4000-8000-00000000000{last}");
    let rows = format!(
        "host,machine_id,host_nqn,host_id\na,{ID},{nqn},{}\nb,{OTHER},{nqn},{}\n",
        id(1),
        id(2)
    );
    let ran = derive(&[], &[], rows.as_bytes());
    assert!(ran.stderr.contains("have one host NQN"), "{ran:#?}");
    assert_eq!(ran.code, Some(1));
}

/// One of half a gibibyte, in half of it.
#[test]
fn a_line_that_is_larger_than_the_memory_is_passed_over() {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v 262144; exec \"$0\" derive --threads 1"])
        .arg(env!("CARGO_BIN_EXE_sanid-fleet"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let head = format!("host,machine_id\nn1,{ID}\n");
        let long = std::io::repeat(b'x').take(1 << 29);
        let tail = format!("\nn2,{OTHER}\n");
        let mut text = head.as_bytes().chain(long).chain(tail.as_bytes());
        std::io::copy(&mut text, &mut input).unwrap();
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        stderr,
        "sanid-fleet: standard input, line 3: it is longer than 65536 bytes\nsanid-fleet: 2 identities derived, 1 bad row left out\n"
    );
    assert_eq!(output.status.code(), Some(2));
}
