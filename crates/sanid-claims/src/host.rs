//! Who claims: this host by sanid-host, or a host by a document about it.

use std::path::Path;

use sanid_core::HostId;
use sanid_host::hardware::Evidence;
use sanid_host::{Disk, Look, MachineIdState, Observed, Root, container, evidence_by_name};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::holder::Holder;
use super::identity::{Identifier, Identity, Kind};

/// A host that wants its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claimant {
    /// `sanid/v1`.
    pub api_version: &'static str,
    /// `ClaimRequest`.
    pub kind: &'static str,
    /// What it claims.
    #[serde(flatten)]
    pub identity: Identity,
    /// Who it is.
    pub holder: Holder,
    /// Whether sessions or controllers of its kernel use storage now.
    #[serde(skip)]
    pub uses_storage: bool,
}

fn refused(why: &str) -> HostError {
    HostError::Refused(format!(
        "{why}\n\
         Ways out:\n  \
         as root, with /proc mounted   if this is the host\n  \
         --root DIR   the directory where the host's root is mounted\n  \
         --root /     if this is the system that claims\n  \
         --for FILE   for a different host, by what sanid-fleet claim request printed there"
    ))
}

/// Why there is nobody who could claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A rule of safety.
    #[error("{0}")]
    Refused(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

impl Claimant {
    fn new(identity: Identity, holder: Holder, uses_storage: bool) -> Self {
        Self {
            api_version: sanid_host::API_VERSION,
            kind: "ClaimRequest",
            identity,
            holder,
            uses_storage,
        }
    }

    /// The host below a root, `/` where none is given, with the names that are in its files: by those the
    /// storage knows it, whatever it should be called.
    ///
    /// # Errors
    /// [`HostError`]: this is a container, or a name is invalid or half of a pair.
    pub fn of_host(root: Option<&Path>) -> Result<Self, HostError> {
        let failed = |error: &dyn std::fmt::Display| HostError::Failed(error.to_string());
        let root = if let Some(path) = root {
            Root::open(path)
        } else {
            // A claim is made for the host: it has to be one.
            let allowed = container::detect().allows(true);
            allowed.map_err(|why| refused(&why))?;
            Root::host()
        };
        let root = root.map_err(|error| failed(&error))?;
        let look = Look {
            hardware: true,
            ..Look::default()
        };
        let facts = sanid_host::observe(&root, &look).map_err(|error| failed(&error))?;
        let identity = on_disk(&facts.disk)?;
        if let MachineIdState::Unreadable(why) = &facts.machine_id {
            // A claim without it would be a different host's, once it can be read again.
            return Err(HostError::Failed(format!(
                "the machine-id cannot be read, and a claim is bound to it: {why}"
            )));
        }
        // What the running kernel says of itself is not said of a root that is mounted somewhere.
        let here = root.is_running_host();
        let holder = Holder {
            name: if here {
                name()
            } else {
                hostname(&root).unwrap_or_else(name)
            },
            seed: facts
                .machine_id
                .seed()
                .map(|seed| seed.fingerprint().to_string()),
            evidence: match &facts.hardware {
                Observed::Saw(hardware) if facts.machine_id.seed().is_some() => {
                    hardware.seen.clone()
                }
                _ => evidence_by_name(&root, &facts, key(&identity.anchor()))
                    .map_err(HostError::Failed)?,
            },
            boot_id: boot_id_below(&root),
            node: None,
        };
        // What cannot be read may be a session.
        let uses_storage = facts.live.iscsi != Observed::Saw(Vec::new())
            || facts.live.nvme != Observed::Saw(Vec::new());
        Ok(Self::new(identity, holder, uses_storage))
    }

    /// A host by a document: what `claim request` prints there, or, which tell nothing of the hardware, what
    /// `sanid status` or `sanid show` prints with `--format json`, or the record of `sanid-fleet escrow`.
    ///
    /// # Errors
    /// [`HostError`]: it is none of them, or has no whole identity.
    pub fn from_json(bytes: &[u8], name: Option<&str>) -> Result<Self, HostError> {
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| {
                HostError::Failed(format!(
                    "it is no document of sanid: {error}; on the host, sanid-fleet claim request prints one"
                ))
            })?;
        if document.api_version != sanid_host::API_VERSION {
            return Err(HostError::Failed(format!(
                "its apiVersion is {:?}, and not {}",
                document.api_version.chars().take(40).collect::<String>(),
                sanid_host::API_VERSION
            )));
        }
        let names = document
            .on_disk
            .map(|disk| [disk.iqn.value, disk.host_nqn.value, disk.host_id.value])
            .unwrap_or([document.iqn, document.host_nqn, document.host_id]);
        let known = [Kind::Iqn, Kind::HostNqn, Kind::HostId]
            .into_iter()
            .zip(&names);
        let known = known.filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
        let others = document.identifiers.iter();
        let others = others.map(|one| (one.kind.clone(), one.name.as_str()));
        let identity = whole(known.chain(others)).map_err(HostError::Failed)?;
        let mut holder = document.holder.unwrap_or_else(|| Holder {
            seed: document.seed.and_then(|seed| seed.fingerprint),
            evidence: Evidence::default(),
            ..Holder::default()
        });
        if let Some(name) = name.or(document.host.as_deref()) {
            name.clone_into(&mut holder.name);
        }
        if holder.name.is_empty() {
            return Err(HostError::Failed(
                "it does not say which host it is about: --name NAME does".into(),
            ));
        }
        Ok(Self::new(identity, holder, false))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: String,
    host: Option<String>,
    iqn: Option<String>,
    host_nqn: Option<String>,
    host_id: Option<String>,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    on_disk: Option<OnDisk>,
    seed: Option<Seed>,
    holder: Option<Holder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnDisk {
    iqn: File,
    host_nqn: File,
    host_id: File,
}

#[derive(Deserialize)]
struct File {
    value: Option<String>,
}

#[derive(Deserialize)]
struct Seed {
    fingerprint: Option<String>,
}

/// The names in the files of a host. A kind whose file is not there is not one of this host; a file that is there and has
/// no valid name is an error, since a claim without it would give the name up.
fn on_disk(disk: &Disk) -> Result<Identity, HostError> {
    let (iqn, host_nqn, host_id) = (disk.iqn(), disk.host_nqn(), disk.host_id());
    let found = [
        (Kind::Iqn, iqn.state(), iqn.valid().map(ToString::to_string)),
        (
            Kind::HostNqn,
            host_nqn.state(),
            host_nqn.valid().map(ToString::to_string),
        ),
        (
            Kind::HostId,
            host_id.state(),
            host_id.valid().map(ToString::to_string),
        ),
    ];
    let is_told = |state: &str, name: &Option<String>| name.is_some() || state == MISSING;
    let identity = if found.iter().all(|(_, state, name)| is_told(state, name)) {
        let names = found
            .iter()
            .filter_map(|(kind, _, name)| Some((kind.clone(), name.as_deref()?)));
        whole(names)
    } else {
        Err("a name cannot be told".to_owned())
    };
    identity.map_err(|why| {
        let states = found.map(|(kind, state, _)| format!("{kind} {state}"));
        HostError::Failed(format!(
            "this host has no whole identity to claim ({}): {why}; sanid apply puts one in place",
            states.join(", ")
        ))
    })
}

/// What [`Effective::state`](sanid_host::Effective::state) calls a file that is not there.
const MISSING: &str = "missing";

/// An identity that a host can have. NVMe knows a host by host NQN and Host ID together.
fn whole<'n>(names: impl IntoIterator<Item = (Kind, &'n str)>) -> Result<Identity, String> {
    let identity = Identity::new(names).map_err(|error| error.to_string())?;
    let has = |kind| identity.name(&kind).is_some();
    match (has(Kind::HostNqn), has(Kind::HostId)) {
        (true, false) => Err("it has a host NQN without a Host ID".into()),
        (false, true) => Err("it has a Host ID without a host NQN".into()),
        _ => Ok(identity),
    }
}

