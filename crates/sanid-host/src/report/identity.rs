//! `Identity` (sanid show) and `Applied` (/run/sanid/identity.json).

use super::{PartReport, report};
use crate::API_VERSION;
use crate::facts::Facts;
use crate::observed::Observed;
use crate::part::{NAMED_PARTS, files};
use crate::plan::Plan;
use crate::resolve::{Candidate, Part, Resolution, Verdict};

report! {
    /// The desired identity of a host: what resolution says, whatever the files say.
    pub struct IdentityReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Identity`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Identity")))]
        pub kind: &'static str,
        /// The iSCSI initiator name; null where its source has a fault.
        pub iqn: Option<String>,
        /// The NVMe host NQN; null where the pair's source has a fault.
        pub host_nqn: Option<String>,
        /// The NVMe Host ID; null where the pair's source has a fault.
        pub host_id: Option<String>,
        /// The configured scheme.
        pub scheme: &'static str,
        /// Where each part came from.
        pub provenance: Provenance,
        /// Every part with its names; documents of 0.1 have none.
        pub parts: Option<Vec<PartReport>>,
        /// With `--explain`: every source's word on every part, highest source first.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub candidates: Option<Vec<CandidateReport>>,
    }
}

report! {
    /// Where each part of an identity came from.
    pub struct Provenance {
        /// The initiator name; null where it has none.
        pub iqn: Option<PlaceReport>,
        /// The NVMe pair; null where it has none.
        pub nvme: Option<PlaceReport>,
    }
}

report! {
    /// A source and the exact place in it.
    pub struct PlaceReport {
        /// `command-line`, `credential`, `pin`, `firmware`, `derived`; in `Applied` also `kept`.
        pub source: &'static str,
        /// The place, in words.
        pub place: String,
    }
}

report! {
    /// One source's word on one part.
    pub struct CandidateReport {
        /// `iqn` or `nvme`.
        pub part: &'static str,
        /// The source.
        pub source: &'static str,
        /// The location, if the source sets a value; else why it does not, if there is a reason.
        pub place: Option<String>,
        /// The value; the two halves of the pair with a space between them.
        pub value: Option<String>,
        /// `chosen`, `outranked` or `silent`.
        pub verdict: &'static str,
        /// The source that outranks it.
        pub outranked_by: Option<&'static str>,
    }
}

report! {
    /// What the storage programs of this boot find in the files.
    pub struct AppliedReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Applied`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Applied")))]
        pub kind: &'static str,
        /// The iSCSI initiator name.
        pub iqn: Option<String>,
        /// The NVMe host NQN.
        pub host_nqn: Option<String>,
        /// The NVMe Host ID.
        pub host_id: Option<String>,
        /// The configured scheme.
        pub scheme: &'static str,
        /// Where each part came from; `kept` where another identity was on disk and stays.
        pub provenance: Provenance,
        /// Every part with its names; documents of 0.1 have none.
        pub parts: Option<Vec<PartReport>>,
    }
}

impl Provenance {
    fn of(place: impl Fn(Part) -> Option<PlaceReport>) -> Self {
        let [iqn, nvme] = NAMED_PARTS.map(place);
        Self { iqn, nvme }
    }
}

impl IdentityReport {
    /// The report of a resolution.
    pub fn new(resolution: &Resolution, explain: bool) -> Self {
        let names = resolution.names();
        let [iqn, host_nqn, host_id] = names.named();
        let place = |part| place(resolution, part);
        Self {
            api_version: API_VERSION,
            kind: "Identity",
            iqn,
            host_nqn,
            host_id,
            scheme: resolution.scheme,
            provenance: Provenance::of(place),
            parts: Some(PartReport::with(&names, place)),
            candidates: explain.then(|| {
                resolution
                    .candidates
                    .iter()
                    .map(CandidateReport::new)
                    .collect()
            }),
        }
    }
}

fn place(resolution: &Resolution, part: Part) -> Option<PlaceReport> {
    let (source, place) = resolution.origin(part).ok()?;
    Some(PlaceReport {
        source: source.as_str(),
        place: place.to_owned(),
    })
}

impl CandidateReport {
    fn new(candidate: &Candidate) -> Self {
        let (verdict, outranked_by) = match candidate.verdict {
            Verdict::Chosen => ("chosen", None),
            Verdict::Outranked(by) => ("outranked", Some(by.as_str())),
            Verdict::Silent => ("silent", None),
        };
        Self {
            part: candidate.part.key(),
            source: candidate.source.as_str(),
            place: candidate.place.clone(),
            value: candidate.value.clone(),
            verdict,
            outranked_by,
        }
    }
}

impl AppliedReport {
    /// The report of a host after a plan was carried out.
    pub fn new(resolution: &Resolution, plan: &Plan) -> Self {
        let from = |part: Part| {
            if plan.kept.iter().any(|kept| kept.part == part) {
                let file = files(part).first()?;
                Some(PlaceReport {
                    source: "kept",
                    place: format!("/{}", file.path()),
                })
            } else {
                place(resolution, part)
            }
        };
        let names = &plan.after;
        let [iqn, host_nqn, host_id] = names.named();
        Self {
            api_version: API_VERSION,
            kind: "Applied",
            iqn,
            host_nqn,
            host_id,
            scheme: resolution.scheme,
            provenance: Provenance::of(from),
            parts: Some(PartReport::with(names, from)),
        }
    }

    /// The document as it is published: one line.
    pub fn bytes(&self) -> Vec<u8> {
        // A struct of strings always serialises.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Whether this is what is published already.
    pub fn is_published(&self, facts: &Facts) -> bool {
        matches!(&facts.published, Observed::Saw(Some(bytes)) if *bytes == self.bytes())
    }
}
