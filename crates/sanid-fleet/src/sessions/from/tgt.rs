//! tgtd, by its own program.

use std::io::ErrorKind;
use std::process::Command;

use sanid_host::root::{Root, describe_io};

use super::{Answer, count};

const ASKED: [&str; 6] = ["--lld", "iscsi", "--op", "show", "--mode", "target"];

pub(super) fn read(root: &Root) -> Result<Answer, String> {
    let asked = format!("tgtadm {}", ASKED.join(" "));
    if !root.is_running_host() {
        return Err(format!(
            "tgtadm asks the tgtd that runs here, not one below {}\n  {asked} >FILE    there, then sanid-fleet sessions FILE",
            root.show("")
        ));
    }
    let output = Command::new("tgtadm").args(ASKED).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!(
            "there is no program tgtadm here\n  {asked} >FILE    on the target, then sanid-fleet sessions FILE"
        ),
        _ => format!("cannot run tgtadm: {}", describe_io(&error)),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "{asked} failed ({}): {}\nis tgtd running, and is this root?",
            output.status,
            crate::shown(said.trim())
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let targets = text
        .lines()
        .filter(|line| line.starts_with("Target "))
        .count();
    Ok(Answer {
        not_read: Vec::new(),
        not_shown: Vec::new(),
        seen: count(targets, "target"),
        text,
    })
}
