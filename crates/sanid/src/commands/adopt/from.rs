//! `sanid adopt --from`: the identity of a lost host, on the hardware that replaces it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use sanid_cli::Failure;
use sanid_host::resolve::resolve;
use sanid_host::{Facts, IdentityFile, NAMED_FILES, Names, Root, root};
use serde::{Deserialize, Serialize};

use super::claim::{self, Claim};
use super::pins;
use crate::args::Adopt;

/// A record is some hundred bytes.
const LONGEST: u64 = 64 * 1024;

/// What `sanid-fleet escrow` keeps of a host.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    kind: String,
    host: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(flatten)]
    names: Names,
    seed_fingerprint: Option<String>,
    /// Whether it is there is all that counts here.
    #[serde(skip_serializing)]
    machine_id: Option<serde::de::IgnoredAny>,
}

/// Reads a record from a file, or from standard input.
pub(super) fn read(path: &Path) -> Result<Record, Failure> {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        root::printable(path)
    };
    let failed = |why: &str| Failure::error(&format!("cannot take an identity from {name}: {why}"));
    let bytes = bytes(path).map_err(|error| failed(&error.to_string()))?;
    if bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE") {
        return Err(failed(
            "it is encrypted; age -d -i KEY FILE | sanid adopt --from -",
        ));
    }
    // The parser's own words could repeat a piece of the record.
    let record: Record = serde_json::from_slice(&bytes)
        .map_err(|_| failed("not a single record of sanid-fleet escrow"))?;
    if record.kind != "Escrow" {
        return Err(failed("not a record of sanid-fleet escrow"));
    }
    let mut needed = NAMED_FILES.iter();
    if needed.any(|file| record.names.of(*file).is_none()) {
        return Err(failed("not a single record of sanid-fleet escrow"));
    }
    let is_valid = |(file, name): (IdentityFile, &str)| file.is_conformant(name);
    if !record.names.iter().all(is_valid) {
        return Err(failed(
            "a name in it is not valid; sanid check names the rule that it breaks",
        ));
    }
    Ok(record)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file that the user names, of this machine and not of the host below a root"
)]
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().take(LONGEST).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Two hosts with one identity destroy each other's data, so a person or a probe must confirm that the old one
/// is gone. Where the seed is the record's, this is that host. What to warn of, where it may be taken.
pub(super) fn may_be_taken(
    record: &Record,
    root: &Root,
    facts: &Facts,
    options: &Adopt,
) -> Result<Vec<String>, Failure> {
    let own = resolve(facts).seed;
    let same = own.is_some_and(|seed| Some(seed.to_string()) == record.seed_fingerprint);
    if same {
        return Ok(Vec::new());
    }
    let host = record.shown();
    // Strings only, which always serialise; without the machine-id.
    let text = serde_json::to_vec(record).unwrap_or_default();
    let claim = claim::of(&text, root, options.check_claims);
    if options.old_host_is_gone {
        return Ok(claim.warnings(&host));
    }
    let Some(probe) = &options.probe else {
        let claimed = match &claim {
            Claim::Held(who) => format!(". In the claim store {who}"),
            Claim::None | Claim::Unknown(_) => String::new(),
        };
        return Err(Failure::refused(&format!(
            "the record is of {host}, and this is a different installation: while both have one identity, storage takes them for one host, and they can destroy each other's data{claimed}\n\
             Fixes:\n  \
             --old-host-is-gone   it is switched off for good, or its disks are erased\n  \
             --probe COMMAND      ask whether it answers, such as --probe 'ping -c1 -W2 \"$SANID_OLD_HOST\"'"
        )));
    };
    if answers(record, probe)? {
        return Err(Failure::refused(&format!(
            "{host} answers the probe, so its identity is in use: taking it over would make two hosts one to the storage, and they can destroy each other's data. Switch it off for good first"
        )));
    }
    claim.forbids(&host)?;
    Ok(Vec::new())
}

/// Whether the probe confirms it; a probe that failed does not show that the host is gone.
fn answers(record: &Record, probe: &str) -> Result<bool, Failure> {
    let status = Command::new("sh")
        .args(["-c", probe])
        .env("SANID_OLD_HOST", &record.host)
        .env("SANID_OLD_ADDRESSES", record.addresses.join(" "))
        .stdin(Stdio::null())
        // Standard output is the report's.
        .stdout(Stdio::null())
        .status();
    let failed = |why: String| {
        Failure::error(&format!(
            "the probe failed: {why}; it must exit with 0 if the host answers, and with 1 if it does not"
        ))
    };
    let status = status.map_err(|error| failed(error.to_string()))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(failed(status.to_string())),
    }
}

impl Record {
    fn shown(&self) -> String {
        root::escape(self.host.as_bytes())
    }

    pub(super) fn pins(&self) -> Names {
        self.names.clone()
    }

    /// Without a line end, which would end the comment.
    pub(super) fn comment(&self) -> String {
        format!(
            "`sanid adopt --from`: the identity of {}, which this host replaces.",
            self.shown()
        )
    }

    pub(super) fn notices(&self, facts: &Facts, pins: &Names) -> Vec<String> {
        let mut notices = Vec::new();
        let (on_disk, _) = pins::on_disk(facts);
        if on_disk == Names::default() {
            notices.push("sanid apply writes it into the files".to_owned());
        } else if on_disk != *pins {
            notices.push(
                "the files still have a different identity; sanid apply --dry-run --replace shows the change, sanid apply --replace makes it"
                    .to_owned(),
            );
        }
        if self.machine_id.is_some() {
            notices.push(
                "the record contains the old machine-id, and this host keeps its own: the identity does not need the old one. To restore it for other programs, on this host alone: age -d -i KEY RECORD.age | jq -r .machineId >/etc/machine-id, and reboot"
                    .to_owned(),
            );
        }
        notices
    }
}
