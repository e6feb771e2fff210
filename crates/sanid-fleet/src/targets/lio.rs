//! LIO, the kernel's own target, told by targetcli; read from its saveconfig.json.
//!
//! The kernel makes small letters of the name that comes and compares bytes, so an ACL with a capital
//! letter admits nobody. Source: rtslib `utils.py` and `target.py`, Linux `drivers/target/iscsi`.

use std::borrow::Cow;
use std::io::Write;

use serde_json::Value;

use super::json::{list, on, parse, text};
use super::shell::{self, STAYS, Script};
use super::{
    Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError, names, plain_iscsi, target,
};

/// A targetcli script.
pub(super) struct Lio;

const NAME: &str = "lio";
/// How to get what is read.
pub(super) const EXPECTED: &str =
    "Have targetcli write it: targetcli saveconfig $PWD/lio.json (it lists what is live)";

const PRELUDE: &str = r#"
acls=/sys/kernel/config/target/iscsi/$target/tpgt_$tpg/acls
[ -d "$acls" ] || { echo "there is no target $target with a portal group $tpg here; make it first: targetcli /iscsi create $target" >&2; exit 2; }
work=$(mktemp)
trap 'rm -f "$work"' EXIT
admit() {
    [ -d "$acls/$1" ] || echo "/iscsi/$target/tpg$tpg/acls create $1 add_mapped_luns=$luns" >>"$work"
}
dismiss() {
    [ -d "$acls/$1" ] || return 0
    if ! grep -q '^No active iSCSI Session' "$acls/$1/info" &&
        stays "$1" "is logged in and stays; its session ends if you run this with DISRUPT=1"; then
        return 0
    fi
    echo "/iscsi/$target/tpg$tpg/acls delete $1" >>"$work"
}
"#;

/// targetcli goes on after an error and ends with 0, so what it has done is looked at.
const AFTER: &str = r#"
[ -s "$work" ] || exit "$busy"
targetcli <"$work" >&2
while read -r path verb name luns; do
    case $verb in
    create) [ -d "$acls/$name" ] || { echo "targetcli did not admit $name" >&2; busy=1; } ;;
    delete) [ ! -d "$acls/$name" ] || { echo "targetcli did not take $name away" >&2; busy=1; } ;;
    esac
done <"$work"
exit "$busy"
"#;

const WHAT: &[&str] = &[
    "Tells LIO, by targetcli, which initiators it admits to one portal group.",
    "An initiator that is admitted gets all LUNs of the portal group (LUNS=false in the environment: none).",
    "Others' ACLs stay as they are. targetcli saves the configuration when it ends (auto_save_on_exit).",
];

fn script(
    scope: &Scope,
    out: &mut dyn Write,
    admit: &[&str],
    dismiss: &[&str],
) -> Result<(), TargetError> {
    let target = target(scope, NAME)?;
    let tpg = scope.portal_group.to_string();
    let script = Script {
        what: WHAT,
        variables: &[("target", target), ("tpg", &tpg)],
        prelude: &["luns=${LUNS:-true}", STAYS, PRELUDE],
        after: AFTER,
    };
    let object = object(scope)?;
    script.write(out, &object, admit, dismiss)
}

/// A portal group as entries name it.
pub(super) fn object(scope: &Scope) -> Result<String, TargetError> {
    let target = target(scope, NAME)?;
    Ok(format!("{target}/tpgt_{}", scope.portal_group))
}

/// What a saveconfig.json admits.
pub(super) fn read(input: &str, format: &'static str) -> Result<Present, TargetError> {
    let config = parse(input, format, EXPECTED)?;
    if !config.get("targets").is_some_and(Value::is_array) {
        return Err(TargetError::Read {
            format,
            why: "it has no list of targets".to_owned(),
            expected: EXPECTED,
        });
    }
    let mut present = Present::default();
    for target in list(&config, "targets") {
        if text(target, "fabric") != Some("iscsi") {
            continue;
        }
        for tpg in list(target, "tpgs") {
            let tag = tpg.get("tag").and_then(Value::as_u64).unwrap_or(1);
            let object = format!("{}/tpgt_{tag}", text(target, "wwn").unwrap_or_default());
            present.object(&object);
            let open = tpg
                .get("attributes")
                .and_then(|all| all.get("generate_node_acls"));
            if on(open) {
                present
                    .entries
                    .push(Entry::anyone(&object, "generate_node_acls=1"));
            }
            for acl in list(tpg, "node_acls") {
                let name = text(acl, "node_wwn").unwrap_or_default();
                present.entries.push(Entry::name(&object, name));
            }
        }
    }
    Ok(present)
}

impl Format for Lio {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "LIO: a script for targetcli (reads saveconfig.json)"
    }

    fn loading(&self) -> &'static str {
        "adds what is missing and changes nothing else"
    }

    fn removal(&self) -> &'static str {
        "LIO ends the session of an initiator whose ACL goes: the script leaves those that are logged in, unless DISRUPT=1"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        object(scope).map(Some)
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
        if shell::is_script(text) {
            return Ok(shell::read(text));
        }
        read(text, NAME)
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
