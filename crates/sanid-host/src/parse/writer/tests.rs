use proptest::prelude::*;

use super::*;

const NAME: &str = "/etc/iscsi/initiatorname.iscsi";
const NQN: &str = "/etc/nvme/hostnqn";

#[test]
fn a_script_writes_under_the_preceding_guard() {
    let table: &[(&str, &str, &str, Option<Guard>)] = &[
        (
            "Debian's nvme-cli",
            "if [ ! -s /etc/nvme/hostnqn ]\nthen\n\tnvme gen-hostnqn > /etc/nvme/hostnqn\nfi\n",
            NQN,
            Some(Guard::Empty),
        ),
        (
            "Debian's open-iscsi writes at the first installation only",
            "NAMEFILE=/etc/iscsi/initiatorname.iscsi\nif [ ! -e $NAMEFILE ] && [ -z \"$2\" ] ; then\n  printf x >> $NAMEFILE\nfi\n",
            NAME,
            None,
        ),
        (
            "Debian's start-up checks",
            "NAMEFILE=/etc/iscsi/initiatorname.iscsi\nif [ ! -f $NAMEFILE ]; then\n exit 1\nfi\nif grep -q \"^GenerateName=yes\" $NAMEFILE ; then\n echo \"## x\" > $NAMEFILE\nfi\n",
            NAME,
            Some(Guard::GenerateName),
        ),
        (
            "a unit that storage vendors distribute for OpenShift",
            "/usr/bin/sh -c 'nvme gen-hostnqn > /etc/nvme/hostnqn'",
            NQN,
            Some(Guard::None),
        ),
        (
            "one line with its test",
            "[ -s /etc/nvme/hostnqn ] || nvme gen-hostnqn > /etc/nvme/hostnqn",
            NQN,
            Some(Guard::Empty),
        ),
        (
            "quotes and braces",
            "F=\"/etc/nvme/hostnqn\"\nif [[ ! -f \"${F}\" ]]; then\n nvme gen-hostnqn | tee \"${F}\"\nfi",
            NQN,
            Some(Guard::Missing),
        ),
        (
            "tee",
            "uuidgen | sudo tee /etc/nvme/hostnqn",
            NQN,
            Some(Guard::None),
        ),
        (
            "a copy",
            "cp -f /oem/hostnqn /etc/nvme/hostnqn; sync",
            NQN,
            Some(Guard::None),
        ),
        (
            "an edit",
            "sed -i 's/x/y/' /etc/iscsi/initiatorname.iscsi",
            NAME,
            Some(Guard::None),
        ),
        (
            "a copy handed to a shell",
            "/bin/sh -c '/bin/cp /oem/hostnqn \"/etc/nvme/hostnqn\"'",
            NQN,
            Some(Guard::None),
        ),
        (
            "a copy of it elsewhere",
            "cp /etc/nvme/hostnqn /tmp",
            NQN,
            None,
        ),
        ("a reader", "cat /etc/nvme/hostnqn", NQN, None),
        ("errors", "x 2> /etc/nvme/hostnqn", NQN, None),
        (
            "a comment",
            "# nvme gen-hostnqn > /etc/nvme/hostnqn",
            NQN,
            None,
        ),
        (
            "another file below another root",
            "nvme gen-hostnqn > $ROOT/etc/nvme/hostnqn; x > /etc/nvme/hostnqn.bak; y > /host/etc/nvme/hostnqn",
            NQN,
            None,
        ),
        (
            "a test that is not understood",
            "grep -q uuid /etc/nvme/hostnqn || nvme gen-hostnqn > /etc/nvme/hostnqn",
            NQN,
            None,
        ),
    ];
    for (case, text, path, expected) in table {
        assert_eq!(script(text, path), *expected, "{case}");
    }
}

#[test]
fn a_condition_of_the_unit_is_a_guard() {
    let table = [
        (
            "ConditionPathExists=!/etc/iscsi/initiatorname.iscsi",
            Some(Guard::Missing),
        ),
        (
            "ConditionFileNotEmpty=!/etc/iscsi/initiatorname.iscsi",
            Some(Guard::Empty),
        ),
        (
            "ConditionPathExists=/etc/iscsi/initiatorname.iscsi",
            Some(Guard::None),
        ),
        ("ConditionFirstBoot=yes", None),
        ("Before=iscsid.service", Some(Guard::None)),
    ];
    for (line, expected) in table {
        let unit = Unit::parse(&format!("[Unit]\n{line}\n[Service]\nExecStart=/bin/x\n"));
        assert_eq!(unit.guard(Guard::None, NAME), expected, "{line}");
    }
}

#[test]
fn a_drop_in_takes_commands_back_and_lines_go_on() {
    let unit = Unit::parse("ExecStart=/bin/a\nExecStart=\nExecStart=-+/bin/b \\\n  c\n");
    assert_eq!(unit.commands, ["/bin/b    c"]);
}

#[test]
fn tmpfiles_write_by_their_type() {
    let table = [
        ("f+ /etc/nvme/hostnqn 0644 - - - nqn", Some(Guard::None)),
        ("F /etc/nvme/hostnqn 0644 - - - nqn", Some(Guard::None)),
        ("w /etc/nvme/hostnqn - - - - nqn", Some(Guard::None)),
        ("f /etc/nvme/hostnqn 0644 - - - nqn", Some(Guard::Missing)),
        ("L+ /etc/nvme/hostnqn - - - - /run/x", Some(Guard::None)),
        ("C /etc/nvme/hostnqn", Some(Guard::Missing)),
        ("f /etc/nvme/hostnqn", None),
        ("z /etc/nvme/hostnqn 0644", None),
        ("d /etc/nvme", None),
        ("# f+ /etc/nvme/hostnqn - - - - x", None),
    ];
    for (line, expected) in table {
        assert_eq!(tmpfiles(line, NQN), expected, "{line}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "([a-z =>\"'$\\\\|&\u{e9}\n]|/etc/nvme/hostnqn|\\[ -s ){0,30}") {
        let _ = script(&text, NQN);
        let _ = tmpfiles(&text, NQN);
        let _ = Unit::parse(&text).guard(Guard::None, NQN);
    }
}
