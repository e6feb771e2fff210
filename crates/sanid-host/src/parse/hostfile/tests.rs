use super::*;
use crate::parse::unlike;
use proptest::prelude::*;

const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
const IBM: &str = "IBM's CSI driver";
const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

/// The readers, without the brackets after their names.
fn named(views: &[ReaderView]) -> Vec<String> {
    views
        .iter()
        .map(|view| view.reader.split(" (").next().unwrap().to_owned())
        .collect()
}

#[test]
fn readers_of_hostnqn_disagree_where_they_do() {
    for (file, expected) in [
        (format!("{NQN}\n"), [].as_slice()),
        (NQN.to_owned(), &[]),
        (format!("{NQN} \n"), &["libnvme", "libnvme 3", "gonvme"]),
        (format!("{NQN}\r\n"), &["libnvme", "libnvme 3", "gonvme"]),
        (format!(" {NQN}\n"), &["libnvme", "libnvme 3", "gonvme"]),
        (format!("{NQN}\n\n"), &[]),
        (format!("\n{NQN}\n"), &["libnvme", "libnvme 3", "nvme-stas"]),
        (
            format!("# ours\n{NQN}\n"),
            &["libnvme", "libnvme 3", "nvme-stas", "os-brick", "gonvme"],
        ),
        (
            format!("{NQN} # ours\n"),
            &["libnvme", "libnvme 3", "os-brick", "gonvme", IBM],
        ),
        (
            format!("{NQN}\nnqn.2004-05.com.example:b\n"),
            &["os-brick", "gonvme", IBM],
        ),
        (
            format!("{NQN}\0\n"),
            &["nvme-stas", "os-brick", "gonvme", IBM],
        ),
        (
            String::new(),
            &[
                "libnvme",
                "libnvme 3",
                "nvme-stas",
                "os-brick",
                "gonvme",
                IBM,
            ],
        ),
    ] {
        let others = named(&unlike(NQN, hostnqn_readers(file.as_bytes())));
        assert_eq!(others, expected, "{file:?}");
    }
}

#[test]
fn readers_of_hostid_disagree_where_they_do() {
    for (file, expected) in [
        (format!("{ID}\n"), [].as_slice()),
        (ID.to_owned(), &[]),
        // libnvme's buffer ends with the UUID, so it never sees what follows.
        (format!("{ID} \n"), &[]),
        (format!("{ID} # ours\n"), &["os-brick"]),
        (format!("{ID}x\n"), &["nvme-stas", "os-brick"]),
        (format!(" {ID}\n"), &["libnvme", "libnvme 3"]),
        (format!("\n{ID}\n"), &["libnvme", "libnvme 3", "nvme-stas"]),
        (format!("{ID}\n{ID}\n"), &["os-brick"]),
    ] {
        let others = named(&unlike(ID, hostid_readers(file.as_bytes())));
        assert_eq!(others, expected, "{file:?}");
    }
}

