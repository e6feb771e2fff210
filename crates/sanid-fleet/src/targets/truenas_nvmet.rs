//! TrueNAS' NVMe hosts, told by midclt: a host is made once and tied to each subsystem.
//!
//! Source: TrueNAS API, `nvmet.host`, `nvmet.subsys`, `nvmet.host_subsys`.

use super::json::{on, parse, text};
use super::shell::Script;
use super::truenas;
use super::{
    Choice, Commands, Compares, Entry, Format, Present, Protocol, TargetError, Writer,
    of_subsystem, one_word,
};

const NAME: &str = "truenas-nvmet";
const EXPECTED: &str = "Have TrueNAS say it: midclt call nvmet.host_subsys.query";

/// With `call`, `wanted` and `names` of [`truenas::PYTHON`].
const MERGE: &str = r#"
subsystems = [one["id"] for one in call("nvmet.subsys.query") if one["subnqn"] == wanted]
if len(subsystems) != 1:
    sys.exit("%d subsystems are called %s, not one" % (len(subsystems), wanted))
subsystem = subsystems[0]
hosts = {one["hostnqn"]: one["id"] for one in call("nvmet.host.query")}
ties = {one["host"]["hostnqn"]: one["id"] for one in call("nvmet.host_subsys.query") if one["subsys"]["id"] == subsystem}
for name in names("add"):
    if name not in hosts:
        hosts[name] = call("nvmet.host.create", {"hostnqn": name})["id"]
    if name not in ties:
        call("nvmet.host_subsys.create", {"host_id": hosts[name], "subsys_id": subsystem})
for name in names("remove"):
    if name in ties:
        call("nvmet.host_subsys.delete", ties[name])
"#;

const WHAT: &[&str] = &[
    "Tells TrueNAS which hosts may connect to one NVMe subsystem.",
    "Others' hosts stay, and a host that is taken away stays in the list of hosts with its keys.",
    "Run it on TrueNAS.",
];

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[truenas::PRELUDE],
    after: &[truenas::PYTHON, MERGE, truenas::END],
};

/// A script of midclt calls.
pub(super) const TRUENAS_NVMET: Format = Format {
    name: NAME,
    about: "TrueNAS NVMe: a script of midclt calls (reads nvmet.host_subsys.query)",
    loading: "adds what is missing and changes nothing else; a subsystem with allow_any_host still admits anyone",
    removal: "the kernel's nvmet lets a host that is connected go on until it connects again",
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem],
    compares: Compares::Bytes,
    object: of_subsystem,
    // The list of ties does not show a subsystem without any.
    within: |format, scope, _| Ok(format.object(scope)?.map(|nqn| vec![nqn])),
    admissible: one_word,
    read,
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..Format::NEW
};

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let wrong = |why: &str| TargetError::read(NAME, EXPECTED, why);
    let ties = parse(input, NAME, EXPECTED)?;
    let mut present = Present::default();
    for tie in ties.as_array().ok_or_else(|| wrong("it is no list"))? {
        let subsystem = tie.get("subsys");
        let object = subsystem.and_then(|one| text(one, "subnqn"));
        let name = tie.get("host").and_then(|host| text(host, "hostnqn"));
        let (Some(object), Some(name)) = (object, name) else {
            return Err(wrong("an element has no subsys.subnqn or no host.hostnqn"));
        };
        if !present.objects.iter().any(|known| known == object) {
            present.object(object);
            if on(subsystem.and_then(|one| one.get("allow_any_host"))) {
                present
                    .entries
                    .push(Entry::anyone(object, "allow_any_host"));
            }
        }
        present.entries.push(Entry::name(object, name));
    }
    Ok(present)
}
