//! `Root ─► HostView`: the host of a node as the agent publishes it.
//!
//! All reading and judging is sanid-host's; here its answers become plain data without a seed.

use rustix::fs::OFlags;
use sanid_core::{HostId, HostNqn, IscsiName};
use sanid_fleet::claims::Holder;
use sanid_host::findings::{self, Severity};
use sanid_host::hardware::Evidence;
use sanid_host::plan::live::{is_iqn, is_pair_of, pair_in_words, session_in_words};
use sanid_host::resolve::{Resolution, Resolved};
use sanid_host::{Effective, Facts, IdentityFile, Look, Observed, Root};
use serde::Deserialize;

use crate::resources::{
    ConditionStatus, FindingSummary, Identity, LiveSessions, Origin, Provenance, SessionCount,
};

/// One host at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostView {
    /// What storage programs show to arrays, or will once it is applied.
    pub identity: Identity,
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
    let published = published.and_then(|file| Published::parse(&file.bytes));
    let sees_kernel = root.open_dir("sys/class").is_ok();
    let findings = findings::findings(&facts, &resolution);
    let parts = Parts::new(&facts, &resolution, published.as_ref());
    let (live, verified) = live(&facts, &parts, sees_kernel);
    Ok(HostView {
        identity: parts.identity(),
        scheme: resolution.identity().map(|_| resolution.scheme.to_owned()),
        provenance: parts.provenance(&resolution),
        applied: applied(&parts, &resolution),
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
    let files = [
        "etc/machine-id",
        IdentityFile::InitiatorName.path(),
        IdentityFile::HostNqn.path(),
        IdentityFile::HostId.path(),
    ];
    files.into_iter().find(|path| {
        root.open_at(path, OFlags::PATH)
            .and_then(rustix::fs::fstat)
            .is_ok_and(|stat| stat.st_nlink == 0)
    })
}

/// What `sanid apply` left in `/run` for programs that may not read the files.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    iqn: Option<String>,
    host_nqn: Option<String>,
    host_id: Option<String>,
}

impl Published {
    fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// One name: in effect, wanted, or why neither can be told.
struct Part<T> {
    on_disk: Effective<T>,
    desired: Option<T>,
    what: &'static str,
}

impl<T: Clone + PartialEq + ToString> Part<T> {
    /// What programs use; what they will use where nothing is there yet.
    fn in_use(&self) -> Option<&T> {
        match &self.on_disk {
            Effective::Valid(name) => Some(name),
            Effective::Missing | Effective::Empty => self.desired.as_ref(),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        self.in_use().map(ToString::to_string)
    }

    fn is_other(&self) -> bool {
        self.desired.is_some()
            && self
                .on_disk
                .valid()
                .is_some_and(|one| Some(one) != self.desired.as_ref())
    }

    fn judge(&self) -> Option<Judged> {
        let (what, wanted) = (self.what, self.desired.as_ref().map(ToString::to_string));
        let wanted = wanted.unwrap_or_else(|| "(nothing can be derived)".into());
        let (status, reason, message) = match &self.on_disk {
            Effective::Valid(name) if self.desired.is_some() && self.is_other() => (
                ConditionStatus::False,
                "Differs",
                format!(
                    "the {what} on disk is {}, and {wanted} is desired; on the node: sanid status",
                    name.to_string()
                ),
            ),
            Effective::Valid(_) => return None,
            Effective::Missing | Effective::Empty => (
                ConditionStatus::False,
                "Missing",
                format!("no {what} is on disk, and {wanted} is desired; on the node: sanid apply"),
            ),
            Effective::Irregular { text, why, .. } | Effective::Invalid { text, why } => (
                ConditionStatus::False,
                "Invalid",
                format!("the {what} on disk, {text}, is none: {why}; on the node: sanid status"),
            ),
            Effective::Unreadable(why) => (
                ConditionStatus::Unknown,
                "Unreadable",
                format!(
                    "the {what} on disk cannot be read ({why}); run the agent as root (agent.runAsUser: 0), or sanid apply on the node, which publishes it below /run/sanid"
                ),
            ),
        };
        Some(Judged::new(status, reason, message))
    }
}

struct Parts {
    iqn: Part<IscsiName>,
    host_nqn: Part<HostNqn>,
    host_id: Part<HostId>,
}

impl Parts {
    fn new(facts: &Facts, resolution: &Resolution, published: Option<&Published>) -> Self {
        let iqn = resolution.iqn.as_ref().ok().map(|one| &one.value);
        let nvme = resolution.nvme.as_ref().ok().map(|one| &one.value);
        Self {
            iqn: Part {
                on_disk: told(facts.disk.iqn(), || {
                    IscsiName::parse(published?.iqn.as_ref()?).ok()
                }),
                desired: iqn.cloned(),
                what: "initiator name",
            },
            host_nqn: Part {
                on_disk: told(facts.disk.host_nqn(), || {
                    HostNqn::parse(published?.host_nqn.as_ref()?).ok()
                }),
                desired: nvme.map(|pair| pair.host_nqn.clone()),
                what: "host NQN",
            },
            host_id: Part {
                on_disk: told(facts.disk.host_id(), || {
                    HostId::parse(published?.host_id.as_ref()?).ok()
                }),
                desired: nvme.map(|pair| pair.host_id),
                what: "Host ID",
            },
        }
    }

    fn identity(&self) -> Identity {
        Identity {
            iqn: self.iqn.text(),
            host_nqn: self.host_nqn.text(),
            host_id: self.host_id.text(),
        }
    }

