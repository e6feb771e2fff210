use super::*;
use proptest::prelude::*;

const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555";
const ID: &str = "11111111-2222-4333-8444-555555555555";

/// A file, each line marked `-` if it must go and ` ` if it must stay.
fn lines(config: Config, marked: &str) {
    let text = |keep_all: bool| -> String {
        let lines = marked.split_inclusive('\n');
        let lines = lines.filter(|line| keep_all || line.starts_with(' '));
        lines.filter_map(|line| line.get(1..)).collect()
    };
    becomes(config, &text(true), &text(false));
}

fn becomes(config: Config, before: &str, after: &str) {
    let without = config.without(before.as_bytes());
    let without = without.map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(without.as_deref(), Ok(after), "{config:?}: {before}");
    // A second time changes nothing.
    assert_eq!(
        config.without(after.as_bytes()),
        Ok(after.as_bytes().to_vec())
    );
    assert_eq!(config.traces(after.as_bytes()), []);
}

#[test]
fn removes_the_lines_of_names_and_secrets_and_keeps_the_others() {
    use Config::{Fabrics, Iscsi, Persona, Stas};
    for (config, marked) in [
        (
            Fabrics,
            format!(
                " # hostnqn = {NQN}\n [Host]\r\n-hostnqn = {NQN}\r\n-  hostid={ID}\n hostsymname = web1\n\
                 -kxchap-secret = DHHC-1:00:AAAA:\n [Subsystem]\n nqn = nqn.2014-08.com.example:s\n\
                 -tls-key = NVMeTLSkey-1:01:AAAA:\n-tls-key-identity = NVMe0R01 {NQN} x\n tls = yes\n hostless = 1"
            ),
        ),
        // The last line has no end.
        (Fabrics, format!(" [Host]\n-hostnqn = {NQN}")),
        // Without its name a drop-in must have no [Host].
        (
            Persona,
            format!(" # site b\n-[Host]\n-hostnqn = {NQN}\n # why\n-hostsymname = b\n \n [Subsystem]\n nqn = {NQN}\n"),
        ),
        (Persona, " [Host]\n hostsymname = b\n".into()),
        (
            Stas,
            format!(" [Host]\n-NQN = {NQN}\n-ID={ID}\n-key = DHHC-1:00:AAAA:\n symname = a\n [Other]\n nqn = x\n id = y\n"),
        ),
        (Stas, " [Host]\n nqn = file:///etc/nvme/hostnqn\n id=file:///etc/nvme/hostid\n".into()),
        // An empty name that was replaced would count again.
        (
            Stas,
            format!(" [Host]\n-nqn=\n-nqn={NQN}\n id=\n"),
        ),
        // A value goes on in lines that are indented more; comments between them stay.
        (Stas, format!(" [Host]\n-nqn =\n-   {NQN}\n ; why\n-   file:///x\n symname = a\n")),
        (Stas, format!(" [Host]\n symname = a\n   nqn = {NQN}\n")),
        (
            Iscsi,
            " # iface.initiatorname = iqn.2004-05.com.example:a\n #node.session.auth.password = x\n node.startup = automatic\n\
             -iface.initiatorname = iqn.2004-05.com.example:a\r\n-node.session.auth.password = s3cret\n\
             -discovery.sendtargets.auth.password_in = s3cret\n iface.hwaddress = 02:00:00:00:00:01\n\
             -node.session.auth.username = iqn.2004-05.com.example:a\n node.session.auth.username_in = array\n iface.initiatorname = <empty>\n node.session.auth.password =\n"
                .into(),
        ),
    ] {
        lines(config, &marked);
    }
}

#[test]
fn removes_parts_of_a_line_and_keeps_the_rest_of_it() {
    let n = NQN;
    let cases = [
        (
            format!("-t tcp -q {n} -a 192.0.2.1\n"),
            "-t tcp -a 192.0.2.1\n",
        ),
        (
            format!("-q{n}  --hostid={ID}\t-t tcp\n# -q {n}\n"),
            "-t tcp\n# -q {n}\n",
        ),
        (
            format!("-t tcp --hostnqn {n}\r\n\n--hostn={n}\n"),
            "-t tcp\r\n\n\n",
        ),
        (
            "-t tcp -S DHHC-1:00:A: --dhchap_ctrl-secret=DHHC-1:00:B: -s 8009".into(),
            "-t tcp -s 8009",
        ),
    ];
    for (before, after) in cases {
        becomes(Config::Discovery, &before, &after.replace("{n}", n));
    }
    let cases = [
        (
            "traddr=a;dhchap-secret=DHHC-1:00:A:;nqn=s",
            "traddr=a;nqn=s",
        ),
        ("dhchap-secret=x;dhchap-ctrl-secret=y;traddr=a", "traddr=a"),
        // An empty item is ignored.
        ("traddr=a;dhchap-secret=x;dhchap-ctrl-secret=y", "traddr=a;"),
        ("dhchap-secret=x", ""),
    ];
    for (before, after) in cases {
        let file = |value| format!("[Controllers]\ncontroller = {value}\n\tother=1\n");
        becomes(Config::Stas, &file(before), &file(after));
    }
}

