//! LIO, the kernel's own target, told by targetcli; read from its saveconfig.json.
//!
//! The kernel makes small letters of the name that comes and compares bytes, so an ACL with a capital
//! letter admits nobody. Source: rtslib `utils.py` and `target.py`, Linux `drivers/target/iscsi`.

use std::io::Write;

use serde_json::Value;

use super::json::{list, on, parse, text};
use super::shell::{STAYS, Script};
use super::{
    Choice, Commands, Compares, Entry, Format, Present, Scope, TargetError, Writer, plain_iscsi,
    target,
};

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
    [ ! -d "$acls/$1" ] || return 0
    case $luns in
    true | false) echo "/iscsi/$target/tpg$tpg/acls create $1 add_mapped_luns=$luns" >>"$work" ;;
    *)
        echo "/iscsi/$target/tpg$tpg/acls create $1 add_mapped_luns=false" >>"$work"
        for map in $luns; do
            echo "/iscsi/$target/tpg$tpg/acls/$1 create $(echo "$map" | tr : ' ')" >>"$work"
        done ;;
    esac
    [ "$chap" != true ] || echo "$1 has no CHAP credentials yet, which the portal group demands: targetcli /iscsi/$target/tpg$tpg/acls/$1 set auth userid=USER password=SECRET" >&2
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
    case ${path##*/}/$verb in
    acls/create) [ -d "$acls/$name" ] || { echo "targetcli did not admit $name" >&2; busy=1; } ;;
    acls/delete) [ ! -d "$acls/$name" ] || { echo "targetcli did not take $name away" >&2; busy=1; } ;;
    esac
done <"$work"
exit "$busy"
"#;

const WHAT: &[&str] = &[
    "Tells LIO, by targetcli, which initiators it admits to one portal group.",
    "An initiator that is admitted gets the LUNs that the others have; without others, all of the portal group.",
    "LUNS in the environment says otherwise: true (all, writable), false (none), or INDEX:LUN:READ-ONLY for each.",
    "Others' ACLs stay as they are. targetcli saves the configuration when it ends (auto_save_on_exit).",
];

/// What an ACL that is added has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// The LUNs that the ACLs of the portal group map.
    pub(super) luns: Luns,
    /// Whether the portal group demands CHAP, and has no credentials for all.
    pub(super) chap: bool,
}

/// The LUNs of a portal group that its ACLs map.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Luns {
    /// All of them, writable; also where there is no ACL.
    All,
    /// These: the number that the initiator sees, the portal group's, whether it is read-only.
    These(Vec<(u64, u64, bool)>),
    /// The ACLs are not alike.
    Differ,
}

impl Luns {
    /// As the script takes it.
    fn word(&self) -> String {
        match self {
            Self::All => "true".to_owned(),
            Self::These(luns) if luns.is_empty() => "false".to_owned(),
            Self::These(luns) => {
                let word = |(index, lun, read_only): &(u64, u64, bool)| {
                    format!("{index}:{lun}:{}", u8::from(*read_only))
                };
                luns.iter().map(word).collect::<Vec<_>>().join(" ")
            }
            Self::Differ => String::new(),
        }
    }
}

/// What the ACLs of a portal group have, as targetcli saves it.
pub(super) fn access(tpg: &Value) -> Access {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64);
    let mapped = |acl: &Value| -> Vec<(u64, u64, bool)> {
        let mut luns: Vec<_> = list(acl, "mapped_luns")
            .iter()
            .filter_map(|lun| {
                let read_only = on(lun.get("write_protect"));
                Some((number(lun, "index")?, number(lun, "tpg_lun")?, read_only))
            })
            .collect();
        luns.sort_unstable();
        luns
    };
    let mut all: Vec<_> = list(tpg, "luns")
        .iter()
        .filter_map(|lun| number(lun, "index").map(|lun| (lun, lun, false)))
        .collect();
    all.sort_unstable();
    let says = |acl: &&Value| acl.get("mapped_luns").is_some();
    let mut acls: Vec<_> = list(tpg, "node_acls")
        .iter()
        .filter(says)
        .map(mapped)
        .collect();
    acls.dedup();
    let luns = match acls.as_slice() {
        [] => Luns::All,
        [one] if *one == all => Luns::All,
        [one] => Luns::These(one.clone()),
        _ => Luns::Differ,
    };
    let demands = tpg
        .get("attributes")
        .and_then(|all| all.get("authentication"));
    let chap = on(demands) && text(tpg, "chap_userid").is_none_or(str::is_empty);
    Access { luns, chap }
}

