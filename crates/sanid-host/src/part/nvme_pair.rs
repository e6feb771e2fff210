//! The NVMe pair: host NQN and Host ID.

pub(super) mod configs;
mod findings;
mod firmware;
mod halves;
mod judge;
mod own_names;

use sanid_core::{Derived, HostId, HostNqn, HostUuid, NvmePair};

use super::{FileKind, IdentityFile, Names, Part};
use crate::act::Restart;
use crate::facts::{Facts, NvmeController};
use crate::file::{Disk, Effective};
use crate::findings::{Code, Finding, View};
use crate::observe::Search;
use crate::observed::Observed;
use crate::own::OwnName;
use crate::parse::hostfile::{self, LIBNVME_3, libnvme_3_hostid};
use crate::parse::{Hazard, ReaderView};
use crate::plan::live::{Session, shown, unknown};
use crate::plan::{Judgement, LiveUser, Seen};
use crate::resolve::firmware::{Table, gather};
use crate::resolve::{Resolution, ResolveError};

const NQN: IdentityFile = IdentityFile::HostNqn;
const ID: IdentityFile = IdentityFile::HostId;

/// `/etc/nvme/hostnqn`. It is for everyone to read: os-brick, unprivileged in its service, overwrites a hostnqn that
/// it cannot read with a generated one.
pub(super) static HOST_NQN: FileKind = FileKind {
    path: "etc/nvme/hostnqn",
    holds: "host NQN",
    key: "host-nqn",
    field: "hostNqn",
    pin: "pin.hostnqn",
    // dracut's present name first, then its older one.
    parameters: &["rd.nvmf.hostnqn", "nvmf.hostnqn"],
    mode: 0o644,
    needed_mode: 0o444,
    before: "",
    ignores_case: false,
    sourced: None,
    at_start: None,
    value: |derived| derived.nvme.host_nqn.to_string(),
    effective: hostfile::libnvme_hostnqn,
    readers: hostfile::hostnqn_readers,
    parse: |text| HostNqn::parse(text).map(|nqn| nqn.to_string()),
    in_use: |text| HostNqn::in_use(text).map(|nqn| nqn.to_string()),
    is_usable_despite: super::kind::tolerated,
    instead,
};

/// `/etc/nvme/hostid`. The usual spelling of a Host ID is in lower case, since it is compared as a number.
pub(super) static HOST_ID: FileKind = FileKind {
    path: "etc/nvme/hostid",
    holds: "Host ID",
    key: "host-id",
    field: "hostId",
    pin: "pin.hostid",
    parameters: &["rd.nvmf.hostid", "nvmf.hostid"],
    mode: 0o644,
    needed_mode: 0o444,
    before: "",
    ignores_case: true,
    sourced: None,
    at_start: None,
    value: |derived| derived.nvme.host_id.to_string(),
    effective: hostfile::libnvme_hostid,
    readers: hostfile::hostid_readers,
    parse: |text| HostId::parse(text).map(|id| id.to_string()),
    in_use: |text| HostId::parse(text).map(|id| id.to_string()),
    is_usable_despite: |_| false,
    instead: |_, _| None,
};

/// The part.
pub(super) struct Kind;

impl Disk {
    /// The host NQN as libnvme has it at the next connect.
    pub fn host_nqn(&self) -> Effective<HostNqn> {
        self.read(NQN, HostNqn::parse, HostNqn::in_use)
    }

    /// The Host ID as libnvme has it at the next connect.
    pub fn host_id(&self) -> Effective<HostId> {
        self.read(ID, HostId::parse, HostId::parse)
    }
}

impl Names {
    /// The host NQN.
    pub fn host_nqn(&self) -> Option<&str> {
        self.of(NQN)
    }

    /// The Host ID.
    pub fn host_id(&self) -> Option<&str> {
        self.of(ID)
    }
}

