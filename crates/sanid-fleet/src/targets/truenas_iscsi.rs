//! TrueNAS' groups of authorised initiators, told by midclt.
//!
//! `iscsi.initiator.update` replaces the list, so the script reads it on the machine, merges and writes; an
//! empty list lets anyone in, so it writes none. Source: TrueNAS API, `iscsi.initiator`.

use serde_json::Value;

use super::json::{list, parse, text};
use super::shell::Script;
use super::truenas;
use super::{
    Choice, Commands, Entry, Format, Kind, Present, Scope, TargetError, Writer, one_word, required,
};

const NAME: &str = "truenas-iscsi";
const EXPECTED: &str = "Have TrueNAS say it: midclt call iscsi.initiator.query";

/// With `call`, `wanted` and `names` of [`truenas::PYTHON`].
const MERGE: &str = r#"
groups = [one for one in call("iscsi.initiator.query") if wanted == (one["comment"] or str(one["id"]))]
if len(groups) != 1:
    sys.exit("%d groups of initiators have the comment %r, not one" % (len(groups), wanted))
group = groups[0]
now = group["initiators"]
gone = {name.lower() for name in names("remove")}
new = [name for name in now if name.lower() not in gone]
known = {name.lower() for name in new}
new += [name for name in names("add") if name.lower() not in known]
if not new:
    sys.exit("the list would be empty, and an empty list lets anyone in")
if new != now:
    call("iscsi.initiator.update", group["id"], {"initiators": new})
"#;

const WHAT: &[&str] = &[
    "Tells TrueNAS which initiators are in one group, which is called by its comment (or by its number, if it has none).",
    "The list is read and written on the machine: what others have added stays.",
    "Run it on TrueNAS.",
];

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[truenas::PRELUDE],
    after: &[truenas::PYTHON, MERGE, truenas::END],
};

fn group(scope: &Scope) -> Result<&str, TargetError> {
    required(
        scope.group.as_ref(),
        NAME,
        "--group",
        "the comment of the group of initiators, or its number",
        "hosts",
    )
}

/// A script of midclt calls.
pub(super) const TRUENAS_ISCSI: Format = Format {
    name: NAME,
    about: "TrueNAS iSCSI: a script of midclt calls for a group of initiators (reads iscsi.initiator.query)",
    loading: "merges into the list that the group has; a group whose list was empty let anyone in, and is closed to all others with the first name",
    removal: "TrueNAS writes its target's configuration anew, and an initiator that is removed may lose its session",
    takes: &[Choice::Group],
    object: |scope, _| group(scope).map(|group| Some(group.to_owned())),
    admissible: one_word,
    read,
    keeps_one: Some(
        "an empty list of TrueNAS lets anyone in: leave one name, or take the group off its targets first",
    ),
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..Format::NEW
};

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let groups = parse(input, NAME, EXPECTED)?;
    let Some(groups) = groups.as_array() else {
        return Err(TargetError::read(
            NAME,
            EXPECTED,
            "it is not a list of groups",
        ));
    };
    let mut present = Present::default();
    for group in groups {
        let number = group.get("id").and_then(Value::as_u64).unwrap_or(0);
        let comment = text(group, "comment").filter(|comment| !comment.is_empty());
        let object = comment.map_or_else(|| number.to_string(), str::to_owned);
        present.object(&object);
        let initiators = list(group, "initiators");
        if initiators.is_empty() {
            present
                .entries
                .push(Entry::anyone(&object, "an empty list"));
        }
        for name in initiators.iter().filter_map(Value::as_str) {
            let is_name = ["iqn.", "eui.", "naa."]
                .iter()
                .any(|form| name.to_ascii_lowercase().starts_with(form));
            present.entries.push(Entry {
                kind: if is_name { Kind::Name } else { Kind::Pattern },
                ..Entry::name(&object, name)
            });
        }
    }
    Ok(present)
}
