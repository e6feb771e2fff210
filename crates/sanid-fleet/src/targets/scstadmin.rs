//! The running SCST, told by scstadmin.

use std::io::Write;

use super::shell::Script;
use super::{
    Choice, Format, Member, Plan, Present, Protocol, Scope, TargetError, names, plain_iscsi,
    scst_conf, target,
};

/// A script of scstadmin commands.
pub(super) struct Scstadmin;

const NAME: &str = "scstadmin";

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

fn script(
    scope: &Scope,
    out: &mut dyn Write,
    admit: &[&str],
    dismiss: &[&str],
) -> Result<(), TargetError> {
    let script = Script {
        what: WHAT,
        variables: &[
            ("target", target(scope, NAME)?),
            ("group", scst_conf::group(scope, NAME)?),
        ],
        prelude: &[PRELUDE],
        after: "",
    };
    let object = scst_conf::object(scope, NAME)?;
    script.write(out, &object, admit, dismiss)
}

impl Format for Scstadmin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "SCST: a script of scstadmin commands (reads scst.conf)"
    }

    fn loading(&self) -> &'static str {
        "adds what is missing and changes nothing else"
    }

    fn removal(&self) -> &'static str {
        "SCST moves the sessions of an initiator that leaves a group to the LUNs of another group or of none at once: end them first"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Target, Choice::Group]
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        scst_conf::object(scope, NAME).map(Some)
    }

    fn within(&self, scope: &Scope, present: &Present) -> Result<Option<Vec<String>>, TargetError> {
        scst_conf::within(scope, NAME, present)
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
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
        scst_conf::read(text, NAME)
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