#[test]
fn removes_members_of_objects_and_leaves_json() {
    for (before, after) in [
        (
            "[\n  {\n    \"hostnqn\": \"NQN\",\n    \"hostid\": \"ID\",\n    \"subsystems\": []\n  }\n]\n",
            "[\n  {\n    \"subsystems\": []\n  }\n]\n",
        ),
        ("{ \"a\": 1, \"hostnqn\": \"NQN\" }", "{ \"a\": 1 }"),
        (
            "{ \"a\": 1, \"hostnqn\": \"NQN\", \"hostid\": \"ID\" , \"b\": 2}",
            "{ \"a\": 1, \"b\": 2}",
        ),
        ("{ \"hostnqn\": \"NQN\" , \"hostid\": \"ID\" }", "{  }"),
        (
            "{\"hosts\":[{\"hostid\":7,\"x\":[{\"dhchap_key\":\"k\",\"tls_key\":\"k\",\"keyring\":\".nvme\"}]}]}",
            "{\"hosts\":[{\"x\":[{\"keyring\":\".nvme\"}]}]}",
        ),
        (
            "{\"host\\u006eqn\": \"x\", \"hostnqn\": \"\"}",
            "{\"hostnqn\": \"\"}",
        ),
        (" \n", " \n"),
    ] {
        let name = |text: &str| text.replace("NQN", NQN).replace("ID", ID);
        becomes(Config::Json, &name(before), &name(after));
    }
}

