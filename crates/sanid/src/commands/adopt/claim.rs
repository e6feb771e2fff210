//! Whether the lost host still holds its claim: asked of `sanid-fleet`, which has the stores.

use std::ffi::OsString;

use sanid_cli::Failure;
use sanid_host::Root;

use crate::commands::companion;

/// The file that names the store; without it there is no store to ask.
const CONFIG: &str = "etc/sanid/claim.toml";

/// The answer of the claim store about an identity.
pub(super) enum Claim {
    /// There is no store, or no host holds a claim.
    None,
    /// A host holds one: which host, and for how long.
    Held(String),
    /// It could not be seen: why.
    Unknown(String),
}

/// Asks the store of the host below a root for the holders of the identity in a record. What an image says of a store
/// on the network is followed only where that is `asked` for.
pub(super) fn of(record: &[u8], root: &Root, asked: bool) -> Claim {
    // A file that cannot be read may name a store, so it is asked.
    if matches!(root.exists(CONFIG), Ok(false)) {
        return Claim::None;
    }
    let mut arguments: Vec<OsString> = ["escrow", "check", "-", "--root"]
        .map(OsString::from)
        .into();
    arguments.push(root.path().as_os_str().to_owned());
    if !asked && !root.is_running_host() {
        arguments.push("--offline".into());
    }
    let what = "looking for the claim of the old host";
    let output = match companion::ask(&companion::FLEET, what, &arguments, record) {
        Ok(output) => output,
        Err(why) => return Claim::Unknown(why),
    };
    let said = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().map(str::trim);
        lines.collect::<Vec<_>>().join("; ")
    };
    match output.status.code() {
        Some(0) => Claim::None,
        Some(1) => Claim::Held(said(&output.stdout)),
        _ => {
            let why = said(&output.stderr);
            Claim::Unknown(why.trim_start_matches("sanid-fleet: ").to_owned())
        }
    }
}

impl Claim {
    /// The notice for a user who confirms that the host is gone.
    pub(super) fn warnings(&self, host: &str) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Held(who) => vec![format!(
                "in the claim store {who}. Check again that {host} is gone: an active host renews its claim. Then sanid-fleet claim takeover --fenced gives this host the claim"
            )],
            Self::Unknown(why) => vec![format!(
                "cannot find out whether {host} still holds a claim: {why}"
            )],
        }
    }

    /// A probe that found silence is not enough where the store knows of a claim, or did not answer.
    pub(super) fn forbids(&self, host: &str) -> Result<(), Failure> {
        match self {
            Self::None => Ok(()),
            Self::Held(who) => Err(Failure::refused(&format!(
                "{host} does not answer the probe, but its identity is claimed: {who}. An active host renews its claim, perhaps over a different network\n\
                 Fixes:\n  \
                 --old-host-is-gone   instead of --probe: it is switched off for good, or its disks are erased\n  \
                 later                when the lease has ended without being renewed"
            ))),
            Self::Unknown(why) => Err(Failure::error(&format!(
                "{host} does not answer the probe, and sanid cannot find out whether it still holds a claim: {why}\n\
                 Fixes:\n  \
                 --old-host-is-gone   instead of --probe: it is switched off for good, or its disks are erased\n  \
                 --check-claims       below another root, ask a store on the network, too\n  \
                 /etc/sanid/claim.toml   names the store; sanid-fleet claim list shows whether it answers"
            ))),
        }
    }
}
