//! One file for each kind of guest: it turns the data of a case into boots.

mod container;
mod disk;
mod guide;
mod image;
mod initramfs;
mod power;
mod san_boot;

use anyhow::Result;

use crate::artefacts::Artefact;
use crate::case::{Addition, Case, Change, Guest, System};
use crate::debian::Debian::{Thirteen, Twelve};
use crate::trial::Trial;

/// Runs a case.
pub(crate) fn run(trial: &Trial<'_>) -> Result<()> {
    match &trial.case.guest {
        Guest::Initramfs {
            debian,
            script,
            additions,
            machines,
        } => initramfs::run(trial, *debian, script, additions, machines),
        Guest::PowerCut { script, cuts } => {
            let cuts = if trial.options.long { *cuts } else { cuts / 2 };
            power::run(trial, script, cuts)
        }
        Guest::Container { debian, boots } => container::run(trial, *debian, boots),
        Guest::Disk {
            debian,
            boots,
            system,
        } => disk::run(trial, *debian, boots, *system),
        Guest::SanBoot {
            debian,
            maker,
            storage,
            seed,
        } => san_boot::run(trial, *debian, *maker, (*storage, *seed)),
    }
}

/// What the guests of a case are made of, what others need first.
pub(crate) fn artefacts(case: &Case) -> Vec<Artefact> {
    match &case.guest {
        Guest::Initramfs {
            debian, additions, ..
        } => {
            let mut all = vec![
                Artefact::Tree(Twelve),
                Artefact::Kernel(*debian),
                Artefact::Initramfs(*debian),
            ];
            for addition in *additions {
                all.push(match addition {
                    Addition::FirmwareReaders => Artefact::Tree(Thirteen),
                    Addition::FleetExport => Artefact::Targetcli,
                });
            }
            all
        }
        Guest::PowerCut { .. } => vec![
            Artefact::Tree(Twelve),
            Artefact::Kernel(Twelve),
            Artefact::Initramfs(Twelve),
        ],
        Guest::Container { debian, .. } => vec![Artefact::Tree(*debian)],
        Guest::Disk { debian, system, .. } => {
            let mut all = vec![disk::base(*debian, *system), Artefact::Kernel(*debian)];
            if *system == System::CloudInit {
                all.push(Artefact::CloudInit);
            }
            all
        }
        Guest::SanBoot { debian, .. } => vec![
            Artefact::Tree(Twelve),
            Artefact::Tree(*debian),
            Artefact::Builder(*debian),
            Artefact::Kernel(Twelve),
            Artefact::Kernel(*debian),
            Artefact::Initramfs(Twelve),
        ],
    }
}

/// The programs of the project that the guests of a case run.
pub(crate) fn programs(case: &Case) -> Vec<&'static str> {
    if matches!(&case.guest, Guest::Disk { system, .. } if system.has_packages()) {
        return vec!["sanid", "sanid-image", "sanid-fleet", "sanid-kube"];
    }
    let fleet = match &case.guest {
        Guest::Initramfs { additions, .. } => additions.contains(&Addition::FleetExport),
        Guest::Container { boots, .. } => boots
            .iter()
            .flat_map(|boot| boot.before)
            .any(|change| matches!(change, Change::Program("sanid-fleet"))),
        Guest::Disk { system, .. } => *system == System::CloudInit,
        _ => false,
    };
    if fleet {
        vec!["sanid", "sanid-fleet"]
    } else {
        vec!["sanid"]
    }
}