/// What libnvme 1 takes from a file and libnvme 3 ignores.
#[test]
fn libnvme_3_ignores_a_value_that_is_not_valid() {
    let long = format!("nqn.2004-05.com.example:{}", "x".repeat(300));
    let dashless = format!("{}{}", HostNqn::UUID_PREFIX, ID.replace('-', ""));
    for value in [
        dashless.as_str(),
        &format!("{NQN}0"),
        &format!("{NQN}\r"),
        &format!("{NQN}\t"),
        "nqn.2004-05.com.example:a b",
        "nqn.2004-05.com.example:\u{e4}",
        "nqn.2004-05.com.example:\x7f",
        "nqn.2004-13.com.example:a",
        "nqn.2004-00.com.example:a",
        "nqn.2004-5.com.example:a",
        "nqn.2004-05",
        "nqn.2004-05.",
        "nqn.20o4-05.com.example:a",
        "NQN.2004-05.com.example:a",
        "iqn.2004-05.com.example:a",
        "nqn.",
    ] {
        assert_eq!(libnvme_hostnqn(value.as_bytes()), Ok(value));
        let hazard = libnvme_3_hostnqn(value.as_bytes()).unwrap_err();
        assert!(matches!(hazard, Hazard::Refused(_)), "{value:?}: {hazard}");
    }
    for value in [
        NQN,
        &NQN.to_uppercase().replace(
            "NQN.2014-08.ORG.NVMEXPRESS:UUID",
            "nqn.2014-08.org.nvmexpress:uuid",
        ),
        "nqn.2014-08.org.nvmexpress:NVMf:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
        "nqn.2014-08.org.nvmexpress.discovery",
        "nqn.2004-12.x",
        "nqn.2004-05.com.example:a,b=%#",
        &long[..222],
    ] {
        assert_eq!(libnvme_3_hostnqn(value.as_bytes()), Ok(value));
    }
    let (upper, dashless) = (ID.to_uppercase(), ID.replace('-', ""));
    assert_eq!(libnvme_3_hostid(upper.as_bytes()), Ok(upper.as_str()));
    for value in [
        dashless.as_str(),
        "00000000-0000-0000-0000-000000000000",
        "x",
    ] {
        assert_eq!(libnvme_hostid(value.as_bytes()), Ok(value));
        assert!(libnvme_3_hostid(value.as_bytes()).is_err(), "{value:?}");
    }
    assert!(matches!(
        (libnvme_3_hostnqn(b"nqn.\xff"), libnvme_3_hostid(b"\xff")),
        (Err(Hazard::Refused(_)), Err(Hazard::Refused(_)))
    ));
}

#[test]
fn libnvme_reads_a_buffer_up_to_a_nul_or_a_line_feed() {
    let long = "x".repeat(300);
    for (file, nqn, id) in [
        ("", Err(Hazard::NoValue), Err(Hazard::NoValue)),
        ("\0a\n", Err(Hazard::NoValue), Err(Hazard::NoValue)),
        ("\n", Err(Hazard::Empty), Err(Hazard::Empty)),
        ("\na", Err(Hazard::Empty), Err(Hazard::Empty)),
        (" \n", Ok(" "), Ok(" ")),
        ("a\0b\n", Ok("a"), Ok("a")),
        ("a\nb\n", Ok("a"), Ok("a")),
        (long.as_str(), Ok(&long[..222]), Ok(&long[..36])),
    ] {
        assert_eq!(libnvme_hostnqn(file.as_bytes()), nqn, "{file:?}");
        assert_eq!(libnvme_hostid(file.as_bytes()), id, "{file:?}");
    }
}

#[test]
fn bytes_that_are_not_text_are_a_hazard_only_where_they_are_read() {
    assert_eq!(libnvme_hostnqn(b"nqn.\xff\n"), Err(Hazard::NotUtf8));
    assert_eq!(libnvme_hostnqn(b"nqn.a\n\xff"), Ok("nqn.a"));
}

#[test]
fn nvme_stas_refuses_invalid_nqns() {
    let long = format!("nqn.{}", "x".repeat(220));
    for (file, reason) in [
        ("iqn.2004-05.com.example:a\n", "does not begin with nqn."),
        (long.as_str(), "longer than 223"),
        (" \n", "first line has only whitespace"),
        ("", "first line has only whitespace"),
    ] {
        let hazard = stas_hostnqn(file.as_bytes()).unwrap_err().to_string();
        assert!(
            hazard.starts_with("refuses the file") && hazard.contains(reason),
            "{hazard}"
        );
    }
}

#[test]
fn several_lines_are_several_hosts_to_gonvme() {
    let file = format!("{NQN}\n# ours\n");
    assert_eq!(
        gonvme(file.as_bytes()),
        Err(Hazard::Several(vec![NQN.to_owned(), "# ours".to_owned()]))
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        hostnqn_readers(&bytes);
        hostid_readers(&bytes);
    }

    #[test]
    fn one_line_is_read_alike_by_all(name in "nqn\\.[0-9]{4}-(0[1-9]|1[0-2])\\.[a-z0-9.:-]{1,200}") {
        prop_assert_eq!(unlike(&name, hostnqn_readers(format!("{name}\n").as_bytes())), []);
    }
}
