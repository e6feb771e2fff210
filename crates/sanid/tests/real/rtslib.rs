//! rtslib, the library of LIO's tools: it lower-cases names and refuses some.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use super::vectors;
use testkit::trial::{Need, PYTHON, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Python("rtslib_fb", "python3-rtslib-fb"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("rtslib_leaves_every_portable_name_as_it_is", NEEDS, || {
            let mut names = vectors::portable("iscsi");
            names.push(derived());
            for (name, normal) in names.iter().zip(normalised(&names)) {
                assert_eq!(normal, *name);
            }
        }),
        // So that the comparison can fail.
        trial(
            "rtslib_changes_or_refuses_what_is_not_portable",
            NEEDS,
            || {
                let names = ["iqn.2017-11.dev.example:ABC", "iqn.2017-11.dev.example:a_b"];
                let names = names.map(str::to_owned);
                assert_eq!(
                    normalised(&names),
                    ["iqn.2017-11.dev.example:abc", "refused"]
                );
            },
        ),
    ]
}

fn derived() -> String {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let content = String::from_utf8(host.read("etc/iscsi/initiatorname.iscsi").unwrap()).unwrap();
    let (_, name) = content.trim_end().split_once('=').unwrap();
    name.to_owned()
}

/// Each name as rtslib has it.
fn normalised(names: &[String]) -> Vec<String> {
    const SCRIPT: &str = "\
import sys
from rtslib_fb.utils import RTSLibError, normalize_wwn
for line in sys.stdin:
    try:
        print(normalize_wwn(['iqn', 'naa', 'eui'], line.rstrip('\\n'))[0])
    except RTSLibError:
        print('refused')
";
    let ran = Private::default()
        .run(
            "exec \"$@\"",
            &[PYTHON, "-c", SCRIPT],
            &(names.join("\n") + "\n"),
        )
        .expect(0);
    let lines: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), names.len(), "{ran:#?}");
    lines
}
