//! The lines of `fix` in findings, taken apart for programs.

use serde::{Deserialize, Serialize};

/// Programs that a line may begin with. A line that begins with any other word is an instruction for people.
const PROGRAMS: [&str; 17] = [
    "chmod",
    "chown",
    "dracut",
    "echo",
    "iscsiadm",
    "ln",
    "nvme",
    "restorecon",
    "rm",
    "sanid",
    "sanid-fleet",
    "sanid-image",
    "sed",
    "systemctl",
    "systemd-machine-id-setup",
    "umount",
    "update-initramfs",
];

/// One way to fix a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FixReport {
    /// The command to type; null where an instruction is all there is.
    pub command: Option<String>,
    /// What the command does or when it is right, or the instruction; empty where the command says it all.
    pub effect: String,
}

impl FixReport {
    /// Takes one line of `fix` apart.
    pub fn new(line: &str) -> Self {
        let (command, effect) = match line.split_once("   ") {
            Some((command, effect)) => (Some(command), effect),
            None if !is_command(line) => (None, line),
            None => line
                .split_once(", ")
                .or_else(|| line.split_once(": "))
                .map_or((Some(line), ""), |(command, effect)| {
                    (Some(command), effect)
                }),
        };
        Self {
            command: command.map(|text| text.trim().to_owned()),
            effect: effect.trim().to_owned(),
        }
    }

    /// Takes all lines of `fix` apart.
    pub fn all(lines: &[String]) -> Vec<Self> {
        lines.iter().map(|line| Self::new(line)).collect()
    }
}

fn is_command(line: &str) -> bool {
    let program = line.split(' ').next().unwrap_or_default();
    PROGRAMS.contains(&program.trim_end_matches([',', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_their_effect() {
        for (line, command, effect) in [
            ("sanid apply", Some("sanid apply"), ""),
            ("sanid apply --root .", Some("sanid apply --root ."), ""),
            (
                "sanid adopt   to keep the name on disk",
                Some("sanid adopt"),
                "to keep the name on disk",
            ),
            (
                "sanid reseed    on every one but the one that keeps the identity",
                Some("sanid reseed"),
                "on every one but the one that keeps the identity",
            ),
            (
                "sanid hardware accept, if the parts were replaced",
                Some("sanid hardware accept"),
                "if the parts were replaced",
            ),
            (
                "systemd-machine-id-setup, or leave it to the first boot",
                Some("systemd-machine-id-setup"),
                "or leave it to the first boot",
            ),
            (
                "rm /var/lib/lxd/uuid: LXD makes a new one",
                Some("rm /var/lib/lxd/uuid"),
                "LXD makes a new one",
            ),
            ("run it as root", None, "run it as root"),
            (
                "nothing, if the array is to know this host by that name as well",
                None,
                "nothing, if the array is to know this host by that name as well",
            ),
        ] {
            let fix = FixReport::new(line);
            assert_eq!(fix.command.as_deref(), command, "{line}");
            assert_eq!(fix.effect, effect, "{line}");
        }
    }
}
