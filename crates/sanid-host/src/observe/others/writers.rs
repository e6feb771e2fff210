//! What writes the identity files: at every boot, or when a package is installed or upgraded.

use super::scripts::Scripts;
use super::units::{kind, started};
use crate::facts::{Guard, When, Writer};
use crate::file::IdentityFile;
use crate::parse::writer::{Unit, script, tmpfiles};

/// Scripts and directories of scripts that run at every boot.
const BOOT: [&str; 3] = [
    "etc/rc.local",
    "etc/rc.d/rc.local",
    "var/lib/cloud/scripts/per-boot",
];
/// The scripts of Debian's packages that are known to make identities.
const PACKAGES: [&str; 2] = [
    "var/lib/dpkg/info/nvme-cli.postinst",
    "var/lib/dpkg/info/open-iscsi.postinst",
];
/// Where tmpfiles.d(5) has its fragments.
const TMPFILES: [&str; 4] = [
    "etc/tmpfiles.d",
    "run/tmpfiles.d",
    "usr/local/lib/tmpfiles.d",
    "usr/lib/tmpfiles.d",
];

pub(super) fn read(scripts: &Scripts<'_>) -> Vec<Writer> {
    let mut writers = Vec::new();
    units(scripts, &mut writers);
    for path in BOOT {
        let names = scripts.list(path);
        let mut paths: Vec<String> = names.iter().map(|name| format!("{path}/{name}")).collect();
        if paths.is_empty() {
            paths.push(path.to_owned());
        }
        for path in paths {
            add(scripts, &path, When::Boot, script, &mut writers);
        }
    }
    for path in PACKAGES {
        add(scripts, path, When::Package, script, &mut writers);
    }
    for directory in TMPFILES {
        let fragments = scripts.list(directory);
        for name in fragments.iter().filter(|name| kind(name) == "conf") {
            add(
                scripts,
                &format!("{directory}/{name}"),
                When::Boot,
                tmpfiles,
                &mut writers,
            );
        }
    }
    writers
}

fn add(
    scripts: &Scripts<'_>,
    path: &str,
    when: When,
    guard_in: fn(&str, &str) -> Option<Guard>,
    writers: &mut Vec<Writer>,
) {
    let Some(text) = scripts.text(path) else {
        return;
    };
    for file in IdentityFile::ALL {
        if let Some(guard) = guard_in(&text, &format!("/{}", file.path())) {
            writers.push(Writer {
                place: format!("/{path}"),
                unit: None,
                file,
                when,
                guard,
            });
        }
    }
}

fn units(scripts: &Scripts<'_>, writers: &mut Vec<Writer>) {
    for started in started(scripts) {
        let unit = Unit::parse(&started.text);
        for command in &unit.commands {
            // A script of the shell that the command is.
            let program = command.split_whitespace().next().unwrap_or_default();
            let program = program.trim_start_matches('/');
            let behind = scripts.text(program).filter(|text| text.starts_with("#!"));
            for file in IdentityFile::ALL {
                let path = format!("/{}", file.path());
                let found = match script(command, &path) {
                    Some(guard) => Some((&*started.path, guard)),
                    None => behind
                        .as_deref()
                        .and_then(|text| script(text, &path))
                        .map(|guard| (program, guard)),
                };
                let Some((place, guard)) = found else {
                    continue;
                };
                if let Some(guard) = unit.guard(guard, &path) {
                    writers.push(Writer {
                        place: format!("/{place}"),
                        unit: Some(crate::root::escape(started.name.as_bytes())),
                        file,
                        when: When::Boot,
                        guard,
                    });
                }
            }
        }
    }
}
