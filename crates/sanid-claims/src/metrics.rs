//! Figures for monitoring, in Prometheus' text format: this host's identity, its findings, and its claim.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sanid_host::findings::Code;

use super::identity::{Identity, Kind};
use super::time::Timestamp;

/// Every word for what came of a claim last; exactly one of them has the value 1.
pub const STATES: &[&str] = &[
    "held",
    "conflict",
    "unreachable",
    "failed",
    "released",
    "unknown",
];

/// What is known of a host.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// The names in its files, where they can be claimed.
    pub identity: Option<Identity>,
    /// How often each code was found.
    pub findings: Vec<Code>,
    /// When the host was looked at.
    pub verified: Timestamp,
    /// What came of its claim.
    pub claim: ClaimFigures,
}

/// What came of a claim.
#[derive(Debug, Clone, Default)]
pub struct ClaimFigures {
    /// One of [`STATES`]; anything else is `unknown`.
    pub state: String,
    /// The generation of the claim, where it is held.
    pub generation: u64,
    /// Its lease in seconds; 0 has no end.
    pub lease: u64,
    /// Claims of other hosts that are in the way.
    pub conflicts: usize,
    /// When the store last said so.
    pub verified: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Names {
    iqn: String,
    host_nqn: String,
    host_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Finding {
    code: &'static str,
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// The figures as Prometheus and `node_exporter` read them.
///
/// # Examples
/// ```
/// use sanid_claims::metrics::{Figures, text};
///
/// let page = text(&Figures::default());
/// assert!(page.contains("\nsanid_claim_state{state=\"unknown\"} 1\n"));
/// ```
pub fn text(figures: &Figures) -> String {
    let mut registry = Registry::default();
    let info = Family::<Names, Gauge>::default();
    if let Some(identity) = &figures.identity {
        // Prometheus treats an empty label as absent.
        let name = |kind| identity.name(&kind).unwrap_or_default().to_owned();
        let names = Names {
            iqn: name(Kind::Iqn),
            host_nqn: name(Kind::HostNqn),
            host_id: name(Kind::HostId),
        };
        info.get_or_create(&names).set(1);
    }
    registry.register(
        "sanid_identity_info",
        "The names in the identity files of this host",
        info,
    );
    let findings = Family::<Finding, Gauge>::default();
    for code in Code::ALL {
        let found = figures.findings.iter().filter(|one| *one == code).count();
        let labels = Finding {
            code: code.as_str(),
            severity: code.severity().as_str(),
        };
        findings.get_or_create(&labels).set(number(found as u64));
    }
    registry.register(
        "sanid_findings",
        "Findings of sanid status by their code",
        findings,
    );
    gauge(
        &mut registry,
        "sanid_identity_verified_timestamp_seconds",
        "When the identity of this host was last looked at",
        figures.verified.seconds(),
    );
    claim(&mut registry, &figures.claim);
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = text::encode(&mut page, &registry);
    page
}

fn claim(registry: &mut Registry, claim: &ClaimFigures) {
    let states = Family::<State, Gauge>::default();
    let known = STATES.iter().find(|state| **state == claim.state);
    let state = known.copied().unwrap_or("unknown");
    for word in STATES {
        states
            .get_or_create(&State { state: word })
            .set((*word == state).into());
    }
    registry.register(
        "sanid_claim_state",
        "What came of the claim of this host last: the state with the value 1",
        states,
    );
    for (name, help, value) in [
        (
            "sanid_claim_generation",
            "Generation of the claim of this host; 0 where it has none",
            claim.generation,
        ),
        (
            "sanid_claim_lease_seconds",
            "For how long the claim holds without being renewed; 0 where it has no end or there is none",
            claim.lease,
        ),
        (
            "sanid_claim_conflicts",
            "Claims of other hosts that have a name of this one",
            claim.conflicts as u64,
        ),
        (
            "sanid_claim_verified_timestamp_seconds",
            "When the store last said who has the claim; 0 where it never did",
            claim.verified.unwrap_or_default().seconds(),
        ),
    ] {
        gauge(registry, name, help, value);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(number(value));
    registry.register(name, help, gauge);
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
