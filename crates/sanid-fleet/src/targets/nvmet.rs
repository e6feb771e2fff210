//! nvmet, the kernel's NVMe target, told through configfs.
//!
//! It compares host NQNs byte for byte. While a subsystem admits any host it takes no links, so the script
//! stops there. Source: Linux `drivers/nvme/target/configfs.c`.

use serde_json::Value;

use super::json::{list, on, parse, text};
use super::shell::{BUSY, STAYS, Script};
use super::{
    Choice, Commands, Compares, Entry, Format, Present, Protocol, Scope, TargetError, Writer,
    one_word, subsystem,
};

const NAME: &str = "nvmet";
const EXPECTED: &str = "Have nvmetcli write it: nvmetcli save nvmet.json; or list it: \
     (cd /sys/kernel/config/nvmet && grep -H . subsystems/*/attr_allow_any_host && \
     find subsystems -path '*/allowed_hosts/*') >nvmet.txt";

const PRELUDE: &str = r#"
nvmet=/sys/kernel/config/nvmet
subsystem=$nvmet/subsystems/$object
[ -d "$subsystem" ] || { echo "there is no subsystem $object here; make it first: mkdir $subsystem" >&2; exit 2; }
if [ "$(cat "$subsystem/attr_allow_any_host")" = 1 ]; then
    [ "${CLOSE:-0}" = 1 ] || { echo "$object admits any host, and takes no list until it does not: run this with CLOSE=1 to close it to hosts that are not in its list" >&2; exit 2; }
    echo 0 >"$subsystem/attr_allow_any_host"
fi
admit() {
    [ -d "$nvmet/hosts/$1" ] || mkdir "$nvmet/hosts/$1"
    [ -e "$subsystem/allowed_hosts/$1" ] || ln -s "$nvmet/hosts/$1" "$subsystem/allowed_hosts/$1"
}
dismiss() {
    [ -e "$subsystem/allowed_hosts/$1" ] || return 0
    if cat "/sys/kernel/debug/nvmet/$object/"ctrl*/hostnqn 2>/dev/null | grep -qxF -e "$1" &&
        stays "$1" "is connected and stays; it could not connect again after a loss: DISRUPT=1 takes it away all the same"; then
        return 0
    fi
    rm "$subsystem/allowed_hosts/$1"
}
"#;

const WHAT: &[&str] = &[
    "Tells nvmet, through configfs, which hosts may connect to one subsystem.",
    "Other hosts and subsystems stay as they are. configfs is gone at the next boot:",
    "save it with nvmetcli save, if nvmetcli restores it at boot.",
];

pub(super) const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[STAYS, PRELUDE],
    after: &[BUSY],
};

/// The subsystem, which is a directory to the kernel.
pub(super) fn object(scope: &Scope, format: &'static str) -> Result<Option<String>, TargetError> {
    let object = subsystem(scope, format)?;
    if object.contains('/') {
        return Err(TargetError::Usage(format!(
            "no subsystem of nvmet is called {object:?}: its name is a directory's, and has a '/'"
        )));
    }
    Ok(Some(object.to_owned()))
}

/// What a configuration of nvmetcli admits.
pub(super) fn read(input: &str, format: &'static str) -> Result<Present, TargetError> {
    let config = parse(input, format, EXPECTED)?;
    if !config.get("subsystems").is_some_and(Value::is_array) {
        return Err(TargetError::read(
            format,
            EXPECTED,
            "it has no list of subsystems",
        ));
    }
    let mut present = Present::default();
    for subsystem in list(&config, "subsystems") {
        let object = text(subsystem, "nqn").unwrap_or_default();
        present.object(object);
        if on(subsystem
            .get("attr")
            .and_then(|attr| attr.get("allow_any_host")))
        {
            present
                .entries
                .push(Entry::anyone(object, "allow_any_host=1"));
        }
        let hosts = list(subsystem, "allowed_hosts");
        let hosts = hosts.iter().filter_map(Value::as_str);
        present
            .entries
            .extend(hosts.map(|host| Entry::name(object, host)));
    }
    Ok(present)
}

/// What a listing of configfs shows.
fn listing(text: &str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let below = line
            .strip_prefix("subsystems/")
            .or_else(|| line.split_once("/subsystems/").map(|(_, below)| below));
        let Some((object, rest)) = below.and_then(|below| below.split_once('/')) else {
            return Err(TargetError::read(
                NAME,
                EXPECTED,
                format!("{:?} is no line of a subsystem", shown(line)),
            ));
        };
        present.object(object);
        if let Some(host) = rest.strip_prefix("allowed_hosts/") {
            present.entries.push(Entry::name(object, host));
        } else if rest == "attr_allow_any_host:1" {
            present
                .entries
                .push(Entry::anyone(object, "allow_any_host=1"));
        }
    }
    if present.objects.is_empty() {
        return Err(TargetError::read(NAME, EXPECTED, "it is empty"));
    }
    Ok(present)
}

fn shown(line: &str) -> String {
    line.chars().take(80).collect()
}

/// A script for configfs.
pub(super) const NVMET: Format = Format {
    name: NAME,
    about: "nvmet: a script for configfs (reads nvmetcli's JSON or a listing of configfs)",
    loading: "adds what is missing and changes nothing else",
    removal: "nvmet lets a host that is connected go on until it connects again: the script leaves those that debugfs shows as connected (Linux 6.11 and later), unless DISRUPT=1",
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem],
    compares: Compares::Bytes,
    object,
    admissible: one_word,
    read: read_any,
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..Format::NEW
};

fn read_any(text: &str, format: &'static str) -> Result<Present, TargetError> {
    if text.trim_start().starts_with('{') {
        read(text, format)
    } else {
        listing(text)
    }
}
