//! What apt would do, read from its simulation and its lists.

/// Read from `apt-get --simulate install`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) new: Vec<String>,
    /// New and upgraded packages as `NAME=VERSION`, which apt-cache takes.
    pub(super) fetched: Vec<String>,
    /// Installed already, and replaced by another version.
    pub(super) upgraded: Vec<String>,
    pub(super) removed: Vec<String>,
    /// Installed already, and replaced by an older version.
    pub(super) downgraded: bool,
}

impl Plan {
    /// Reads the simulation: `Inst NAME (VERSION …)`, `Inst NAME [OLD] (VERSION …)`, `Remv NAME [OLD]`
    /// (apt-get(8), `--simulate`).
    pub(super) fn read(simulation: &str) -> Self {
        let mut plan = Self::default();
        for line in simulation.lines() {
            let mut words = line.split_whitespace();
            let (Some(what), Some(name)) = (words.next(), words.next()) else {
                plan.downgraded |= line.contains("DOWNGRADED");
                continue;
            };
            let third = words.next().unwrap_or_default();
            let old = third.starts_with('[');
            let version = if old { words.next() } else { Some(third) };
            if let ("Inst", Some(version)) = (what, version) {
                let version = version.trim_start_matches('(');
                plan.fetched.push(format!("{name}={version}"));
            }
            match what {
                "Inst" if old => plan.upgraded.push(name.to_owned()),
                "Inst" => plan.new.push(name.to_owned()),
                "Remv" | "Purg" => plan.removed.push(name.to_owned()),
                _ => plan.downgraded |= line.contains("DOWNGRADED"),
            }
        }
        plan
    }

    /// Why this must not be done without a person who decides it, if so.
    pub(super) fn refusal(&self) -> Option<String> {
        if !self.removed.is_empty() {
            Some(format!("apt would remove: {}", self.removed.join(" ")))
        } else if self.downgraded {
            Some("apt would replace packages by older versions".to_owned())
        } else {
            None
        }
    }

    /// One line for people.
    pub(super) fn summary(&self) -> String {
        let new = match self.new.len() {
            1 => "1 new package".to_owned(),
            number => format!("{number} new packages"),
        };
        match self.upgraded.as_slice() {
            [] => new,
            upgraded => format!("{new}, {} upgraded: {}", upgraded.len(), upgraded.join(" ")),
        }
    }
}

/// How much is fetched and how much it takes on the disk at most, from `apt-cache show`: `Size` is in bytes,
/// `Installed-Size` in KiB (deb-control(5)).
///
/// `apt-get --assume-no` would print both, and installs where it has nothing to ask.
pub(super) fn sizes(records: &str) -> String {
    let sum = |field: &str| -> u64 {
        let values = records.lines().filter_map(|line| line.strip_prefix(field));
        values
            .filter_map(|value| value.trim().parse::<u64>().ok())
            .sum()
    };
    let fetched = sum("Size:").div_ceil(1_000_000);
    let installed = (sum("Installed-Size:") * 1024).div_ceil(1_000_000);
    format!("{fetched} MB to fetch, {installed} MB on the disk")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the package relations of Proxmox VE, where `qemu-system-x86` conflicts with `pve-qemu-kvm`.
    const PROXMOX: &str = "\
NOTE: This is only a simulation!
Remv proxmox-ve [8.2.0]
Remv pve-qemu-kvm [9.0.2-2]
Inst qemu-system-x86 (1:7.2+dfsg-7+deb12u12 Debian:12.11/oldstable [amd64])
Conf qemu-system-x86 (1:7.2+dfsg-7+deb12u12 Debian:12.11/oldstable [amd64])
";

    #[test]
    fn new_upgraded_and_removed_packages_are_told_apart() {
        let plan = Plan::read(
            "Inst strace (6.1-0.1 Debian:12 [amd64])\n\
             Inst libsystemd0 [252.1] (252.39-1~deb12u1 Debian:12 [amd64])\n\
             Conf strace (6.1-0.1 Debian:12 [amd64])\n",
        );
        assert_eq!(plan.new, ["strace"]);
        assert_eq!(
            plan.fetched,
            ["strace=6.1-0.1", "libsystemd0=252.39-1~deb12u1"]
        );
        assert_eq!(plan.upgraded, ["libsystemd0"]);
        assert_eq!(plan.refusal(), None);
        assert_eq!(plan.summary(), "1 new package, 1 upgraded: libsystemd0");
    }

    #[test]
    fn a_removal_and_a_downgrade_are_refused() {
        let refusal = Plan::read(PROXMOX).refusal();
        assert_eq!(
            refusal.as_deref(),
            Some("apt would remove: proxmox-ve pve-qemu-kvm")
        );
        let plan = Plan::read("The following packages will be DOWNGRADED:\n  libc6\n");
        assert!(plan.refusal().is_some());
    }

    #[test]
    fn sizes_are_summed_over_the_records() {
        let records = "Package: a\nInstalled-Size: 18000\nSize: 2600000\n\n\
                       Package: b\nInstalled-Size: 1000\nSize: 21000\n";
        assert_eq!(sizes(records), "3 MB to fetch, 20 MB on the disk");
    }
}
