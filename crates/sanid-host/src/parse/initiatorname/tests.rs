use super::*;
use crate::parse::ShellHazard;
use proptest::prelude::*;
use std::fs;
use std::process::{Command, Stdio};

const IQN: &str = "iqn.2004-05.com.example:web1";

/// The readers that do not see [`IQN`], in short.
fn others(file: &str) -> Vec<&'static str> {
    let short = [
        "iscsid", "shell", "debian", "ibm", "ibm-old", "zstack", "goiscsi",
    ];
    all_readers(file.as_bytes())
        .iter()
        .zip(short)
        .filter(|(view, _)| view.value.as_deref() != Ok(IQN))
        .map(|(_, short)| short)
        .collect()
}

#[test]
fn one_line_and_nothing_else_is_read_alike_by_all() {
    assert_eq!(others(&format!("InitiatorName={IQN}\n")), [""; 0]);
    assert_eq!(others(&format!("InitiatorName={IQN}")), [""; 0]);
}

#[test]
fn readers_disagree_where_they_do() {
    for (file, expected) in [
        // Files that are common in the field.
        (
            format!("## DO NOT EDIT OR REMOVE THIS FILE!\nInitiatorName={IQN}\n"),
            &["zstack"][..],
        ),
        (
            format!("InitiatorName={IQN}\nInitiatorAlias=web1\n"),
            &["ibm", "ibm-old"],
        ),
        (
            format!("GenerateName=yes\nInitiatorName={IQN}\n"),
            &["debian", "ibm", "zstack"],
        ),
        // A comment after the name.
        (
            format!("InitiatorName={IQN} # web1\n"),
            &["iscsid", "debian", "ibm", "ibm-old", "zstack", "goiscsi"],
        ),
        // Blanks, in every place.
        (
            format!("InitiatorName = {IQN}\n"),
            &["shell", "debian", "ibm", "ibm-old", "zstack"],
        ),
        (
            format!("InitiatorName= {IQN}\n"),
            &["shell", "debian", "ibm", "zstack"],
        ),
        (format!(" InitiatorName={IQN}\n"), &["debian"]),
        (format!("InitiatorName={IQN} \n"), &["zstack"]),
        (format!("InitiatorName={IQN}\r\n"), &["shell"]),
        // Quotes are the shell's.
        (
            format!("InitiatorName=\"{IQN}\"\n"),
            &["iscsid", "debian", "ibm", "ibm-old", "zstack", "goiscsi"],
        ),
        // Two names: the first one counts for some, the last one for others.
        (
            format!("InitiatorName=iqn.2004-05.com.example:old\nInitiatorName={IQN}\n"),
            &["iscsid", "debian", "ibm", "ibm-old", "zstack", "goiscsi"],
        ),
        (
            format!("#InitiatorName=iqn.2004-05.com.example:old\nInitiatorName={IQN}\n"),
            &["ibm-old", "zstack"],
        ),
        // A value that iscsid finds in a line meant for something else.
        (
            format!("OldInitiatorName={IQN}\n"),
            &["shell", "debian", "ibm", "goiscsi"],
        ),
        (
            String::new(),
            &[
                "iscsid", "shell", "debian", "ibm", "ibm-old", "zstack", "goiscsi",
            ],
        ),
    ] {
        assert_eq!(others(&file), expected, "{file:?}");
    }
}