    fn provenance(&self, resolution: &Resolution) -> Provenance {
        let on_disk = |path: &str| Origin {
            source: "on-disk".into(),
            place: path.into(),
        };
        let iqn_differs =
            self.iqn.is_other() || (resolution.iqn.is_err() && self.iqn.in_use().is_some());
        let nvme_differs = self.host_nqn.is_other()
            || self.host_id.is_other()
            || (resolution.nvme.is_err() && self.host_id.in_use().is_some());
        Provenance {
            iqn: if iqn_differs {
                Some(on_disk("/etc/iscsi/initiatorname.iscsi"))
            } else {
                resolution.iqn.as_ref().ok().map(origin)
            },
            nvme: if nvme_differs {
                Some(on_disk("/etc/nvme"))
            } else {
                resolution.nvme.as_ref().ok().map(origin)
            },
        }
    }

    /// What is wrong with each part.
    fn judge(&self) -> impl Iterator<Item = Judged> {
        [
            self.iqn.judge(),
            self.host_nqn.judge(),
            self.host_id.judge(),
        ]
        .into_iter()
        .flatten()
    }
}

/// A file that this user may not read is told by what sanid published when it wrote it.
fn told<T>(on_disk: Effective<T>, published: impl FnOnce() -> Option<T>) -> Effective<T> {
    match on_disk {
        Effective::Unreadable(why) => {
            published().map_or(Effective::Unreadable(why), Effective::Valid)
        }
        other => other,
    }
}

fn origin<T>(resolved: &Resolved<T>) -> Origin {
    Origin {
        source: resolved.source.as_str().into(),
        place: shortened(&resolved.place, 512),
    }
}

/// Whether the files hold the desired identity: the worst part speaks.
fn applied(parts: &Parts, resolution: &Resolution) -> Judged {
    let wrong: Vec<Judged> = parts.judge().collect();
    if let Some(first) = wrong
        .iter()
        .find(|one| one.status == ConditionStatus::False)
    {
        return Judged {
            message: shortened(&all(&wrong), 4096),
            ..first.clone()
        };
    }
    if let Some(first) = wrong.first() {
        return first.clone();
    }
    match resolution.errors().first() {
        None => Judged::new(
            ConditionStatus::True,
            "OnDisk",
            "the identity files hold the desired identity",
        ),
        Some(error) => Judged::new(
            ConditionStatus::Unknown,
            "NotResolved",
            format!("an identity is on disk, and which one is desired cannot be told: {error}"),
        ),
    }
}

fn all(judged: &[Judged]) -> String {
    let sentences: Vec<&str> = judged.iter().map(|one| one.message.as_str()).collect();
    sentences.join(". ")
}

/// The kernel's sessions against the identity in use.
fn live(facts: &Facts, parts: &Parts, sees_kernel: bool) -> (LiveSessions, Judged) {
    let iqn = parts.iqn.in_use();
    let pair = parts.host_nqn.in_use().zip(parts.host_id.in_use());
    let mut others = Vec::new();
    let mut count = |name: &str, peer: Option<&String>, matched: bool, uses: String| {
        if !matched {
            let peer = peer.map_or("an unknown target", String::as_str);
            others.push(format!("{name} to {peer} uses {uses}"));
        }
        matched
    };
    let sessions = facts.live.iscsi.seen().iter();
    // An adapter's own name is not the host's.
    let sessions = sessions.filter(|session| !facts.live.is_of_an_adapter(session));
    let iscsi = tally(sessions.map(|one| {
        let matched = iqn.is_some_and(|iqn| is_iqn(one, iqn));
        count(
            &one.name,
            one.target.as_ref(),
            matched,
            session_in_words(one),
        )
    }));
    let nvme = tally(facts.live.nvme.seen().iter().map(|one| {
        let matched = pair.is_some_and(|(nqn, id)| is_pair_of(one, nqn.as_str(), &id.to_string()));
        count(
            &one.name,
            one.subsystem_nqn.as_ref(),
            matched,
            pair_in_words(one),
        )
    }));
    let unknown = [facts.live.iscsi.unknown(), facts.live.nvme.unknown()];
    let unknown = unknown.into_iter().flatten().next();
    let seen = LiveSessions { iscsi, nvme };
    let verified = if !sees_kernel {
        Judged::new(
            ConditionStatus::Unknown,
            "CannotSee",
            "the kernel's /sys is not below the root of the agent; mount it read-only",
        )
    } else if let Some(why) = unknown {
        Judged::new(
            ConditionStatus::Unknown,
            "CannotSee",
            format!("the kernel's sessions cannot be read: {why}"),
        )
    } else if others.is_empty() && iscsi.matched + nvme.matched == 0 {
        Judged::new(
            ConditionStatus::True,
            "NoSessions",
            "no session lives, so none uses another identity",
        )
    } else if others.is_empty() {
        Judged::new(
            ConditionStatus::True,
            "SessionsMatch",
            "every live session uses the identity",
        )
    } else {
        others.truncate(8);
        let others = others.join(", ");
        Judged::new(
            ConditionStatus::False,
            "SessionMismatch",
            shortened(
                &format!(
                    "{others}; when it may end, disconnect and connect again. On the node: sanid status"
                ),
                4096,
            ),
        )
    };
    (seen, verified)
}

fn tally(matches: impl Iterator<Item = bool>) -> SessionCount {
    let mut count = SessionCount::default();
    for matched in matches {
        let one = if matched {
            &mut count.matched
        } else {
            &mut count.mismatched
        };
        *one = one.saturating_add(1);
    }
    count
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
