//! Rule 7: units that read a part of the identity only when they start, and how they are restarted.

use std::fmt;
use std::process::{Command, Stdio};

use crate::file::IdentityFile;
use crate::place::part_of;
use crate::plan::{self, Plan};
use crate::resolve::Part;

const PROGRAM: &str = "systemctl";
/// Restarts a unit if it is active.
const VERB: &str = "try-restart";
/// What systemctl answers for a unit that is not installed (systemd.exec(5): `EXIT_NOTINSTALLED`).
const NOT_INSTALLED: i32 = 5;

/// Units that keep the old name until they are restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// The part that they read.
    pub part: Part,
    /// The units.
    pub units: &'static [&'static str],
    /// Why.
    pub effect: &'static str,
}

/// The restarts that a plan makes necessary.
pub fn restarts(plan: &Plan) -> Vec<Restart> {
    let renamed = |file: IdentityFile| {
        let part = part_of(file);
        let touched = plan.lifts.contains(&part) || plan.writes_of(part).next().is_some();
        touched && plan.had.of(file) != plan.after.of(file)
    };
    let all = Part::ALL.into_iter();
    all.filter_map(|part| part.kind().restart())
        .filter(|one| plan::files(one.part).iter().copied().any(renamed))
        .collect()
}

impl Restart {
    /// Restarts the units of the running host; false when none of them is installed.
    ///
    /// # Errors
    /// The error of systemctl.
    pub fn carry_out(&self) -> Result<bool, String> {
        let mut any = false;
        // One by one, since one that is not installed fails the whole command.
        for unit in self.units {
            let output = Command::new(PROGRAM)
                .args([VERB, unit])
                .stdin(Stdio::null())
                .output()
                .map_err(|error| error.to_string())?;
            match output.status.code() {
                Some(0) => any = true,
                Some(NOT_INSTALLED) => {}
                _ => return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            }
        }
        Ok(any)
    }
}

/// The command to type.
impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PROGRAM} {} {}", VERB, self.units.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_made_from_the_units() {
        let commands = Part::ALL.map(|part| part.kind().restart().unwrap().to_string());
        assert_eq!(
            commands,
            [
                "systemctl try-restart iscsid.service",
                "systemctl try-restart stafd.service stacd.service"
            ]
        );
    }
}
