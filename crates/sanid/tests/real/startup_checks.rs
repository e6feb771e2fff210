//! Debian's check before iscsid starts.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use super::vectors;
use testkit::trial::{Need, UNSHARE, trial};

const SCRIPT: &str = "/lib/open-iscsi/startup-checks.sh";
const NEEDS: &[Need] = &[Need::Root, UNSHARE, Need::File(SCRIPT, "open-iscsi")];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "startup_checks_accept_the_file_that_sanid_wrote",
            NEEDS,
            || {
                let host = Host::new(MACHINE_ID);
                host.apply();
                check(&host, 0);
            },
        ),
        trial("startup_checks_accept_every_portable_name", NEEDS, || {
            for name in vectors::portable("iscsi") {
                check(&named(&format!("InitiatorName={name}\n")), 0);
            }
        }),
        // So that the check is one: it refuses something.
        trial("startup_checks_refuse_what_is_not_portable", NEEDS, || {
            check(&named("InitiatorName=naa.52004567ba64678d\n"), 1);
            check(&named(" InitiatorName=iqn.2001-04.com.example:x\n"), 1);
        }),
    ]
}

fn named(content: &str) -> Host {
    let host = Host::new(MACHINE_ID);
    host.write("etc/iscsi/initiatorname.iscsi", content);
    host
}

fn check(host: &Host, code: i32) {
    host.write("etc/iscsi/iscsid.conf", "");
    let before = host.three();
    Private::iscsi(host).run(SCRIPT, &[], "").expect(code);
    assert_eq!(host.three(), before);
}