#[test]
fn iscsid_takes_the_first_line_it_can_use() {
    let long = |before: usize| format!("{}InitiatorName=a\n", "x".repeat(before));
    for (file, expected) in [
        ("InitiatorName=a\nInitiatorName=b\n".to_owned(), Some("a")),
        ("# InitiatorName=a\nInitiatorName=b\n".to_owned(), Some("b")),
        ("x # InitiatorName=a\n".to_owned(), None),
        ("xInitiatorName y = a=b \x0b\n".to_owned(), Some("a=b")),
        (
            "InitiatorName\nInitiatorName=\nInitiatorName= \t\nInitiatorName=b".to_owned(),
            Some("b"),
        ),
        ("initiatorname=a\n".to_owned(), None),
        // A NUL ends the line, not the file.
        (
            "Initiator\0Name=a\nInitiatorName=b\0c\n".to_owned(),
            Some("b"),
        ),
        (
            "x\0# InitiatorName=a\nInitiatorName=b\n".to_owned(),
            Some("b"),
        ),
        // The buffer ends at 1023 bytes, in the value, in the '=' or in the key.
        (long(1023 - 15), Some("a")),
        (long(1023 - 14), None),
        (long(1023 - 13), None),
        (long(1023 - 12), None),
        (long(1023), Some("a")),
        (
            format!("InitiatorName={}\n", "v".repeat(1100)),
            Some(&*"v".repeat(1023 - 14)),
        ),
        // Cut off from its '#', the rest of a long comment is not a comment.
        (format!("#{}InitiatorName=a\n", "x".repeat(1022)), Some("a")),
    ] {
        assert_eq!(
            iscsid(file.as_bytes()),
            expected.ok_or(Hazard::NoValue),
            "{file:?}"
        );
    }
}

#[test]
fn debian_refuses_names_that_begin_with_t_or_n() {
    for (file, accepted) in [
        ("InitiatorName=iqn.2004-05.com.example:a\n", true),
        ("x\nInitiatorName=eui.02004567a425678d", true),
        ("InitiatorName=naa.52004567ba64678d\n", false),
        ("InitiatorName=test\n", false),
        ("InitiatorName=\\x\n", false),
        ("InitiatorName= iqn\n", false),
        ("InitiatorName=\tiqn\n", true),
        ("InitiatorName=\n", false),
        (" InitiatorName=iqn\n", false),
        ("", false),
        ("InitiatorName=iqn\nGenerateName=yes\n", false),
        ("InitiatorName=iqn\n GenerateName=yes\n", true),
    ] {
        assert_eq!(
            debian_startup_check(file.as_bytes()).is_ok(),
            accepted,
            "{file:?}"
        );
    }
}

#[test]
fn the_shell_is_asked_for_no_more_than_assignments() {
    let at = |line| move |character| ShellHazard::Metacharacter { line, character };
    for (file, expected) in [
        ("InitiatorName=a'b c'\"d#\"#e #f\n", Ok("ab cd##e")),
        ("InitiatorName=a\nInitiatorName=b\n", Ok("b")),
        ("\t# $(x)\n\n  InitiatorName=a\t\n", Ok("a")),
        ("Other='$x' \nInitiatorName=a", Ok("a")),
        ("InitiatorName=é=%+,@^\n", Ok("é=%+,@^")),
        ("InitiatorName=''\n", Err(Hazard::Empty)),
        ("Initiatorname=a\n", Err(Hazard::NoValue)),
        ("", Err(Hazard::NoValue)),
        ("\nInitiatorName=a;reboot\n", Err(at(2)(';').into())),
        ("InitiatorName=$HOSTNAME\n", Err(at(1)('$').into())),
        ("InitiatorName=\"`id`\"\n", Err(at(1)('`').into())),
        ("InitiatorName=a\\\nb\n", Err(at(1)('\\').into())),
        ("InitiatorName=~root\n", Err(at(1)('~').into())),
        ("InitiatorName=a*\n", Err(at(1)('*').into())),
        (
            "InitiatorName=a b\n",
            Err(ShellHazard::Trailing { line: 1 }.into()),
        ),
        (
            "InitiatorName=a Other=b\n",
            Err(ShellHazard::Trailing { line: 1 }.into()),
        ),
        (
            "InitiatorName=a\nexport InitiatorName\n",
            Err(ShellHazard::Command { line: 2 }.into()),
        ),
        (
            "InitiatorName =a\n",
            Err(ShellHazard::Command { line: 1 }.into()),
        ),
        ("1Name=a\n", Err(ShellHazard::Command { line: 1 }.into())),
        (
            "\r\nInitiatorName=a\n",
            Err(ShellHazard::Command { line: 1 }.into()),
        ),
        (
            "InitiatorName='a\n'\n",
            Err(ShellHazard::Unterminated { line: 1 }.into()),
        ),
        (
            "InitiatorName=a\0\n",
            Err(ShellHazard::Nul { line: 1 }.into()),
        ),
    ] {
        assert_eq!(
            shell(file.as_bytes()).as_deref(),
            expected.as_ref().map(|v| *v),
            "{file:?}"
        );
    }
    assert_eq!(shell(b"InitiatorName=\xff\n"), Err(Hazard::NotUtf8));
}

