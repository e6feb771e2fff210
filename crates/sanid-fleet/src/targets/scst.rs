//! SCST: its scst.conf, or a script of scstadmin commands for the running SCST.

use std::io::Write;

use super::scst_conf::{self, escape, group, object};
use super::shell::Script;
use super::{Choice, Commands, Format, Member, Scope, TargetError, Writer, plain_iscsi, target};

const NAME: &str = "scst";

/// A group of scst.conf.
pub(super) const SCST: Format = Format {
    name: NAME,
    about: "SCST: a group of scst.conf (reads scst.conf)",
    loading: "is one group without its LUNs: put its lines into /etc/scst.conf, since scstadmin -config takes away what its file does not have",
    removal: "SCST moves the sessions of an initiator that leaves a group to the LUNs of another group or of none at once: end them first",
    takes: &[Choice::Target, Choice::Group],
    object: |scope, format| object(scope, format).map(Some),
    within: scst_conf::within,
    admissible: plain_iscsi,
    read: scst_conf::read,
    writer: Writer::FileOrCommands(export, Commands::Script(&SCRIPT)),
    ..Format::NEW
};

/// The same as commands.
pub(super) const SCSTADMIN: Format = Format {
    name: "scstadmin",
    about: "SCST: a script of scstadmin commands (reads scst.conf)",
    loading: "adds what is missing and changes nothing else",
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..SCST
};

const PRELUDE: &str = r#"
members=/sys/kernel/scst_tgt/targets/iscsi/$target/ini_groups/$group/initiators
[ -d "$members" ] || { echo "SCST has no group $group at target $target; make it first: scstadmin -driver iscsi -target $target -add_group $group" >&2; exit 2; }
scst() { scstadmin -noprompt -driver iscsi -target "$target" -group "$group" "$@" >&2; }
admit() { [ -e "$members/$1" ] || scst -add_init "$1"; }
dismiss() { [ ! -e "$members/$1" ] || scst -rem_init "$1"; }
"#;

const WHAT: &[&str] = &[
    "Tells the running SCST which initiators are in one group.",
    "scstadmin -write_config /etc/scst.conf keeps it for the next boot.",
];

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[Choice::Target, Choice::Group],
    prelude: &[PRELUDE],
    after: &[],
};

fn export(members: &[Member<'_>], scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    writeln!(
        out,
        "# The initiators of one group of SCST. Made by sanid-fleet."
    )?;
    writeln!(out, "TARGET_DRIVER iscsi {{")?;
    writeln!(out, "\tTARGET {} {{", escape(target(scope, NAME)?))?;
    writeln!(out, "\t\tGROUP {} {{", escape(group(scope, NAME)?))?;
    for member in members {
        writeln!(out, "\t\t\tINITIATOR {}", escape(&member.name))?;
    }
    writeln!(out, "\t\t}}\n\t}}\n}}")?;
    Ok(())
}
