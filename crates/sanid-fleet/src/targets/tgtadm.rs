//! The running tgtd, told by tgtadm.

use std::borrow::Cow;
use std::io::Write;

use super::shell::{BUSY, STAYS, Script};
use super::{
    Choice, Format, Member, Plan, Present, Protocol, Scope, TargetError, names, plain_iscsi,
    target, tgt_lists,
};

/// A script of tgtadm commands.
pub(super) struct Tgtadm;

const NAME: &str = "tgtadm";

const PRELUDE: &str = r#"
tgt() { tgtadm -C "${CONTROL_PORT:-0}" --lld iscsi --mode target "$@"; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
tgt --op show >"$work/all"
while IFS= read -r line; do
    case $line in
    "Target "*) this=${line#Target }; tid=${this%%: *}; [ "${this#*: }" = "$object" ] && echo "$tid" >"$work/tid" || tid= ;;
    *) [ -z "${tid:-}" ] || printf '%s\n' "$line" >>"$work/mine" ;;
    esac
done <"$work/all"
[ -s "$work/tid" ] || { echo "tgtd has no target $object; see tgtadm --lld iscsi --op show --mode target" >&2; exit 2; }
tid=$(cat "$work/tid")
sed -n '/ACL information:/,$s/^ *//p' "$work/mine" >"$work/acl"
sed -n 's/^ *Initiator: \([^ ]*\).*/\1/p' "$work/mine" >"$work/live"
if grep -qx ALL "$work/acl" && [ "${CLOSE:-0}" != 1 ]; then
    echo "$object lets every address in, and names change nothing: run this with CLOSE=1 to close it to initiators that are not in its list" >&2
    exit 2
fi
admit() { grep -qxF -e "$1" "$work/acl" || tgt --op bind --tid "$tid" -Q "$1"; }
dismiss() {
    grep -qxF -e "$1" "$work/acl" || return 0
    if grep -qxF -e "$1" "$work/live" &&
        stays "$1" "is logged in and stays; it could not log in again after a loss: DISRUPT=1 takes it away all the same"; then
        return 0
    fi
    tgt --op unbind --tid "$tid" -Q "$1"
}
"#;

/// Last, so that those who are admitted are so all the time.
const AFTER: &str = r#"
! grep -qx ALL "$work/acl" || tgt --op unbind --tid "$tid" -I ALL
"#;

const WHAT: &[&str] = &[
    "Tells the running tgtd which initiators it admits to one target.",
    "CONTROL_PORT in the environment is tgtd's (-C). tgtd forgets it all when it ends: /etc/tgt/conf.d keeps it.",
];

fn script(
    scope: &Scope,
    out: &mut dyn Write,
    admit: &[&str],
    dismiss: &[&str],
) -> Result<(), TargetError> {
    let script = Script {
        what: WHAT,
        variables: &[],
        prelude: &[STAYS, PRELUDE],
        after: &format!("{AFTER}{BUSY}"),
    };
    let object = target(scope, NAME)?;
    script.write(out, object, admit, dismiss)
}

impl Format for Tgtadm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "tgt: a script of tgtadm commands for the running tgtd (reads what tgt reads)"
    }

    fn loading(&self) -> &'static str {
        "adds what is missing and changes nothing else; a target that lets every address in (ALL) is closed with CLOSE=1 only"
    }

    fn removal(&self) -> &'static str {
        "tgtd lets an initiator that is logged in go on until it logs in again: the script leaves those, unless DISRUPT=1"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Target]
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        target(scope, NAME).map(|name| Some(name.to_owned()))
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        Cow::Borrowed(name)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        script(scope, out, &names(members), &[])
    }

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        tgt_lists::read(text, NAME)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        script(scope, out, &plan.added(), &plan.removed())
    }
}
