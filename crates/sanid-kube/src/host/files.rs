//! The names on disk against the desired ones.

use sanid_host::plan::files;
use sanid_host::resolve::{Part, Resolution};
use sanid_host::{Effective, Facts, IdentityFile, NAMED_PARTS, Names};

use super::{Judged, shortened};
use crate::resources::{ConditionStatus, Identity, Origin, Provenance};

/// One name: in effect, wanted, or why neither can be told.
struct Name {
    file: IdentityFile,
    on_disk: Effective<String>,
    desired: Option<String>,
}

impl Name {
    /// What programs use; what they will use where nothing is there yet.
    fn in_use(&self) -> Option<&String> {
        match &self.on_disk {
            Effective::Valid(name) => Some(name),
            Effective::Missing | Effective::Empty => self.desired.as_ref(),
            _ => None,
        }
    }

    /// Whether the name in use is not the desired one.
    fn is_other(&self) -> bool {
        self.in_use().is_some() && self.in_use() != self.desired.as_ref()
    }

    fn judge(&self) -> Option<Judged> {
        let what = self.file.holds();
        let wanted = self.desired.as_deref();
        let wanted = wanted.unwrap_or("(nothing can be derived)");
        let (status, reason, message) = match &self.on_disk {
            Effective::Valid(name) if self.desired.is_some() && self.is_other() => (
                ConditionStatus::False,
                "Differs",
                format!(
                    "the {what} on disk is {name}, and {wanted} is desired; on the node: sanid status"
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

/// The name of each file.
pub(super) struct OnDisk(Vec<Name>);

impl OnDisk {
    /// A file that this user may not read is told by what `sanid apply` published when it wrote it.
    pub(super) fn new(facts: &Facts, resolution: &Resolution, published: &Names) -> Self {
        let name = |file: IdentityFile| Name {
            file,
            on_disk: match (facts.disk.effective(file), published.of(file)) {
                (Effective::Unreadable(_), Some(name)) if file.is_conformant(name) => {
                    Effective::Valid(name.to_owned())
                }
                (on_disk, _) => on_disk,
            },
            desired: resolution.value(file),
        };
        Self(IdentityFile::ALL.into_iter().map(name).collect())
    }

    /// What programs use, or will use where nothing is there yet.
    pub(super) fn in_use(&self) -> Names {
        let of = |file| self.0.iter().find(|name| name.file == file);
        Names::of_files(|file| of(file)?.in_use().cloned())
    }

    /// Whether a file is there from which no name can be told.
    pub(super) fn is_untold(&self) -> bool {
        self.0.iter().any(|name| {
            !matches!(
                name.on_disk,
                Effective::Valid(_) | Effective::Missing | Effective::Empty
            )
        })
    }

    pub(super) fn identity(&self) -> Identity {
        let [iqn, host_nqn, host_id] = self.in_use().named();
        Identity {
            iqn,
            host_nqn,
            host_id,
        }
    }

    pub(super) fn provenance(&self, resolution: &Resolution) -> Provenance {
        let [iqn, nvme] = NAMED_PARTS.map(|part| self.origin(resolution, part));
        Provenance { iqn, nvme }
    }

    fn origin(&self, resolution: &Resolution, part: Part) -> Option<Origin> {
        let files = files(part);
        let mut names = self.0.iter().filter(|name| files.contains(&name.file));
        let (source, place) = if names.any(Name::is_other) {
            let place = match files {
                [only] => only.path(),
                files => files.first()?.directory(),
            };
            ("on-disk", format!("/{place}"))
        } else {
            let (source, place) = resolution.origin(part).ok()?;
            (source.as_str(), shortened(place, 512))
        };
        Some(Origin {
            source: source.into(),
            place,
        })
    }

    /// Whether the files hold the desired identity: the worst part speaks.
    pub(super) fn judge(&self, resolution: &Resolution) -> Judged {
        let wrong: Vec<Judged> = self.0.iter().filter_map(Name::judge).collect();
        let is_false = |one: &&Judged| one.status == ConditionStatus::False;
        if let Some(first) = wrong.iter().find(is_false) {
            let sentences: Vec<&str> = wrong.iter().map(|one| one.message.as_str()).collect();
            return Judged {
                message: shortened(&sentences.join(". "), 4096),
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
}