#[test]
fn other_readers_refuse_what_they_cannot_tell_apart() {
    for (hazard, text) in [
        (only_line(b"a\nb\n").unwrap_err(), "more than one line"),
        (only_line(b"# a\n// b\n\n").unwrap_err(), "finds no value"),
        (
            only_line(b"Name=a\n").unwrap_err(),
            "does not begin with InitiatorName=",
        ),
        (
            only_line(b"InitiatorName=").unwrap_err(),
            "finds an empty value",
        ),
        (
            after_only_key(b"InitiatorName=a\nInitiatorName=b").unwrap_err(),
            "more than once",
        ),
        (
            after_only_key(b"InitiatorName").unwrap_err(),
            "finds no value",
        ),
        (
            goiscsi(b"InitiatorName=a\nInitiatorName=b").unwrap_err(),
            "finds 2 names: a, b",
        ),
        (
            goiscsi(b"InitiatorName = =a").unwrap_err(),
            "finds an empty value",
        ),
        (first_line(b"").unwrap_err(), "finds no value"),
        (
            first_line(b"\nInitiatorName=a").unwrap_err(),
            "finds an empty value",
        ),
        (first_line(b"\xff").unwrap_err(), "not UTF-8"),
    ] {
        assert!(hazard.to_string().contains(text), "{hazard}");
    }
    assert_eq!(after_only_key(b"x InitiatorName=a\nb\n"), Ok("a\nb"));
    assert_eq!(goiscsi(b" Initiator Name =\ta=b\n").as_deref(), Ok("a"));
}

/// Pieces of which files are made that a shell can be asked about without harm: no piece can name
/// a program or a path.
const PIECES: &str = "(InitiatorName=|Other=|[ab]| |\t|'|\"|#|=|\n|\r|é){0,12}";

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        all_readers(&bytes);
    }

    #[test]
    fn arbitrary_lines_never_panic(text in "(InitiatorName|=|#|'|\"|\\\\|\0|\n|[ -~]){0,30}") {
        all_readers(text.as_bytes());
    }

    #[test]
    fn a_plain_name_is_read_alike_by_all(name in "[a-mo-su-z0-9][a-z0-9.:-]{0,200}") {
        let file = format!("InitiatorName={name}\n");
        prop_assert_eq!(crate::parse::unlike(&name, all_readers(file.as_bytes())), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_real_shell_sees_the_same_value(file in PIECES) {
        if let Ok(value) = shell(file.as_bytes()) {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("file"), &file).unwrap();
            // Without a PATH even a wrong answer of ours runs nothing.
            let output = Command::new("/bin/sh")
                .args(["-c", "unset InitiatorName; . ./file; printf %s \"$InitiatorName\""])
                .current_dir(dir.path())
                .env("PATH", "")
                .output()
                .unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), value);
            prop_assert!(output.stderr.is_empty());
        }
    }

    #[test]
    fn a_real_grep_accepts_the_same_files(file in "(InitiatorName=|[tniq]| |\t|\\\\|\n|\r|#){0,6}") {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, &file).unwrap();
        // The line of startup-checks.sh, with its quotes.
        let status = Command::new("sh")
            .args(["-c", r#"grep -q "^InitiatorName=[^ \t\n]" "$1""#, "sh"])
            .arg(&path)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        prop_assert_eq!(status.success(), debian_startup_check(file.as_bytes()).is_ok());
    }
}
