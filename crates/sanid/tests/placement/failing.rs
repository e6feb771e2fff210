//! Every system call that makes something, made to fail: the old state stays whole, or the change is complete,
//! and the next `apply` ends as if nothing had happened. Where a call for mounts fails from then on, so that not
//! even the old state can be put back, readers still see one pair.

use crate::killed::{Scenario, calls};
use crate::scene;
use crate::support::parallel::for_all;

/// What the kernel may answer when memory is short or a disk fails.
const ERRORS: [&str; 2] = ["ENOMEM", "EIO"];

/// The calls that mount and unmount.
const MOUNTS: [&str; 4] = ["open_tree", "move_mount", "mount", "umount2"];

/// The arguments are those of `killed`.
const SCRIPT: &str = r#"
pin() { mkdir -p $root/run/sanid/config.d
        echo "pin.hostid = '$1'
pin.iqn = 'iqn.2016-04.com.open-iscsi:$(echo $1 | tr -d -)'" > "$root/run/sanid/config.d/pin.toml"; }
eval "$1"
see() { for file in $iqn $nqn $id; do echo "$file: $(cat "$root/$file" 2>/dev/null || echo none)"; done
        cut -d' ' -f5 /proc/self/mountinfo | grep "^$root/etc" | sort; }
pair() { cat "$root/$nqn" "$root/$id" 2>/dev/null || true; }
old=$(see) old_pair=$(pair)
new_pair="nqn.2014-08.org.nvmexpress:uuid:$uuid
$uuid"
call=${3#inject=}; call=${call%%:*}
set +e; strace -f -qq -e trace=$call -e "$3" -o /dev/null "$sanid" $2 --root "$root" > "$place/said" 2>&1; code=$?; set -e
case $code in
    0) has $uuid; mounts $5 ;;
    2) case $3 in
       *+) left=$(pair); [ "$left" = "$old_pair" ] || [ "$left" = "$new_pair" ] || fail "readers see '$left'" ;;
       *) left=$(see); [ "$left" = "$old" ] || fail "the old state is not whole:
$left
instead of
$old" ;; esac ;;
    *) fail "it ended with $code" ;;
esac
ends 0 $4; has $uuid; mounts $5; no_leftovers
if [ -d "$root/etc/nvme/keys" ]; then neighbours_are_there; fi
# A record that could not be removed is harmless where the host has the same names.
if [ $5 != 0 ] && [ $call != unlinkat ]; then nothing_stored; fi
ends 0 $4; says unchanged; mounts $5
"#;

pub(crate) fn everywhere(scenario: &'static Scenario) {
    let mut cases = Vec::new();
    for call in calls(scenario) {
        let (name, nth) = (&call.name, call.nth);
        for error in ERRORS {
            let once = format!("inject={name}:error={error}:when={nth}");
            cases.push((once, call.text.clone()));
        }
        if MOUNTS.contains(&name.as_str()) {
            let on = format!("inject={name}:error=ENOMEM:when={nth}+");
            cases.push((on, call.text));
        }
    }
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