/// The portal group of the scope in a saveconfig.json.
fn portal_group<'c>(config: &'c Value, scope: &Scope) -> Option<&'c Value> {
    let mut targets = list(config, "targets").iter();
    let target = targets.find(|one| text(one, "wwn") == scope.target.as_deref())?;
    let mut tpgs = list(target, "tpgs").iter();
    tpgs.find(|tpg| tpg.get("tag").and_then(Value::as_u64) == Some(scope.tag().into()))
}

/// For ACLs that differ: the script asks.
const ASK: &str = r#"
[ -n "$luns" ] || { echo "the ACLs of $target map different LUNs: run this with LUNS=false (none, to map by hand), LUNS=true (all, writable) or LUNS='INDEX:LUN:READ-ONLY …'" >&2; exit 2; }
"#;

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[GIVEN, STAYS, PRELUDE],
    after: &[AFTER],
};
const ASKS: Script = Script {
    prelude: &[GIVEN, ASK, STAYS, PRELUDE],
    ..SCRIPT
};
const GIVEN: &str = "luns=${LUNS:-$given}";

pub(super) fn script(
    scope: &Scope,
    out: &mut dyn Write,
    admit: &[&str],
    dismiss: &[&str],
) -> Result<(), TargetError> {
    let target = target(scope, NAME)?;
    let tpg = scope.tag().to_string();
    let config = scope.base.as_deref().map(serde_json::from_str::<Value>);
    let there = config.as_ref().and_then(|config| config.as_ref().ok());
    let access = there
        .and_then(|config| portal_group(config, scope))
        .map(access);
    let (luns, chap) = access.map_or((Luns::All, false), |access| (access.luns, access.chap));
    let script = if luns == Luns::Differ && !admit.is_empty() {
        &ASKS
    } else {
        &SCRIPT
    };
    let variables = [
        ("target", target),
        ("tpg", &tpg),
        ("given", &luns.word()),
        ("chap", if chap { "true" } else { "false" }),
    ];
    script.write(out, &object(scope)?, &variables, admit, dismiss)
}

/// A portal group as entries name it.
pub(super) fn object(scope: &Scope) -> Result<String, TargetError> {
    let target = target(scope, NAME)?;
    Ok(format!("{target}/tpgt_{}", scope.tag()))
}

/// What a saveconfig.json admits.
pub(super) fn read(input: &str, format: &'static str) -> Result<Present, TargetError> {
    let config = parse(input, format, EXPECTED)?;
    if !config.get("targets").is_some_and(Value::is_array) {
        return Err(TargetError::read(
            format,
            EXPECTED,
            "it has no list of targets",
        ));
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

/// A targetcli script.
pub(super) const LIO: Format = Format {
    name: NAME,
    about: "LIO: a script for targetcli (reads saveconfig.json)",
    loading: "adds what is missing and changes nothing else",
    removal: "LIO ends the session of an initiator whose ACL goes: the script leaves those that are logged in, unless DISRUPT=1",
    takes: &[Choice::Target, Choice::PortalGroup],
    compares: Compares::Bytes,
    object: |scope, _| object(scope).map(Some),
    admissible: plain_iscsi,
    read,
    writer: Writer::Commands(Commands::Written(script)),
    ..Format::NEW
};
