//! The units that systemd starts at every boot, with their drop-ins.

use std::collections::BTreeSet;

use super::scripts::Scripts;

/// Where units are, in the order in which one hides another of its name (systemd.unit(5)).
const PLACES: [&str; 5] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
/// A host has a hundred that are started.
const LIMIT: usize = 1024;

/// One unit.
pub(super) struct Started {
    pub(super) name: String,
    /// The file, relative to the root.
    pub(super) path: String,
    /// With the drop-ins behind it.
    pub(super) text: String,
}

/// The services that something wants, and those behind the sockets, timers and paths that something
/// wants.
pub(super) fn started(scripts: &Scripts<'_>) -> Vec<Started> {
    let mut names = BTreeSet::new();
    for place in PLACES {
        let wanting = scripts.list(place).into_iter();
        let wanting = wanting.filter(|name| matches!(kind(name), "wants" | "requires"));
        for directory in wanting {
            let wanted = scripts.list(&format!("{place}/{directory}"));
            names.extend(wanted.iter().filter_map(|name| service(name)));
        }
    }
    names
        .into_iter()
        .take(LIMIT)
        .filter_map(|name| read(scripts, name))
        .collect()
}

/// What stands behind the last dot of a name.
pub(super) fn kind(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, kind)| kind)
}

fn service(unit: &str) -> Option<String> {
    let (stem, kind) = unit.rsplit_once('.')?;
    matches!(kind, "service" | "socket" | "timer" | "path").then(|| format!("{stem}.service"))
}

fn read(scripts: &Scripts<'_>, name: String) -> Option<Started> {
    // NAME@INSTANCE.service is an instance of NAME@.service.
    let file = match name.split_once('@') {
        Some((template, _)) => format!("{template}@.service"),
        None => name.clone(),
    };
    let mut paths = PLACES.iter().map(|place| format!("{place}/{file}"));
    let path = paths.find(|path| scripts.root.exists(path).unwrap_or(false))?;
    // A unit that is masked is a link to a device.
    let mut text = scripts.text(&path)?;
    for place in PLACES {
        let directory = format!("{place}/{file}.d");
        let drop_ins = scripts.list(&directory);
        for drop_in in drop_ins.iter().filter(|name| kind(name) == "conf") {
            text.push('\n');
            text += &scripts
                .text(&format!("{directory}/{drop_in}"))
                .unwrap_or_default();
        }
    }
    Some(Started { name, path, text })
}
