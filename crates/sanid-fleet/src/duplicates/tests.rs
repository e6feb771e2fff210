//! Small outputs of the programs that the names come from, with made-up values.

use super::{Source, Verdict, judge, read};

const IQN: &str = "iqn.1993-08.org.debian:01:5c0ffee0a1b2";
const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41";

fn worst(source: &Source) -> Option<Verdict> {
    judge(&source.facts).iter().map(|one| one.verdict).max()
}

/// Those who share a name, or may.
fn holders(text: &str) -> (Option<Verdict>, Vec<String>) {
    let source = read(
        "file",
        text.replace("IQN", IQN).replace("NQN", NQN).as_bytes(),
    );
    let judged = judge(&source.facts);
    let mut all: Vec<String> = judged
        .iter()
        .filter(|one| one.verdict != Verdict::Apart)
        .flat_map(|one| one.hosts.iter().chain(&one.groups))
        .map(|one| one.name.clone())
        .collect();
    all.dedup();
    (worst(&source), all)
}

/// A shape, a text of it, and the two hosts in it.
const SHARED: &[(&str, &str, [&str; 2])] = &[
    (
        "a table without a head",
        "db-01 IQN\ndb-02 IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "CSV",
        "host,iqn\ndb-01,IQN\ndb-02,IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "CSV of a different language",
        "sep=;\nServer;iSCSI\ndb-01;InitiatorName=IQN \ndb-02;IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "several names in one cell",
        "Host,Initiators\ndb-01,\"eui.0123456789ABCDEF\nIQN\"\ndb-02,IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "a table with a ruler",
        "VMHost  IScsiName\n------  ---------\nesx-7   IQN\nesx-8   IQN\n",
        ["esx-7", "esx-8"],
    ),
    (
        "a table with boxes",
        "+----+----+\n| Host | Connector ID |\n+----+----+\n| a-1 | IQN |\n| a-2 | IQN |\n+----+----+\n",
        ["a-1", "a-2"],
    ),
    (
        "a table by words",
        "id name  iscsi_name\n0  db-01 IQN\n1  db-02 IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "blocks",
        "Host Name : db-01\niSCSI Name : IQN\n\nHost Name : db-02\niSCSI Name : IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "blocks without gaps",
        "id:0\nname:db-01\niscsi_name:IQN\nid:1\nname:db-02\niscsi_name:IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "ansible in one line",
        "db-01 | CHANGED | rc=0 | (stdout) InitiatorName=IQN\ndb-02 | CHANGED | rc=0 | (stdout) InitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "ansible",
        "db-01 | CHANGED | rc=0 >>\nInitiatorName=IQN\ndb-02 | CHANGED | rc=0 >>\nInitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "pdsh",
        "db-01: InitiatorName=IQN\ndb-02: InitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "dshbak",
        "----------------\ndb-[01-02]\n----------------\nInitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "salt",
        "db-01:\n    InitiatorName=IQN\ndb-02:\n    InitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "tail",
        "==> b/db-01/etc/iscsi/initiatorname.iscsi <==\nInitiatorName=IQN\n\n==> b/db-02/etc/iscsi/initiatorname.iscsi <==\nInitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "grep -H",
        "b/db-01/etc/iscsi/initiatorname.iscsi:InitiatorName=IQN\nb/db-02/etc/iscsi/initiatorname.iscsi:InitiatorName=IQN\n",
        ["db-01", "db-02"],
    ),
    (
        "a list of objects",
        r#"[{"name":"db-01","host_initiators":[{"port_name":"IQN"}]},{"name":"db-02","host_initiators":[{"port_name":"IQN"}]}]"#,
        ["db-01", "db-02"],
    ),
    (
        "a map by host",
        r#"{"results":{"db-01":{"iqn":"IQN"},"db-02":{"iqn":"IQN"}}}"#,
        ["db-01", "db-02"],
    ),
    (
        "objects of Kubernetes",
        r#"{"items":[{"metadata":{"name":"w-1"},"spec":{"iqns":["IQN"]}},{"metadata":{"name":"w-2"},"spec":{"iqns":["IQN"]}}]}"#,
        ["w-1", "w-2"],
    ),
    (
        "JSON to a line",
        "{\"host\":\"db-01\",\"iqn\":\"IQN\"}\n{\"host\":\"db-02\",\"iqn\":\"IQN\"}\n",
        ["db-01", "db-02"],
    ),
    (
        "XML",
        "<all><h><alias>db-01</alias><iqn>IQN</iqn></h><h><alias>db-02</alias><iqn>IQN</iqn></h></all>",
        ["db-01", "db-02"],
    ),
    (
        "YAML",
        "items:\n- metadata:\n    name: w-1\n  iqn: IQN\n- metadata:\n    name: w-2\n  iqn: IQN\n",
        ["w-1", "w-2"],
    ),
];