/// What keys the evidence of a host that has no stored machine-id: the anchor of its identity. A Host ID has the length
/// of a machine-id; of any other name it is a digest.
fn key(anchor: &Identifier) -> [u8; 16] {
    if let (Kind::HostId, Ok(id)) = (&anchor.kind, HostId::parse(&anchor.name)) {
        return *id.uuid().as_bytes();
    }
    let digest = Sha256::new()
        .chain_update(anchor.kind.word())
        .chain_update([0])
        .chain_update(&anchor.name)
        .finalize();
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(digest) {
        *to = from;
    }
    key
}

/// The host name in the files of a root.
fn hostname(root: &Root) -> Option<String> {
    let file = root.read("etc/hostname", LONGEST_NAME).ok()??;
    let text = String::from_utf8(file.bytes).ok()?;
    let mut lines = text.lines().map(str::trim);
    let name = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(name.to_owned())
}

/// A file with a host name is not longer, in bytes.
const LONGEST_NAME: usize = 4096;

fn name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// The boot of the kernel that runs the system below a root: a disk that is mounted somewhere has no `/proc`.
fn boot_id_below(root: &Root) -> Option<String> {
    if root.is_running_host() {
        return boot_id();
    }
    let id = root.attribute("proc/sys/kernel/random/boot_id").ok()??;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// One for each boot of the running kernel (random(4)).
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

/// For a claim: 32 hexadecimal digits that nobody else has. No name on the storage network is made of it.
pub fn new_id() -> String {
    let mut bytes = [0; 16];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(more) => filled += more,
            Err(rustix::io::Errno::INTR) => {}
            // A kernel without it is older than any that Rust's standard library runs on.
            Err(_) => break,
        }
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored digests depend on the key of the evidence, also for a host without a machine-id: it must not change.
    #[test]
    fn the_anchor_keys_the_evidence_of_a_host_without_a_machine_id() {
        let key = |names: &[(Kind, &str)]| {
            let identity = Identity::new(names.iter().cloned()).unwrap();
            key(&identity.anchor())
        };
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        let nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{id}");
        let iqn = (Kind::Iqn, "iqn.2004-05.com.example:1");
        let nvme = [(Kind::HostNqn, nqn.as_str()), (Kind::HostId, id)];
        let bytes = *HostId::parse(id).unwrap().uuid().as_bytes();
        assert_eq!(key(&nvme), bytes, "as sanid-fleet 0.2.0 keyed it");
        assert_eq!(key(&[nvme[0].clone(), nvme[1].clone(), iqn.clone()]), bytes);
        // printf 'iqn\0iqn.2004-05.com.example:1' | sha256sum
        let alone = format!("{:032x}", u128::from_be_bytes(key(&[iqn])));
        assert_eq!(alone, "7698ee396ac2f95642431e9ae3b16998");
        let upper = (Kind::Iqn, "iqn.2004-05.com.Example:1");
        assert_eq!(
            format!("{:032x}", u128::from_be_bytes(key(&[upper]))),
            alone
        );
        assert_ne!(key(&[(Kind::HostNqn, &nqn)]), bytes);
    }
}