impl super::Kind for Kind {
    fn key(&self) -> &'static str {
        "nvme"
    }

    fn label(&self) -> &'static str {
        "NVMe pair"
    }

    fn origin_label(&self) -> &'static str {
        "NVMe pair from"
    }

    /// One half of a pair gives the other: the UUID of the host NQN is the Host ID (NVMe TP4126).
    fn complete(&self, names: &mut Names, place: &str) -> Result<(), ResolveError> {
        let nqn = names.host_nqn().and_then(|nqn| HostNqn::in_use(nqn).ok());
        let id = names.host_id().and_then(|id| HostId::parse(id).ok());
        let pair = match (nqn, id) {
            (Some(nqn), None) => {
                let half = ResolveError::HalfPair {
                    place: place.to_owned(),
                    nqn: nqn.to_string(),
                };
                NvmePair::from_host_nqn(nqn).ok_or(half)?
            }
            (None, Some(id)) => NvmePair::from_host_id(id),
            _ => return Ok(()),
        };
        names.set(NQN, Some(pair.host_nqn.to_string()));
        names.set(ID, Some(pair.host_id.to_string()));
        Ok(())
    }

    fn firmware(&self, facts: &Facts) -> Result<Vec<Table>, ResolveError> {
        gather(Part::Nvme, "NBFT", &facts.firmware.nbft, |host| {
            let id = host.host_id().map(HostUuid::from_bytes);
            let mut names = Names::default();
            names.set(NQN, host.host_nqn.clone());
            names.set(ID, id.map(|id| id.to_string()));
            (names, host.is_primary())
        })
    }

    fn restart(&self) -> Option<Restart> {
        Some(Restart {
            part: Part::Nvme,
            units: &["stafd.service", "stacd.service"],
            effect: "nvme-stas reads the pair at its start; nvme-cli reads it at each connect",
        })
    }

    fn judge(&self, facts: &Facts, wanted: &Resolution, seen: &Seen<'_>) -> Option<Judgement> {
        let desired = (wanted.value(NQN)?, wanted.value(ID)?);
        Some(judge::judge(facts, (&desired.0, &desired.1), seen))
    }

    fn protected(&self, facts: &Facts, wanted: &Resolution) -> Vec<LiveUser> {
        match (wanted.value(NQN), wanted.value(ID)) {
            (Some(nqn), Some(id)) => protected(facts, &nqn, &id),
            _ => Vec::new(),
        }
    }

    fn sessions(&self, facts: &Facts, names: &Names) -> Observed<Vec<Session>> {
        let pair = names.host_nqn().zip(names.host_id());
        let one = |one: &NvmeController| Session {
            user: controller(one),
            matches: pair.is_some_and(|(nqn, id)| is_pair_of(one, nqn, id)),
            of_adapter: false,
        };
        let controllers = facts.live.nvme.as_ref();
        controllers.map(|controllers| controllers.iter().map(one).collect())
    }

    fn end(&self, user: &LiveUser) -> (String, &'static str) {
        (
            format!("nvme disconnect --device={}", user.name),
            "end the connection, when nothing uses it",
        )
    }

    fn missing_half(&self, facts: &Facts) -> Option<(IdentityFile, String)> {
        judge::missing_half(facts)
    }

    /// nvme-cli made no Host ID, and the host NQN gives one.
    fn may_lack(&self, file: IdentityFile) -> bool {
        file == ID
    }

    fn adopt(&self, pins: &mut Names) -> Option<String> {
        let nqn = pins.host_nqn()?.to_owned();
        let parsed = HostNqn::in_use(&nqn).ok();
        let Some(id) = pins.host_id() else {
            let pair = parsed.and_then(NvmePair::from_host_nqn);
            if pair.is_some() {
                return None;
            }
            pins.set(NQN, None);
            return Some(format!(
                "the host NQN {nqn} is not pinned: it has no UUID that the Host ID would follow from, and without a Host ID the host would have half a pair. Write the Host ID that the arrays know into /etc/nvme/hostid (nvme show-hostnqn and the array's list of hosts show it), then adopt again"
            ));
        };
        let pair = NvmePair::new(parsed?, HostId::parse(id).ok()?);
        (!pair.matches()).then(|| "the Host ID is not the UUID of the host NQN; both are pinned as they are, and programs that derive one from the other get a second pair".into())
    }

    fn unseen(&self, facts: &Facts) -> (&'static str, Vec<String>) {
        ("NVMe controllers", findings::unseen(facts))
    }

    fn live(&self, view: &View<'_>) -> Vec<Finding> {
        findings::live(view)
    }

    fn names(&self, view: &View<'_>) -> Vec<Finding> {
        findings::names(view)
    }

    fn halves(&self, view: &View<'_>) -> Vec<Finding> {
        halves::findings(view)
    }

    fn in_firmware(&self, view: &View<'_>) -> Vec<Finding> {
        firmware::findings(view)
    }

    fn own_names(&self, search: &mut Search<'_>) {
        configs::read(search);
    }

    fn own_fault(&self, view: &View<'_>, own: &OwnName, before: &[OwnName]) -> Option<Finding> {
        own_names::fault(view, own, before)
    }

    fn differs(&self) -> Code {
        Code::NvmeDiffers
    }

    fn own_name(&self) -> Code {
        Code::ReaderOwnName
    }

    fn derived_by(&self, derived: &Derived) -> &'static str {
        derived.host_nqn_by
    }
}

