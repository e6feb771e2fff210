//! The hook for `cloud-init clean`, run by the real cloud-init in a system of its own.

use std::process::Command;

use libtest_mimic::Trial;

use super::installed::{REPOSITORY, STATIC, static_binary};
use super::support::host::{MACHINE_ID, Ran};
use testkit::trial::{Need, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[
        Need::Root,
        UNSHARE,
        STATIC,
        Need::Set("SANID_CLOUD_INIT", "Debian's cloud-init, unpacked"),
    ];
    vec![
        trial(
            "cloud_init_clean_removes_derived_names_with_the_machine_id",
            NEEDS,
            || play(DERIVED),
        ),
        trial(
            "cloud_init_clean_keeps_and_reports_foreign_names",
            NEEDS,
            || play(FOREIGN),
        ),
        trial(
            "cloud_init_clean_keeps_every_name_with_the_machine_id",
            NEEDS,
            || play(KEPT),
        ),
        trial(
            "cloud_init_clean_succeeds_after_the_package_is_removed",
            NEEDS,
            || play(REMOVED),
        ),
        trial(
            "cloud_init_clean_fails_where_the_names_cannot_be_known",
            NEEDS,
            || play(BROKEN),
        ),
    ]
}

/// A system in which sanid ran, and `clean CODE OPTION…`.
const PRELUDE: &str = r#"
mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir upper work image
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=upper,workdir=work" image
cd image; mount -t proc proc proc; mount --rbind /dev dev
install -m 755 "$SANID_BINARY" "$SANID_IMAGE" usr/bin/
install -D -m 755 "$HOOK" etc/cloud/clean.d/50-sanid
# What the script after the installation makes.
mkdir -p etc/ssl/certs; cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
# What its first run makes: without it `clean` runs no hook.
mkdir -p var/lib/cloud
echo "$ID" >etc/machine-id
"$SANID_BINARY" apply --root . >/dev/null
files="etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid"
fail() { echo "FAILED: $*"; cat ../said; exit 1; }
clean() { code=$1; shift; was=0
    chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin cloud-init clean "$@" >../said 2>&1 || was=$?
    [ "$was" = "$code" ] || fail "clean $* ended with $was, not $code"; }
says() { grep -qF -- "$1" ../said || fail "it does not say: $1"; }
are() { for file in $files; do [ $1 -s "$file" ] || fail "$file: not $1"; done; }
reset() { [ ! -e etc/machine-id ] || [ "$(cat etc/machine-id)" = uninitialized ] || fail 'the machine-id is left'; }
are ''
"#;

const DERIVED: &str = "
clean 0 --logs --machine-id; are '!'; reset
[ ! -e var/lib/sanid/record.json ] || fail 'the record is left'
";

const FOREIGN: &str = r#"
echo nqn.2014-08.com.example:a >etc/nvme/hostnqn
clean 0 --machine-id; reset
says 'danger  host-nqn-set  /etc/nvme/hostnqn'
says 'the image still has what is listed above'
[ -s etc/nvme/hostnqn ] || fail 'the foreign name is gone'
files="etc/iscsi/initiatorname.iscsi etc/nvme/hostid"; are '!'
"#;

const KEPT: &str = r#"
clean 0 --logs; are ''; [ "$(cat etc/machine-id)" = "$ID" ]
"#;

const REMOVED: &str = "
rm usr/bin/sanid usr/bin/sanid-image; clean 0 --machine-id; are ''
";

const BROKEN: &str = "
mkdir -p etc/sanid; echo 'scheme = 1' >etc/sanid/config.toml
clean 1 --machine-id; are ''; says 50-sanid
";

fn play(script: &str) {
    let work = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &format!("{PRELUDE}{script}"), "sh"])
        .arg(work.path())
        .env("TREE", std::env::var_os("SANID_CLOUD_INIT").unwrap())
        .env("SANID_BINARY", static_binary("sanid"))
        .env("SANID_IMAGE", static_binary("sanid-image"))
        .env(
            "HOOK",
            format!("{REPOSITORY}/dist/etc/cloud/clean.d/50-sanid"),
        )
        .env("ID", MACHINE_ID);
    Ran::of(&mut command).expect(0);
}