#[test]
fn two_hosts_with_one_name_are_found_in_each_shape() {
    for (shape, text, hosts) in SHARED {
        let found = holders(text);
        assert_eq!(found.0, Some(Verdict::Shared), "{shape}: {found:?}");
        assert_eq!(found.1, *hosts, "{shape}");
    }
}

#[test]
fn what_is_one_host_or_no_host_is_not_shared() {
    for (shape, text) in [
        (
            "a path for each row",
            "host,iqn,port\ndb-01,IQN,0:3:1\ndb-01,IQN,1:3:1\n",
        ),
        (
            "a host with its domain",
            "host,iqn\nDB-01,IQN\ndb-01.example.net.,IQN\n",
        ),
        (
            "the target's own name",
            r#"[{"nqn":"nqn.2024-01.com.example:s","hosts":[{"nqn":"NQN"}]},{"nqn":"nqn.2024-01.com.example:s","hosts":[]}]"#,
        ),
        (
            "another case of an NQN that is no UUID",
            "host,nqn\na,nqn.2024-01.com.example:Web\nb,nqn.2024-01.com.example:web\n",
        ),
        (
            "names that differ at their end",
            "host,iqn\na,iqn.2024-01.com.example:web-0123456789\nb,iqn.2024-01.com.example:web-012345678\n",
        ),
        (
            "one name twice in one object",
            r#"[{"label":"db-01","ports":[{"address":"IQN","label":"db-01_p0"}],"initiators":[{"label":"db-01_p0","iscsiNodeName":"IQN"}]}]"#,
        ),
    ] {
        let found = holders(text);
        assert_eq!(found.0, Some(Verdict::Apart), "{shape}: {found:?}");
    }
}

#[test]
fn groups_and_addresses_alone_are_a_question() {
    for (shape, text) in [
        (
            "groups",
            "Igroup Name: a\nInitiators: IQN\n\nIgroup Name: b\nInitiators: IQN\n",
        ),
        (
            "two addresses",
            "Session: 1\n  Initiator: IQN\n  IP Address: 192.0.2.11\nSession: 2\n  Initiator: IQN\n  IP Address: 192.0.2.12\n",
        ),
        (
            "a host, and a stranger's address",
            "Id Name Kind iSCSI_Name Port IP\n3 db-01 x IQN 0:3:1 192.0.2.11\n-- -- -- IQN 0:3:2 192.0.2.12\n",
        ),
    ] {
        assert_eq!(holders(text).0, Some(Verdict::Ask), "{shape}");
    }
}

/// A short name is a host's with a domain only where no other domain has one of that name.
#[test]
fn a_short_name_of_two_domains_is_neither() {
    let text =
        "host,iqn\ndb-01,IQN\ndb-01.a.example,iqn.2024-01.com.example:1\ndb-01.b.example,IQN\n";
    assert_eq!(holders(text).0, Some(Verdict::Shared));
}

/// One NQN with two Host IDs is two machines (NVMe Base Specification 2.0, section 3.1.3.1).
#[test]
fn one_nqn_with_two_host_ids_is_two_machines() {
    let text = r#"[{"hostnqn":"NQN","hostid":"7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41"},{"hostnqn":"NQN","hostid":"c2d4e6f8-1a3b-4c5d-9e7f-a0b1c2d3e4f5"}]"#;
    assert_eq!(holders(text).0, Some(Verdict::Shared));
}

#[test]
fn what_was_not_read_is_said() {
    for (text, said) in [
        (
            "web-1 | UNREACHABLE! => {\n \"msg\": \"x\"\n}\ndb-01 | CHANGED | rc=0 >>\nInitiatorName=IQN\n",
            "web-1 did not answer",
        ),
        (
            "NAME  IQN\ndb-01  iqn.1993-08.org.debian:01:5c0f...\n",
            "cut",
        ),
        ("<!DOCTYPE html><html></html>", "page of HTML"),
        ("{\"a\": [1, 2", "no JSON"),
    ] {
        let source = read("file", text.replace("IQN", IQN).as_bytes());
        assert!(
            source.unread.iter().any(|one| one.contains(said)),
            "{text}: {:?}",
            source.unread
        );
    }
    let text = "{\"wwn\":[\"52:4A:93:70:4E:E5:68:00\"]}";
    assert_eq!(read("file", text.as_bytes()).wwns, 1);
}