/// A pair of valid names.
fn typed(names: &Names) -> Option<NvmePair> {
    let nqn = HostNqn::in_use(names.host_nqn()?).ok()?;
    Some(NvmePair::new(nqn, HostId::parse(names.host_id()?).ok()?))
}

fn protected(facts: &Facts, new_nqn: &str, new_id: &str) -> Vec<LiveUser> {
    let Observed::Saw(controllers) = &facts.live.nvme else {
        return unknown("NVMe controllers", &facts.live.nvme);
    };
    let nqns = facts.disk.names_in_use(NQN);
    let ids = facts.disk.names_in_use(ID);
    let shares = |nqn: Option<&str>, id: Option<&str>| {
        let is_nqn = |nqn: &str| nqns.iter().any(|old| old == nqn) || nqn == new_nqn;
        let is_id = |id: &str| {
            let mut known = ids.iter().map(String::as_str).chain([new_id]);
            known.any(|known| known.eq_ignore_ascii_case(id))
        };
        nqn.is_some_and(is_nqn) || id.is_some_and(is_id)
    };
    let nothing = nqns.is_empty() && ids.is_empty();
    let is_user = |controller: &&NvmeController| match (&controller.host_nqn, &controller.host_id) {
        (Observed::Saw(nqn), Observed::Saw(id)) => {
            !is_pair_of(controller, new_nqn, new_id)
                && (nothing || shares(nqn.as_deref(), id.as_deref()))
        }
        _ => true,
    };
    controllers.iter().filter(is_user).map(controller).collect()
}

fn controller(controller: &NvmeController) -> LiveUser {
    LiveUser {
        name: controller.name.clone(),
        peer: controller.subsystem_nqn.clone(),
        uses: pair_in_words(controller),
    }
}

/// Whether a controller connected with these two halves, as far as the kernel shows them. NQNs are compared
/// byte for byte (NVMe Base Specification, NVMe Qualified Names), Host IDs as the numbers they are. One that
/// cannot be read did not, as far as anybody knows.
fn is_pair_of(controller: &NvmeController, nqn: &str, id: &str) -> bool {
    let (Observed::Saw(live_nqn), Observed::Saw(live_id)) =
        (&controller.host_nqn, &controller.host_id)
    else {
        return false;
    };
    live_nqn.as_deref().is_none_or(|live| live == nqn)
        && live_id
            .as_deref()
            .is_none_or(|live| live.eq_ignore_ascii_case(id))
}

/// The pair of a controller in one line.
fn pair_in_words(controller: &NvmeController) -> String {
    let half = |half: &Observed<Option<String>>| shown(half, Option::as_ref);
    format!(
        "{} {}",
        half(&controller.host_nqn),
        half(&controller.host_id)
    )
}

/// libnvme 3 makes a host NQN of the Host ID where it refuses the one in the file.
fn instead(disk: &Disk, view: &ReaderView) -> Option<(String, IdentityFile)> {
    let refused = matches!(view.value, Err(Hazard::Refused(_)));
    if view.reader != LIBNVME_3 || !refused {
        return None;
    }
    let id = libnvme_3_hostid(disk.file(ID).bytes()?).ok()?;
    Some((format!("{}{id}", HostNqn::UUID_PREFIX), ID))
}
