//! The real iscsid, which logs the name that it took from the file.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use testkit::trial::{Need, PYTHON, STRACE, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    STRACE,
    Need::Program("iscsid", "open-iscsi"),
    Need::File(PYTHON, "python3"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("iscsid_takes_the_name_that_sanid_wrote", NEEDS, || {
            let host = Host::new(MACHINE_ID);
            host.apply();
            let written = host.read("etc/iscsi/initiatorname.iscsi").unwrap();
            let name = String::from_utf8(written).unwrap();
            assert_eq!(taken(&host), name.trim_end());
        }),
        trial(
            "iscsid_takes_a_trailing_comment_for_a_part_of_the_name",
            NEEDS,
            || {
                // What sanid guards against, so that the test above can fail.
                let host = Host::new(MACHINE_ID);
                let line = "InitiatorName=iqn.2001-04.com.example:x # comment";
                host.write("etc/iscsi/initiatorname.iscsi", format!("{line}\n"));
                assert_eq!(taken(&host), line);
            },
        ),
    ]
}

/// The line with which iscsid logs its name.
fn taken(host: &Host) -> String {
    host.write("etc/iscsi/iscsid.conf", "");
    let script = "log=$(mktemp); \
        setsid \"$1\" \"$2\" /etc/iscsi/initiatorname.iscsi > \"$log\" 2>&1 & \
        n=0; until grep -q InitiatorName= \"$log\" || [ $n -ge 3000 ]; do sleep 0.1; n=$((n + 1)); done; \
        cat \"$log\"; rm \"$log\"";
    let iscsid = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/start_iscsid.py");
    let ran = Private::iscsi(host)
        .run(script, &[PYTHON, iscsid], "")
        .expect(0);
    ran.stdout
        .lines()
        .find_map(|line| {
            line.strip_prefix("iscsid: ")
                .filter(|log| log.starts_with("InitiatorName="))
        })
        .unwrap_or_else(|| panic!("{ran:#?}"))
        .to_owned()
}
