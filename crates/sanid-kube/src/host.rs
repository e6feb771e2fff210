//! `Root ─► HostView`: the host of a node as the agent publishes it.
//!
//! All reading and judging is sanid-host's; here its answers become plain data without a seed.

mod files;
mod live;

use rustix::fs::OFlags;
use sanid_claims::Holder;
use sanid_host::findings::{self, Severity};
use sanid_host::hardware::Evidence;
use sanid_host::{Facts, IdentityFile, Look, Observed, Root};

use crate::resources::{ConditionStatus, FindingSummary, Identity, LiveSessions, Provenance};
use files::OnDisk;

/// One host at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostView {
    /// What storage programs show to arrays, or will once it is applied.
    pub identity: Identity,
    /// Whether a file has no valid name or cannot be read, so that the identity lacks a name that the host may have.
    pub is_untold: bool,
    /// The configured scheme.
    pub scheme: Option<String>,
    /// Where each part came from.
    pub provenance: Provenance,
    /// Whether the files hold the desired identity.
    pub applied: Judged,
    /// The kernel's sessions.
    pub live: LiveSessions,
    /// Whether they use the identity.
    pub verified: Judged,
    /// Drifts and hazards.
    pub findings: Vec<FindingSummary>,
    /// What tells its machine from others, without a name.
    pub holder: Holder,
    /// The boot.
    pub boot_id: Option<String>,
}

/// A condition before it has a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word.
    pub reason: &'static str,
    /// A sentence.
    pub message: String,
}

impl Default for Judged {
    fn default() -> Self {
        Self::new(
            ConditionStatus::Unknown,
            "NotYetSeen",
            "nobody has looked yet",
        )
    }
}

impl Judged {
    /// A judgement.
    pub fn new(status: ConditionStatus, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
        }
    }
}

/// Looks at the host below a root.
///
/// # Errors
/// The sentence of a configuration that cannot be understood: what the identity shall be is then unknown.
///
/// # Examples
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::create_dir(dir.path().join("etc")).unwrap();
/// std::fs::write(dir.path().join("etc/machine-id"), "3d1219c7c4c5404aaa1f6d2a48adfda4\n").unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
/// let view = sanid_kube::host::look(&root).unwrap();
/// assert_eq!(view.identity.host_id.as_deref(), Some("652f5d50-a689-4520-b87b-fe2552ef6b8b"));
/// assert_eq!(view.applied.reason, "Missing");
/// ```
pub fn look(root: &Root) -> Result<HostView, String> {
    let facts =
        sanid_host::observe(root, &Look::everything()).map_err(|error| error.to_string())?;
    let resolution = sanid_host::resolve(&facts);
    let published = root.read(sanid_host::PUBLISHED, 16 * 1024).ok().flatten();
    let published = published.and_then(|file| serde_json::from_slice(&file.bytes).ok());
    let sees_kernel = root.open_dir("sys/class").is_ok();
    let findings = findings::findings(&facts, &resolution);
    let files = OnDisk::new(&facts, &resolution, &published.unwrap_or_default());
    let (live, verified) = live::judge(&facts, &files.in_use(), sees_kernel);
    Ok(HostView {
        identity: files.identity(),
        is_untold: files.is_untold(),
        scheme: (resolution.errors().is_empty()).then(|| resolution.scheme.to_owned()),
        provenance: files.provenance(&resolution),
        applied: files.judge(&resolution),
        live,
        verified,
        findings: findings
            .iter()
            .filter(|one| one.code.severity() != Severity::Info)
            .map(|one| FindingSummary {
                code: one.code.as_str().into(),
                severity: one.code.severity().as_str().into(),
            })
            .take(32)
            .collect(),
        holder: holder(&facts),
        boot_id: boot_id(root),
    })
}

/// A file that was replaced since it was mounted by itself, so that what is seen here is the old one for ever.
///
/// A bind mount of one file holds the file, not its name: after a rename over the name, which is how sanid and
/// most programs write, the mounted one has no name left (`st_nlink` 0, inode(7)). Only a new mount helps, and
/// a container gets it when it starts again.
pub fn replaced(root: &Root) -> Option<&'static str> {
    let files = IdentityFile::ALL.map(IdentityFile::path);
    ["etc/machine-id"].into_iter().chain(files).find(|path| {
        root.open_at(path, OFlags::PATH)
            .and_then(rustix::fs::fstat)
            .is_ok_and(|stat| stat.st_nlink == 0)
    })
}

fn holder(facts: &Facts) -> Holder {
    let seed = facts.machine_id.seed();
    Holder {
        seed: seed.map(|seed| seed.fingerprint().to_string()),
        evidence: match &facts.hardware {
            Observed::Saw(hardware) => hardware.seen.clone(),
            Observed::NotLooked | Observed::Failed(_) => Evidence::default(),
        },
        ..Holder::default()
    }
}

/// The same in every container of a kernel, so that it need not be mounted.
fn boot_id(root: &Root) -> Option<String> {
    const PATH: &str = "proc/sys/kernel/random/boot_id";
    let id = root.attribute(PATH).ok().flatten();
    let id = id.or_else(|| std::fs::read_to_string(format!("/{PATH}")).ok())?;
    let id = id.trim();
    (id.len() == 36).then(|| id.to_owned())
}

/// At most so many characters, as the schema has it.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests;