#[test]
fn encodings_of_windows_are_read() {
    let text = format!("Server;Standort;iSCSI\r\nDB-01;Köln;{IQN}\r\nDB-02;Köln;{IQN}\r\n");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (narrow, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    for bytes in [[&b"\xff\xfe"[..], &wide].concat(), narrow.into_owned()] {
        assert_eq!(worst(&read("file", &bytes)), Some(Verdict::Shared));
    }
}

/// The files of two hosts, which do not say whose they are.
#[test]
fn a_file_of_one_host_is_that_of_its_name() {
    let text = format!(
        "Target: iqn.2024-01.com.example:t\n\tIface Initiatorname: {IQN}\n\tIface IPaddress: 192.0.2.11\n"
    );
    let mut facts = read("dumps/db-01.txt", text.as_bytes()).facts;
    facts.extend(read("dumps/db-02.txt", text.as_bytes()).facts);
    let judged = judge(&facts);
    let shared = judged
        .iter()
        .find(|one| one.verdict == Verdict::Shared)
        .unwrap();
    let hosts: Vec<_> = shared.hosts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(hosts, ["db-01", "db-02"]);
}

/// The machine-id of a host is no name to show.
#[test]
fn an_id_of_32_digits_is_not_a_host() {
    let text = format!("host,iqn\n3d1219c7c4c5404aaa1f6d2a48adfda4,{IQN}\n");
    assert!(!format!("{:?}", read("file", text.as_bytes()).facts).contains("3d1219"));
}

/// The texts of other programs in `tests/duplicates`.
fn shapes() -> Vec<String> {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/duplicates");
    let files = ["shapes", "made"].map(|one| std::fs::read_dir(here.join(one)).unwrap());
    let paths = files
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let texts = paths.filter_map(|path| std::fs::read_to_string(path).ok());
    texts
        .filter(|text| !text.is_empty() && !text.contains('\0'))
        .collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_the_reader_fall_over(text in "[\\PC\n\t]{0,200}|[-+|:=#>< \"'{}\\[\\]a1/.,;\n]{0,200}|(iqn\\.2024-01\\.a:b|nqn\\.|host|[ ,;:|/=<>\n-])*") {
        let _ = judge(&read("file", text.as_bytes()).facts);
    }

    #[test]
    fn no_bytes_make_the_reader_fall_over(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = read("file", &bytes);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]

    /// A part of a file that is there says no more than the text of it.
    #[test]
    fn what_is_found_in_a_damaged_file_stands_there(
        file in proptest::sample::select(shapes()),
        from in proptest::prelude::any::<proptest::sample::Index>(),
        length in 0..200_usize,
        put in "[\\[\\]{}:;,|\"'<>=\n\t -]{0,3}",
    ) {
        let start = from.index(file.len());
        let end = (start + length).min(file.len());
        let parts = (file.get(..start), file.get(end..));
        if let (Some(before), Some(after)) = parts {
            let text = format!("{before}{put}{after}");
            let source = read("file", text.as_bytes());
            let small = text.to_lowercase();
            for fact in &source.facts {
                // Its end may be in the next line of a column.
                let start = fact.name.get(..12).unwrap_or_default().to_lowercase();
                proptest::prop_assert!(small.contains(&start), "{fact:?} in {text}");
            }
            let _ = judge(&source.facts);
        }
    }
}

/// A single line above all names may be a heading.
#[test]
fn one_line_above_all_names_is_not_their_host() {
    let (verdict, holders) = holders("db-01  HOST       1\n    IQN\n    IQN\n");
    assert_eq!((verdict, holders), (Some(Verdict::Ask), Vec::new()));
}

#[test]
fn empty_lines_count() {
    let source = read("file", format!("Hi all,\n\ndb-01, {IQN}\n").as_bytes());
    let lines: Vec<u64> = source.facts.iter().map(|fact| fact.line).collect();
    assert_eq!(lines, [3]);
}

/// The elements of a list have one key, which is not a host.
#[test]
fn elements_of_a_list_are_no_hosts() {
    let element = "<Obj><Iqn>IQN</Iqn></Obj>";
    let (verdict, holders) = holders(&format!("<Objs>{element}{element}</Objs>"));
    assert_eq!((verdict, holders), (Some(Verdict::Ask), Vec::new()));
}

/// Each of these is as deep as it is long.
#[test]
fn what_is_deep_is_read_or_refused() {
    let deep = 50_000;
    for text in [
        "a | SUCCESS >>".repeat(deep),
        "<a>".repeat(deep),
        format!("{}{}", "<a>".repeat(deep), "</a>".repeat(deep)),
        "[".repeat(deep),
        "{\"a\":".repeat(deep),
        format!("{}b:{IQN}\n", "a/".repeat(deep)),
        format!("{IQN} ").repeat(1000),
    ] {
        let _ = judge(&read("file", text.as_bytes()).facts);
    }
}
