//! Every system call that makes something, made to fail once: the old state stays whole, or the change is
//! complete, and the next `apply` ends as if nothing had happened.

use crate::killed::{Scenario, calls};
use crate::scene;
use crate::support::parallel::for_all;

/// What the kernel may answer when memory is short or a disk fails.
const ERRORS: [&str; 2] = ["ENOMEM", "EIO"];

/// The arguments are those of `killed`.
const SCRIPT: &str = r#"
pin() { mkdir -p $root/run/sanid/config.d
        echo "pin.hostid = '$1'
pin.iqn = 'iqn.2016-04.com.open-iscsi:$(echo $1 | tr -d -)'" > "$root/run/sanid/config.d/pin.toml"; }
eval "$1"
see() { for file in $iqn $nqn $id; do echo "$file: $(cat "$root/$file" 2>/dev/null || echo none)"; done
        cut -d' ' -f5 /proc/self/mountinfo | grep "^$root/etc" | sort; }
old=$(see)
call=${3#inject=}; call=${call%%:*}
set +e; strace -f -qq -e trace=$call -e "$3" -o /dev/null "$sanid" $2 --root "$root" > "$place/said" 2>&1; code=$?; set -e
case $code in
    0) has $uuid; mounts $5 ;;
    2) left=$(see); [ "$left" = "$old" ] || fail "the old state is not whole:
$left
instead of
$old" ;;
    *) fail "it ended with $code" ;;
esac
ends 0 $4; has $uuid; mounts $5; no_leftovers
if [ -d "$root/etc/nvme/keys" ]; then neighbours_are_there; fi
# A record that could not be removed is harmless where the host has the same names.
if [ $5 != 0 ] && [ $call != unlinkat ]; then nothing_stored; fi
ends 0 $4; says unchanged; mounts $5
"#;

pub(crate) fn everywhere(scenario: &'static Scenario) {
    let cases: Vec<(String, String)> = calls(scenario)
        .into_iter()
        .flat_map(|call| {
            ERRORS.map(|error| {
                let inject = format!("inject={}:error={error}:when={}", call.name, call.nth);
                (inject, call.text.clone())
            })
        })
        .collect();
    assert!(cases.len() > 40, "a run is more than that: {cases:#?}");
    for_all(cases, |(inject, call)| {
        let ran = scene::run(SCRIPT, &scenario.words(inject));
        assert_eq!(
            ran.code,
            Some(0),
            "{inject} at {call}\n{}{}",
            ran.stdout,
            ran.stderr
        );
    });
}
