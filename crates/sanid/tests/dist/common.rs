//! What the units have in common: each that runs sanid gets the same credentials and the same sandbox, so
//! that all of them see one host. Each difference is named here, with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::Trial;
use testkit::trial::trial;

use super::installed::REPOSITORY;

/// A unit, what it has beside the common lines, and what it lacks of them.
struct Unit {
    name: &'static str,
    more: &'static [&'static str],
    less: &'static [&'static str],
}

/// Names and configuration from the hypervisor or the boot loader.
const CREDENTIALS: &[&str] = &[
    "LoadCredential=sanid.iqn",
    "LoadCredential=sanid.hostnqn",
    "LoadCredential=sanid.hostid",
    "LoadCredential=sanid.config",
];

const SANDBOX: &[&str] = &[
    "CapabilityBoundingSet=CAP_SYS_ADMIN CAP_SYS_PTRACE",
    "DevicePolicy=closed",
    "IPAddressDeny=any",
    "KeyringMode=private",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "NoNewPrivileges=yes",
    "PrivateIPC=yes",
    "PrivateMounts=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHome=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=ptraceable",
    "ProtectSystem=strict",
    "RestrictAddressFamilies=none",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=pipe2",
    "SystemCallFilter=~@privileged @resources @network-io @ipc @timer",
    "UMask=0077",
];

/// Early in the boot: see the comments in sanid.service on /tmp and /dev.
const EARLY: &[&str] = &[
    "PrivateNetwork=yes",
    "ReadWritePaths=-/etc -/var",
    "RuntimeDirectory=sanid",
    "RuntimeDirectoryPreserve=yes",
    "TemporaryFileSystem=/tmp:ro /dev:ro",
];

/// The store may be on the network, and in a file.
const NO_NETWORK: &[&str] = &[
    "IPAddressDeny=any",
    "RestrictAddressFamilies=none",
    "SystemCallFilter=pipe2",
    "SystemCallFilter=~@privileged @resources @network-io @ipc @timer",
];

const UNITS: &[Unit] = &[
    Unit {
        name: "sanid.service",
        more: &[
            "PrivateNetwork=yes",
            "ReadWritePaths=-/etc -/var",
            // sanid-machine-id.service looks for the second.
            "RuntimeDirectory=sanid sanid/early",
            "RuntimeDirectoryPreserve=yes",
            "TemporaryFileSystem=/tmp:ro /dev:ro",
        ],
        less: &[],
    },
    Unit {
        name: "sanid-machine-id.service",
        more: EARLY,
        less: &[],
    },
    Unit {
        name: "sanid-changed.service",
        more: EARLY,
        less: &[],
    },
    Unit {
        // In a mount namespace of its own the host would not see its mounts.
        name: "sanid-bind.service",
        more: &[
            "SystemCallFilter=@system-service @mount",
            "SystemCallFilter=~@resources @network-io @ipc @timer @clock @module @raw-io @reboot @swap @debug",
        ],
        less: &[
            "PrivateIPC=yes",
            "PrivateMounts=yes",
            "ProtectControlGroups=yes",
            "ProtectHome=yes",
            "ProtectKernelLogs=yes",
            "ProtectKernelModules=yes",
            "ProtectKernelTunables=yes",
            "ProtectProc=ptraceable",
            "ProtectSystem=strict",
            "SystemCallFilter=@system-service",
            "SystemCallFilter=~@privileged @resources @network-io @ipc @timer",
        ],
    },
    Unit {
        // It sees the network cards, and writes the record of the hardware only.
        name: "sanid-status.service",
        more: &[
            "PrivateDevices=yes",
            "PrivateTmp=yes",
            "ReadWritePaths=-/var/lib/sanid -/run/sanid",
        ],
        less: &[],
    },
    Unit {
        name: "sanid-claim.service",
        more: &[
            "ReadWritePaths=-/var/lib/sanid -/var/lib/prometheus/node-exporter",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            "RuntimeDirectory=sanid",
            "RuntimeDirectoryPreserve=yes",
            "SystemCallFilter=~@privileged @resources",
            "TemporaryFileSystem=/tmp:ro /dev:ro",
        ],
        less: NO_NETWORK,
    },
    Unit {
        name: "sanid-claim-renew.service",
        more: &[
            "PrivateDevices=yes",
            "PrivateTmp=yes",
            "ReadWritePaths=-/var/lib/sanid -/var/lib/prometheus/node-exporter",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            "RuntimeDirectory=sanid",
            "RuntimeDirectoryPreserve=yes",
            "SystemCallFilter=~@privileged @resources",
        ],
        less: NO_NETWORK,
    },
];

/// What a unit does, and not how it is confined.
const OWN: [&str; 6] = [
    "Type=",
    "RemainAfterExit=",
    "ExecCondition=",
    "ExecStart=",
    "ExecStartPre=",
    "TimeoutStartSec=",
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "units_have_one_set_of_credentials_and_one_sandbox",
        &[],
        alike,
    )]
}

fn alike() {
    let directory = Path::new(REPOSITORY).join("dist/usr/lib/systemd/system");
    let mut found = Vec::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = match path.extension() {
            Some(service) if service == "service" => fs::read_to_string(&path).unwrap(),
            _ => continue,
        };
        let starts = |line: &str| line.starts_with("ExecStart=") && line.contains("/usr/bin/sanid");
        if text.lines().any(starts) {
            found.push((name, text));
        }
    }
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<&str> = UNITS.iter().map(|unit| unit.name).collect();
    assert_eq!(names, known, "each unit is named here");
    for (name, text) in &found {
        let unit = UNITS.iter().find(|unit| unit.name == name).unwrap();
        for line in unit.less {
            assert!(SANDBOX.contains(line), "{name} cannot lack {line}");
        }
        let expected: BTreeSet<&str> = CREDENTIALS
            .iter()
            .chain(SANDBOX)
            .filter(|line| !unit.less.contains(line))
            .chain(unit.more)
            .copied()
            .collect();
        assert_eq!(service(text), expected, "{name}");
    }
}

/// The lines of `[Service]` that say with what the unit runs.
fn service(text: &str) -> BTreeSet<&str> {
    text.split("\n[")
        .find_map(|section| section.strip_prefix("Service]"))
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| !OWN.iter().any(|own| line.starts_with(own)))
        .collect()
}
