//! tgt: its targets.conf, or a script of tgtadm commands for the running tgtd.
//!
//! tgtd lets in who comes from an address of its list *or* has a name of it, compared byte for byte. tgt-admin
//! adds the address `ALL` to a target whose file has none, names or not, so an export has an address that
//! nobody comes from. (Seen with tgt 1.0.85.) Source: tgt-admin(8), targets.conf(5).

use std::io::Write;

use super::shell::{BUSY, STAYS, Script};
use super::tgt_lists::{self, NOBODY};
use super::{
    Choice, Commands, Compares, Format, Member, Scope, TargetError, Writer, of_target, plain_iscsi,
    target,
};

const NAME: &str = "tgt";

/// A `<target>` of targets.conf.
pub(super) const TGT: Format = Format {
    name: NAME,
    about: "tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)",
    loading: "is one <target> without its backing store: put its lines into the <target> that is in /etc/tgt already, since tgt-admin does not join two of one name",
    removal: "tgtd lets an initiator that is logged in go on until it logs in again: the script leaves those, unless DISRUPT=1",
    takes: &[Choice::Target],
    compares: Compares::Bytes,
    object: of_target,
    admissible: plain_iscsi,
    read: tgt_lists::read,
    writer: Writer::FileOrCommands(export, Commands::Script(&SCRIPT)),
    ..Format::NEW
};

/// The same as commands.
pub(super) const TGTADM: Format = Format {
    name: "tgtadm",
    about: "tgt: a script of tgtadm commands for the running tgtd (reads what tgt reads)",
    loading: "adds what is missing and changes nothing else; a target that lets every address in (ALL) is closed with CLOSE=1 only",
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..TGT
};

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

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[STAYS, PRELUDE],
    after: &[AFTER, BUSY],
};

fn export(members: &[Member<'_>], scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    writeln!(
        out,
        "# The initiators that tgt admits to one target. Made by sanid-fleet."
    )?;
    writeln!(out, "<target {}>", target(scope, NAME)?)?;
    for member in members {
        writeln!(out, "    initiator-name {}", member.name)?;
    }
    writeln!(
        out,
        "    # Nobody comes from it; without any address tgt-admin lets all of them in."
    )?;
    writeln!(out, "    initiator-address {NOBODY}")?;
    writeln!(out, "</target>")?;
    Ok(())
}
