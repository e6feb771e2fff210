//! The JSON documents of `sanid-image initramfs`, and the comparison in them: does an image carry the
//! names that the host has on disk?
//!
//! API, `sanid/v1`: fields are added, never renamed or removed. None can hold a machine-id.

use sanid_host::{Facts, NAMED_FILES};
use serde::Serialize;

use crate::compression::Compression;
use crate::initramfs::{Content, Found, Image, Kind};

/// How a file of an image compares with the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same as on the host.
    Same,
    /// Different from the host.
    Differs,
    /// Set here, and not on the host.
    OnlyHere,
    /// Its reader does not accept the content.
    Unusable,
    /// Empty, or a link.
    Nothing,
}

impl Verdict {
    /// Whether it is a finding.
    pub fn is_finding(self) -> bool {
        matches!(self, Self::Differs | Self::OnlyHere | Self::Unusable)
    }
}

macro_rules! report {
    ($(#[$meta:meta])* pub struct $($rest:tt)*) => {
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $($rest)*
    };
}

report! {
    /// The initramfs images of a host, and what they carry.
    pub struct InitramfsReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Initramfs`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Initramfs")))]
        pub kind: &'static str,
        /// What the host has on disk.
        pub on_disk: HostReport,
        /// The images.
        pub images: Vec<ImageReport>,
    }
}

report! {
    /// The names in the files of the host.
    pub struct HostReport {
        /// The iSCSI initiator name.
        pub iqn: Option<String>,
        /// The NVMe host NQN.
        pub host_nqn: Option<String>,
        /// The NVMe Host ID.
        pub host_id: Option<String>,
    }
}

report! {
    /// One image.
    pub struct ImageReport {
        /// Where it is; digits that may be a machine-id are left out.
        pub path: String,
        /// What it is made of.
        pub segments: Vec<SegmentReport>,
        /// Whether it has sanid, which replaces what a generic image carries.
        pub has_sanid: bool,
        /// Whether it is built for one host only.
        pub host_only: bool,
        /// What it carries.
        pub files: Vec<FileReport>,
        /// Names with `..` in them, which no program makes.
        pub odd_names: Vec<String>,
        /// Why it was not read, or not to its end.
        pub error: Option<String>,
    }
}

report! {
    /// A run of archives with one compression.
    pub struct SegmentReport {
        /// Where in the image it begins, in bytes.
        pub at: u64,
        /// `none`, `gzip`, `zstd`, `xz`, `lzma`, `lz4` or `bzip2`.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub compression: Compression,
        /// Its files, directories and links.
        pub entries: u64,
    }
}

report! {
    /// One file of an image that is an identity or makes one.
    pub struct FileReport {
        /// Its path in the image.
        pub path: String,
        /// `iqn`, `hostNqn`, `hostId` or `machineId`.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub part: Kind,
        /// What its reader takes from it; never a machine-id.
        pub value: Option<String>,
        /// How it compares with the host.
        pub verdict: Verdict,
        /// Why, where the value does not show it.
        pub why: Option<String>,
    }
}

impl HostReport {
    /// The names in the files of a host.
    pub fn new(facts: &Facts) -> Self {
        let [iqn, host_nqn, host_id] = NAMED_FILES.map(|file| facts.disk.shown(file));
        Self {
            iqn,
            host_nqn,
            host_id,
        }
    }
}

impl ImageReport {
    /// The report of an image that was read.
    pub fn new(path: &str, image: &Image, facts: &Facts) -> Self {
        let segment = |one: &crate::Segment| SegmentReport {
            at: one.at,
            compression: one.compression,
            entries: one.entries,
        };
        Self {
            path: without_ids(path),
            segments: image.segments.iter().map(segment).collect(),
            has_sanid: image.has_sanid,
            host_only: image.host_only,
            files: image
                .files
                .iter()
                .map(|found| FileReport::new(found, facts))
                .collect(),
            odd_names: image.odd_names.clone(),
            error: image.damage.as_ref().map(ToString::to_string),
        }
    }

    /// The report of one that was not.
    pub fn unread(path: &str, why: String) -> Self {
        Self {
            path: without_ids(path),
            segments: Vec::new(),
            has_sanid: false,
            host_only: false,
            files: Vec::new(),
            odd_names: Vec::new(),
            error: Some(why),
        }
    }

    /// Whether something in it is a finding.
    pub fn has_findings(&self) -> bool {
        !self.odd_names.is_empty() || self.files.iter().any(|file| file.verdict.is_finding())
    }
}

impl FileReport {
    fn new(found: &Found, facts: &Facts) -> Self {
        let (verdict, value, why) = match &found.content {
            Content::Nothing => (Verdict::Nothing, None, Some("empty".into())),
            Content::Link(target) => (Verdict::Nothing, None, Some(format!("a link to {target}"))),
            Content::HardLink => (
                Verdict::Unusable,
                None,
                Some("a second name of a file whose content is elsewhere in the image".into()),
            ),
            Content::Unusable(why) => (Verdict::Unusable, None, Some(format!("its reader {why}"))),
            Content::Name(name) => {
                let on_disk = match found.kind {
                    Kind::Name(file) => facts.disk.shown(file),
                    Kind::MachineId => None,
                };
                let verdict = compared(on_disk.as_ref(), name);
                (verdict, Some(name.clone()), None)
            }
            Content::Seed(fingerprint) => {
                let own = facts.machine_id.seed().map(|id| id.fingerprint());
                (compared(own.as_ref(), fingerprint), None, None)
            }
        };
        Self {
            path: format!("/{}", found.path),
            part: found.kind,
            value,
            verdict,
            why,
        }
    }
}

fn compared<T: PartialEq + ?Sized>(on_disk: Option<&T>, here: &T) -> Verdict {
    match on_disk {
        Some(on_disk) if on_disk == here => Verdict::Same,
        Some(_) => Verdict::Differs,
        None => Verdict::OnlyHere,
    }
}

/// A path without what may be a machine-id, as in `initramfs-0-rescue-ID.img`.
///
/// # Examples
/// ```
/// let path = "/boot/initramfs-0-rescue-3d1219c7c4c5404aaa1f6d2a48adfda4.img";
/// let shown = sanid_image::report::without_ids(path);
/// assert_eq!(shown, "/boot/initramfs-0-rescue-(32 digits).img");
/// ```
pub fn without_ids(path: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    // The space at the end ends the last run of digits.
    for character in path.chars().chain([' ']) {
        if character.is_ascii_hexdigit() {
            digits.push(character);
            continue;
        }
        if digits.len() >= 32 {
            shown.push_str("(32 digits)");
        } else {
            shown.push_str(&digits);
        }
        digits.clear();
        shown.push(character);
    }
    shown.pop();
    shown
}

#[cfg(feature = "schema")]
pub(crate) fn json_schema() -> serde_json::Value {
    /// Any document that `sanid-image` writes, distinguished by its `kind`.
    #[derive(schemars::JsonSchema)]
    #[schemars(untagged)]
    #[allow(dead_code, reason = "only its schema is used")]
    enum Document {
        Initramfs(InitramfsReport),
        Lint(crate::lint::LintReport),
        Seal(crate::seal::SealReport),
        Error(sanid_host::report::ErrorReport),
    }
    schemars::schema_for!(Document).to_value()
}
