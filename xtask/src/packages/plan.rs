//! What apt would do, read from its simulation.

/// Counted from `apt-get --simulate install` and its announcement of sizes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) new: Vec<String>,
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
            let old = words.next().is_some_and(|word| word.starts_with('['));
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

/// The lines of apt's announcement that name sizes: what is fetched, and what it takes on the disk.
pub(super) fn sizes(announcement: &str) -> String {
    let lines = announcement.lines().filter(|line| {
        line.starts_with("Need to get ") || line.starts_with("After this operation")
    });
    lines.collect::<Vec<_>>().join("\n")
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
    fn sizes_are_the_two_lines_that_name_them() {
        let announcement = "Reading package lists...\nNeed to get 498 MB of archives.\n\
                            After this operation, 2,600 MB of additional disk space will be used.\nAbort.\n";
        assert_eq!(
            sizes(announcement),
            "Need to get 498 MB of archives.\nAfter this operation, 2,600 MB of additional disk space will be used."
        );
    }
}
