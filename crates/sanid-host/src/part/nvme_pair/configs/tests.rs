use super::*;
use crate::part::own::{SHOWN, iscsi_record};
use proptest::prelude::*;

const NQN_TEXT: &str = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555";
const ID_TEXT: &str = "11111111-2222-4333-8444-555555555555";

fn pair(line: usize, nqn: Option<&str>, id: Option<&str>) -> Own {
    Own {
        line,
        names: Names::of_files(|file| match file {
            NQN => nqn.map(str::to_owned),
            ID => id.map(str::to_owned),
            _ => None,
        }),
        fault: None,
    }
}

#[test]
fn fabrics_takes_the_keys_of_host_alone() {
    for (text, expected) in [
        (
            format!("# x\n[Host]\nhostsymname = a\n hostnqn={NQN_TEXT} \nhostid = {ID_TEXT}\r\n"),
            Some(pair(4, Some(NQN_TEXT), Some(ID_TEXT))),
        ),
        (
            format!("[ Host ]\nhostid = {ID_TEXT}"),
            Some(pair(2, None, Some(ID_TEXT))),
        ),
        // A section of a later version.
        (format!("[Zone]\nhostnqn = {NQN_TEXT}\n"), None),
        // The last value counts, and an empty one takes the name back.
        (
            format!("[Host]\nhostnqn = {NQN_TEXT}\nhostnqn =\n"),
            Some(pair(1, None, None)),
        ),
        (
            format!("[Host]\n#hostnqn = {NQN_TEXT}\n"),
            Some(pair(1, None, None)),
        ),
        // Keys have one spelling, and `;` does not begin a comment.
        (
            format!("\n[Host]\nHostNQN = {NQN_TEXT}\n;hostnqn = {NQN_TEXT}\n"),
            Some(pair(2, None, None)),
        ),
        (
            "[Host]\nhostsymname = a\n".into(),
            Some(pair(1, None, None)),
        ),
        // Connections without a fault.
        (
            "[Discovery Controller]\npersistent = Auto\nfuture = 1\n\
             controller = transport=tcp; traddr=::1;; tos = 0x1F ;persistent=\n\
             [Subsystem]\nnqn = nqn.2014-08.com.example:a\ntls = OFF\nqueue-size = -017\n"
                .into(),
            None,
        ),
        (String::new(), None),
    ] {
        assert_eq!(fabrics(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn fabrics_names_the_first_line_that_nvme_cli_refuses() {
    for (text, line) in [
        ("hostnqn = x\n[Host]\n", 1),
        ("[Host]\n[Host\n", 2),
        ("[Host]\n[Host] x\n", 2),
        ("[]\n", 1),
        ("[Host]]\n", 1),
        ("[Host]\nhostnqn\n", 2),
        ("[Host]\n= x\n", 2),
        ("[Zone]\njunk\n", 2),
        ("\u{feff}[Host]\n", 1),
        ("[Host]\n\n[ Host ]\n", 3),
        ("[Subsystem]\nhostid = x\n", 2),
        // A value that a later line replaces.
        (
            "[Host]\nhostnqn = x\nhostnqn = nqn.2014-08.com.example:a\n",
            2,
        ),
        ("[Host]\nhostid = 7\nhostid =\n", 2),
        ("[Host]\nhostnqn = nqn.2014-08.com.example:\u{e9}\n", 2),
        ("[Host]\n# a\0b\n[Host]\n", 2),
        ("[Zone]\nx = \0\n", 2),
        // Keys of connections.
        ("[Host]\npersistent = no\n", 2),
        ("[I/O Controller Defaults]\ntos = 08\n", 2),
        ("[Host]\ntls = perhaps\n", 2),
        ("[Host]\ntls-key = a\rb\n", 2),
        ("[Host]\nnqn = nqn.2014-08.com.example:a\n", 2),
        (
            "[Discovery Controller Defaults]\ncontroller = transport=tcp;traddr=a\n",
            2,
        ),
        ("[Discovery Controller]\npersistent = always\n", 2),
        ("[Discovery Controller]\nnqn =\n", 2),
        ("[Discovery Controller]\ncontroller = transport=tcp\n", 2),
        (
            "[Discovery Controller]\ncontroller = transport=tcp;traddr=a;traddr=b\n",
            2,
        ),
        (
            "[Discovery Controller]\ncontroller = transport=tcp;traddr=a;trsvcid=\n",
            2,
        ),
        (
            "[Discovery Controller]\ncontroller = transport=tcp;traddr=a;tls=yes\n",
            2,
        ),
        (
            "[Discovery Controller]\ncontroller = transport=tcp;traddr=a;zone=1\n",
            2,
        ),
        (
            "[Discovery Controller]\ncontroller = transport=tcp;traddr=a;=\n",
            2,
        ),
        (
            "[Subsystem]\n[Subsystem]\nnqn = nqn.2014-08.com.example:a\n",
            1,
        ),
    ] {
        let own = fabrics(text.as_bytes()).unwrap();
        assert!(own.fault.is_some(), "{text:?}");
        assert_eq!(own.line, line, "{text:?}");
    }
}

#[test]
fn stas_takes_nqn_and_id_in_either_case() {
    let text = format!(
        "[Host]\n;nqn={NQN_TEXT}\nNQN = {NQN_TEXT}\nid=file:///etc/nvme/hostid\nsymname=a\n"
    );
    let expected = pair(3, Some(NQN_TEXT), Some("file:///etc/nvme/hostid"));
    assert_eq!(stas(text.as_bytes()), Some(expected));
    assert_eq!(stas(format!("[Global]\nnqn={NQN_TEXT}\n").as_bytes()), None);
}

#[test]
fn discovery_takes_each_form_of_an_option() {
    let text = format!(
        "# -q {NQN_TEXT}\n-t tcp --hostnqn={NQN_TEXT} --hostid {ID_TEXT}\n-q{NQN_TEXT}\n-I={ID_TEXT}\n-t tcp -a ::1\n--hostnqn-x=1\n--hostnqn\n"
    );
    assert_eq!(
        discovery(text.as_bytes()),
        [
            pair(2, Some(NQN_TEXT), Some(ID_TEXT)),
            pair(3, Some(NQN_TEXT), None),
            pair(4, None, Some(ID_TEXT)),
        ]
    );
}

#[test]
fn json_takes_each_host_with_a_name() {
    let text = format!(
        "[\n {{\"hostnqn\": \"{NQN_TEXT}\",\n  \"hostid\": \"{ID_TEXT}\", \"subsystems\": [{{\"nqn\": \"x\"}}]}},\n {{\"hostid\": 7}}, 8]"
    );
    let expected = [pair(2, Some(NQN_TEXT), Some(ID_TEXT))];
    assert_eq!(json(text.as_bytes()).unwrap(), expected);
    let in_object = format!("{{\"hosts\": {text}}}");
    assert_eq!(json(in_object.as_bytes()).unwrap(), expected);
    assert_eq!(json(b" \n").unwrap(), []);
    assert!(json(b"[").is_err());
}

#[test]
fn a_server_uuid_is_a_uuid() {
    assert_eq!(
        lxd(format!("{ID_TEXT}\n").as_bytes()).as_deref(),
        Some(ID_TEXT)
    );
    assert_eq!(lxd(b"none\n"), None);
}

#[test]
fn hostile_values_are_escaped_and_short() {
    let text = [
        b"[Host]\nnqn = nqn.\x1b[2J\xff".as_slice(),
        &[b'x'; 4000],
        b"\n",
    ]
    .concat();
    let own = stas(&text).unwrap();
    let name = own.names.host_nqn().unwrap();
    assert!(name.starts_with("nqn.\\u{1b}[2J\\xff"), "{name}");
    assert_eq!(name.chars().count(), SHOWN);
}

proptest! {
    #[test]
    fn no_bytes_end_a_parser(bytes: Vec<u8>, host: bool) {
        let bytes = if host { [b"[Host]\n".as_slice(), &bytes].concat() } else { bytes };
        let _ = (fabrics(&bytes), stas(&bytes), discovery(&bytes), json(&bytes), iscsi_record(&bytes), lxd(&bytes));
    }
}