#[test]
fn refuses_a_file_that_cannot_be_changed_safely_and_still_reports_its_names() {
    use Config::{Fabrics, Json, Persona, Stas};
    for (config, text, why) in [
        (
            Fabrics,
            format!("[Host]\nhostnqn = {NQN}\njunk\n"),
            "line 3",
        ),
        (
            Fabrics,
            "[Host]\nhostid = 7\n".into(),
            "line 2: the hostid is not a valid UUID",
        ),
        (
            Persona,
            format!("[Host]\nhostnqn = {NQN}\ntls = yes\n"),
            "line 3: tls is for connections",
        ),
        (
            Stas,
            format!("key = a\n[Host]\nnqn = {NQN}\n"),
            "line 1 is before the first section",
        ),
        (
            Json,
            format!("[{{\"hostnqn\": \"{NQN}\",}}]"),
            "it is not JSON",
        ),
        (
            Json,
            format!("// a comment\n{{\"hostnqn\": \"{NQN}\"}}"),
            "it is not JSON",
        ),
        (
            Json,
            format!(
                "{}{{\"hostid\": 1}}{}",
                "[".repeat(50_000),
                "]".repeat(50_000)
            ),
            "recursion limit",
        ),
    ] {
        let refused = config.without(text.as_bytes()).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
        assert!(!config.traces(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn a_secret_is_never_part_of_a_trace() {
    let text = "[{\"dhchap_key\": \"DHHC-1:00:AAAA:\"}]";
    let traces = Config::Json.traces(text.as_bytes());
    assert_eq!(traces.len(), 1);
    assert!(!format!("{traces:?}").contains("DHHC"), "{traces:?}");
}

/// A line that stays and a line that goes, of each kind of file.
fn line(config: Config) -> impl Strategy<Value = (String, bool)> {
    let (stay, go): (Vec<&str>, Vec<String>) = match config {
        Config::Fabrics => (
            vec![
                "# x",
                "",
                "  # hostid = 1",
                "hostsymname = a",
                "keyring = .nvme",
                "future = 1 ",
                "tls = yes",
            ],
            vec![
                format!("hostnqn={NQN}"),
                format!("  hostid = {ID} "),
                "tls-key = x".into(),
            ],
        ),
        Config::Stas => (
            vec![
                "# x",
                "",
                "; id = 1",
                "symname=a",
                "nqn=file:///etc/nvme/hostnqn",
                "flag",
            ],
            vec![format!("Nqn = {NQN}"), format!("id={ID}"), "key=x".into()],
        ),
        Config::Discovery => (
            vec![
                "# -q x",
                "",
                "-t tcp -a ::1",
                "--host-traddr=::1 --host-iface=eth0",
            ],
            vec![],
        ),
        _ => (
            vec![
                "# BEGIN RECORD 2.1.8",
                "",
                "node.name = iqn.t",
                "iface.initiatorname = <empty>",
                "junk",
            ],
            vec![
                "iface.initiatorname = iqn.a:b".into(),
                " node.session.auth.password=x ".into(),
            ],
        ),
    };
    let stay = proptest::sample::select(stay).prop_map(|line| (line.to_owned(), false));
    let go = if go.is_empty() {
        vec![String::new()]
    } else {
        go
    };
    let marked = proptest::sample::select(go).prop_map(|line| (line.clone(), !line.is_empty()));
    let end = proptest::sample::select(vec!["\n", "\r\n"]);
    (prop_oneof![stay, marked], end).prop_map(|((line, goes), end)| (line + end, goes))
}

fn file() -> impl Strategy<Value = (Config, Vec<(String, bool)>)> {
    let configs = vec![
        Config::Fabrics,
        Config::Stas,
        Config::Discovery,
        Config::Iscsi,
    ];
    proptest::sample::select(configs)
        .prop_flat_map(|config| (Just(config), proptest::collection::vec(line(config), 0..20)))
}

proptest! {
    /// The other lines are there byte for byte, and the real reader takes no name from the file.
    #[test]
    fn a_random_file_keeps_every_other_line((config, lines) in file()) {
        let head = if matches!(config, Config::Fabrics | Config::Stas) { "[Host]\n" } else { "" };
        let text = |all: bool| -> String {
            let lines = lines.iter().filter(|(_, goes)| all || !goes);
            head.to_owned() + &lines.map(|(line, _)| line.as_str()).collect::<String>()
        };
        let without = config.without(text(true).as_bytes()).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&without), text(false));
        let is_file = |name: Option<&str>| name.is_none_or(|name| name.starts_with("file://"));
        let own = match config {
            Config::Fabrics => configs::fabrics(&without),
            Config::Stas => configs::stas(&without),
            Config::Iscsi => crate::own::iscsi_record(&without),
            _ => configs::discovery(&without).pop(),
        };
        let names = own.unwrap_or_default().names;
        prop_assert!(is_file(names.host_nqn()) && names.host_id().is_none() && names.iqn().is_none());
    }

    /// Whatever a file has, nothing is added or moved, and what is left has no name and changes no more.
    #[test]
    fn random_bytes_only_lose_bytes(bytes: Vec<u8>, head in 0..4usize) {
        let heads: [&[u8]; 4] = [b"", b"[Host]\nid=", b"[{\"hostid\":\"", b"-q "];
        let bytes = [heads[head], &bytes].concat();
        for config in [Config::Fabrics, Config::Persona, Config::Stas, Config::Discovery, Config::Json, Config::Iscsi] {
            if let Ok(without) = config.without(&bytes) {
                let mut rest = bytes.iter();
                prop_assert!(without.iter().all(|byte| rest.any(|one| one == byte)));
                prop_assert_eq!(config.without(&without), Ok(without));
            }
        }
    }

    /// Members of objects go, and the others are the same to a reader of JSON.
    #[test]
    fn random_json_keeps_every_other_member(keys in proptest::collection::vec(0..5usize, 0..8), space in "[ \n\t]{0,2}") {
        let names = ["a", "hostnqn", "b", "tls_key", "hostid"];
        let member = |(at, key): (usize, &usize)| {
            let name = names[*key];
            let name = if *key % 2 == 0 && *key < 4 { format!("{name}{at}") } else { name.to_owned() };
            format!("{space}\"{name}\"{space}:{space}\"x{at}\"{space}")
        };
        let members: Vec<String> = keys.iter().enumerate().map(member).collect();
        let text = format!("[{{{}}}]", members.join(","));
        let without = Config::Json.without(text.as_bytes()).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&without).unwrap();
        let mut expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        expected[0].as_object_mut().unwrap().retain(|key, _| !names[1..].contains(&key.as_str()) || key == "b");
        prop_assert_eq!(parsed, expected);
    }
}
