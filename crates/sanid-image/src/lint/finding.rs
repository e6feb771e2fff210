//! The type of a finding, and the list of all rules.

pub use sanid_host::findings::Severity;
use sanid_host::own::Config;

/// A kind of finding: API.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// A short title.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
}

/// How a finding is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The file goes: `sanid seal` does it.
    Remove,
    /// The file becomes `uninitialized`: `sanid seal` does it.
    Reset,
    /// The names and secrets in the file go, and the rest of it stays: `sanid seal` does it.
    Edit(Config),
    /// By an administrator: other programs may need the file.
    ByHand,
}

/// One identity in an image, or something that hides one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub rule: &'static Rule,
    /// The path below the root, as bytes that may hold a machine-id: shown only without it.
    pub path: String,
    /// What was seen.
    pub seen: String,
    /// The command or the step that removes it.
    pub fix: String,
    /// How it can be removed.
    pub remedy: Remedy,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $severity:ident, $title:literal, $why:expr;)+) => {
        $($(#[$doc])* pub(crate) static $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            title: $title,
            why: $why,
        };)+

        /// Every kind of finding, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name),+];
    };
}

const CLONES: &str = "Every machine made from this image has it, and arrays take them all for one host: \
                      volumes are mapped to the wrong machine, and reservations protect nothing.";
const HIDDEN: &str = "sanid did not read all of it, so the image may still have an identity.";

rules! {
    MACHINE_ID = "machine-id-set", Danger, "the image has a machine-id",
        "Every machine made from this image has it, and with it the same identities, wherever they are derived.";
    INITIATOR_NAME = "initiator-name-set", Danger, "the image has an iSCSI initiator name", CLONES;
    HOST_NQN = "host-nqn-set", Danger, "the image has an NVMe host NQN", CLONES;
    HOST_ID = "host-id-set", Danger, "the image has an NVMe Host ID", CLONES;
    NVME_CONFIG = "nvme-config-host", Danger, "an NVMe configuration names a host", CLONES;
    ISCSI_RECORD = "iscsi-record-initiator", Danger, "an iSCSI record names an initiator", CLONES;
    SECRET = "storage-secret", Danger, "a storage configuration has a secret",
        "Every machine made from this image has it, and so has everyone who can read the image: with it, any of them \
         logs in as this host.";
    LXD_UUID = "lxd-server-uuid", Danger, "the image has the UUID of an LXD server", CLONES;
    CREDENTIAL = "credential-identity", Danger, "a systemd credential is an identity", CLONES;
    COMMAND_LINE = "kernel-command-line-identity", Danger,
        "a kernel command line gives an identity", CLONES;
    BOOT_TOKEN = "boot-entry-machine-id", Warning, "boot entries carry a machine-id",
        "No machine made from this image uses these entries, and the machine-id in them is \
         confidential (machine-id(5)).";
    PIN = "pinned-identity", Danger, "the configuration of sanid pins an identity", CLONES;
    RECORD = "sanid-record", Warning, "sanid ran in the image and left its record",
        "It contains the identity that this image had.";
    INITRAMFS = "initramfs-identity", Danger, "an initramfs carries an identity",
        "Every machine made from this image boots with it before any file of the image is read, and removing \
         the file from the image changes nothing in the initramfs.";
    NOT_A_FILE = "not-a-file", Warning, "an identity file is not a regular file",
        "No program of a distribution makes it; a program that reads it may hang or start a device.";
    LINK = "link-not-followed", Warning, "an identity file is a link that was not followed", HIDDEN;
    NAME = "odd-name", Warning, "a name that no program makes",
        "It leads out of the directory that it is unpacked into, or is not readable text.";
    UNREADABLE = "not-readable", Danger, "a part of the image cannot be read to its end", HIDDEN;
    TOO_MUCH = "too-much", Danger, "more files than such a directory ever has", HIDDEN;
}

/// Characters of what was seen; a name has 223 at most.
const SEEN: usize = 1000;

fn short(mut seen: String) -> String {
    if let Some((at, _)) = seen.char_indices().nth(SEEN) {
        seen.truncate(at);
        seen.push('…');
    }
    seen
}

/// A path below the root for a shell: a user may copy a command with a hostile name.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%=".contains(&byte);
    if path.bytes().all(plain) {
        format!("/{path}")
    } else {
        format!("'/{}'", path.replace('\'', "'\\''"))
    }
}

/// The command that removes a file of the image.
pub(crate) fn rm(path: &str) -> String {
    format!("rm {}", quoted(path))
}

impl Finding {
    pub(crate) fn by_hand(rule: &'static Rule, path: &str, seen: String, fix: String) -> Self {
        Self {
            rule,
            path: path.to_owned(),
            seen: short(seen),
            fix,
            remedy: Remedy::ByHand,
        }
    }

    /// A file that is nothing but an identity.
    pub(crate) fn removable(rule: &'static Rule, path: &str, seen: String) -> Self {
        // Files in /run are from a running system or from a mount of one.
        let remedy = if path.starts_with("run/") {
            Remedy::ByHand
        } else {
            Remedy::Remove
        };
        Self {
            rule,
            path: path.to_owned(),
            seen: short(seen),
            fix: rm(path),
            remedy,
        }
    }
}
