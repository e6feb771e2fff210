//! Killed at every system call that makes something: the pair that readers see is whole, and the next
//! `apply` puts everything in order.

use crate::scene;
use crate::support::parallel::for_all;
use crate::support::trace::Call;

/// A state of a host, and the `apply` that is interrupted there.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How the host comes to its state.
    setup: &'static str,
    apply: &'static str,
    /// What the next run needs where the old state is whole.
    again: &'static str,
    /// The mounts at the end.
    mounts: &'static str,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the first one, on empty files",
        setup: "placeholders",
        apply: "apply --via bind",
        again: "apply --via bind",
        mounts: "3",
    },
    Scenario {
        name: "the first one, on a read-only system without the files",
        setup: "mkdir -p $root/etc/iscsi $root/etc/nvme; neighbours; read_only",
        apply: "apply",
        again: "apply",
        mounts: "2",
    },
    Scenario {
        name: "another identity in the same place",
        setup: "pin $other_uuid; placeholders; ends 0 apply --via bind; rm $root/run/sanid/config.d/pin.toml",
        apply: "apply --replace",
        again: "apply --replace",
        mounts: "3",
    },
    Scenario {
        name: "another identity in directories that are mounted whole",
        setup: "pin $other_uuid; mkdir -p $root/etc/iscsi $root/etc/nvme; neighbours; read_only; ends 0 apply; rm $root/run/sanid/config.d/pin.toml",
        apply: "apply --replace",
        again: "apply --replace",
        mounts: "2",
    },
    Scenario {
        name: "from directories that are mounted whole to files",
        setup: "mkdir -p $root/etc/iscsi $root/etc/nvme; neighbours; read_only; ends 0 apply; mount -o remount,rw $root",
        apply: "apply --via file",
        again: "apply --via file",
        mounts: "0",
    },
    Scenario {
        name: "from bind to file",
        setup: "placeholders; ends 0 apply --via bind",
        apply: "apply --via file",
        again: "apply --via file",
        mounts: "0",
    },
    Scenario {
        name: "from file to bind",
        setup: "ends 0 apply",
        apply: "apply --via bind",
        again: "apply --via bind",
        mounts: "3",
    },
];

/// `$1` is the setup, `$2` the words of the run, `$3` what is injected or nothing, `$4` the words of the
/// next run, `$5` the mounts at its end.
const SCRIPT: &str = r#"
pin() { mkdir -p $root/run/sanid/config.d
        echo "pin.hostid = '$1'
pin.iqn = 'iqn.2016-04.com.open-iscsi:$(echo $1 | tr -d -)'" > "$root/run/sanid/config.d/pin.toml"; }
eval "$1"
content() { cat "$root/$nqn" "$root/$id" 2>/dev/null || true; }
old=$(content)
trace=open_tree,move_mount,mount,umount2,renameat,renameat2,write,mkdirat,unlinkat,fsync,fchmod,fchown
if [ -z "$3" ]; then
  strace -f -qq -y -s 200 -e signal=none -e trace=$trace -o "$place/log" "$sanid" $2 --root "$root" > "$place/said" 2>&1 || fail "the whole run"
  cat "$place/log"; exit 0
fi
set +e; strace -f -qq -e trace=$trace -e "$3" -o /dev/null "$sanid" $2 --root "$root" > "$place/said" 2>&1; code=$?; set -e
[ $code = 137 ] || fail "it was not killed: $code"
left=$(content)
new="nqn.2014-08.org.nvmexpress:uuid:$uuid
$uuid"
[ "$left" = "$old" ] || [ "$left" = "$new" ] || fail "readers see '$left'"
ends 0 $4; has $uuid; mounts $5; no_leftovers
if [ -d "$root/etc/nvme/keys" ]; then neighbours_are_there; fi
if [ $5 != 0 ]; then nothing_stored; fi
ends 0 $4; says unchanged; mounts $5
"#;

pub(crate) fn everywhere(scenario: &'static Scenario) {
    let cases = calls(scenario);
    assert!(cases.len() > 20, "a run is more than that: {cases:#?}");
    for_all(cases, |call| {
        let inject = format!("inject={}:signal=SIGKILL:when={}", call.name, call.nth);
        let ran = scene::run(SCRIPT, &scenario.words(&inject));
        assert_eq!(
            ran.code,
            Some(0),
            "killed at {}\n{}{}",
            call.text,
            ran.stdout,
            ran.stderr
        );
    });
}

impl Scenario {
    /// The arguments of a script.
    pub(crate) fn words<'a>(&'a self, inject: &'a str) -> [&'a str; 5] {
        [self.setup, self.apply, inject, self.again, self.mounts]
    }
}

/// Every call of a whole run that has to do with the host.
pub(crate) fn calls(scenario: &Scenario) -> Vec<Call> {
    let ran = scene::run(SCRIPT, &scenario.words("")).expect(0);
    let log = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(log.path(), &ran.stdout).unwrap();
    crate::support::trace::calls_of(log.path())
        .into_iter()
        .filter(|call| call.name != "write" || !call.text.starts_with("write(1<"))
        .collect()
}
