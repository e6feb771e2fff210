//! The iSCSI initiator name.

mod findings;
mod iscsid;
pub(super) mod records;

use sanid_core::{Derived, IscsiName};

use super::{AtStart, FileKind, IdentityFile, Names, Part, Sourced};
use crate::act::Restart;
use crate::config::{IqnTemplate, Setting};
use crate::facts::{Facts, IscsiSession};
use crate::file::{Disk, Effective};
use crate::findings::{Code, Finding, View};
use crate::observe::Search;
use crate::observed::Observed;
use crate::parse::{Hazard, initiatorname, shell};
use crate::plan::live::{Session, shown, unknown};
use crate::plan::{Free, Judgement, LiveUser, Seen};
use crate::resolve::firmware::{Table, gather};
use crate::resolve::{Given, Resolution, ResolveError};

const FILE: IdentityFile = IdentityFile::InitiatorName;

/// `/etc/iscsi/initiatorname.iscsi`.
pub(super) static INITIATOR_NAME: FileKind = FileKind {
    path: "etc/iscsi/initiatorname.iscsi",
    holds: "initiator name",
    key: "iqn",
    field: "iqn",
    pin: "pin.iqn",
    // dracut's present name first, then its older one, then SUSE's.
    parameters: &["rd.iscsi.initiator", "iscsi_initiator", "rd.initiatorname"],
    mode: 0o600,
    needed_mode: 0o400,
    before: "InitiatorName=",
    // Arrays compare initiator names in lower case.
    ignores_case: true,
    sourced: Some(Sourced {
        used: "run/initiatorname.iscsi",
        image: "etc/initiatorname.iscsi",
        shell: initiatorname::shell,
        // Debian's.
        settings: &["etc/iscsi.initramfs", "etc/iscsi/iscsi.initramfs"],
        setting: |bytes| match shell::assigned(bytes, "ISCSI_INITIATOR")? {
            Some(name) if !name.is_empty() => String::from_utf8(name).map_err(|_| Hazard::NotUtf8),
            _ => Err(Hazard::NoValue),
        },
    }),
    at_start: Some(AtStart {
        program: "iscsid",
        options: &["-i", "--initiatorname"],
    }),
    value: |derived| derived.iqn.to_string(),
    effective: initiatorname::iscsid,
    readers: initiatorname::all_readers,
    parse: |text| IscsiName::parse(text).map(|name| name.to_string()),
    in_use: |text| IscsiName::in_use(text).map(|name| name.to_string()),
    is_usable_despite: super::kind::tolerated,
    instead: |_, _| None,
};

/// The part.
pub(super) struct Kind;

impl Disk {
    /// The initiator name as iscsid has it after a restart.
    pub fn iqn(&self) -> Effective<IscsiName> {
        self.read(FILE, IscsiName::parse, IscsiName::in_use)
    }
}

impl Names {
    /// The initiator name.
    pub fn iqn(&self) -> Option<&str> {
        self.of(FILE)
    }
}

impl super::Kind for Kind {
    fn key(&self) -> &'static str {
        "iqn"
    }

    fn label(&self) -> &'static str {
        "initiator name"
    }

    fn origin_label(&self) -> &'static str {
        "initiator from"
    }

    fn firmware(&self, facts: &Facts) -> Result<Vec<Table>, ResolveError> {
        gather(Part::Iqn, "iBFT", &facts.firmware.ibft, |name| {
            (Names::from([(FILE, name.as_str())]), false)
        })
    }

    fn by_setting(
        &self,
        facts: &Facts,
        derived: &Derived,
        seed: &str,
    ) -> Result<Option<Given>, ResolveError> {
        let template = facts.settings.iqn_template.as_ref();
        let by = |template| by_template(template, facts, derived, seed);
        template.map(by).transpose()
    }

    fn restart(&self) -> Option<Restart> {
        Some(Restart {
            part: Part::Iqn,
            units: &["iscsid.service"],
            effect: "iscsid reads the initiator name once, at its start",
        })
    }

    fn judge(&self, facts: &Facts, wanted: &Resolution, seen: &Seen<'_>) -> Option<Judgement> {
        let desired = wanted.value(FILE)?;
        Some(judge(facts, &desired, seen))
    }

    fn protected(&self, facts: &Facts, wanted: &Resolution) -> Vec<LiveUser> {
        match wanted.value(FILE) {
            Some(new) => protected(facts, &new),
            None => Vec::new(),
        }
    }

    fn sessions(&self, facts: &Facts, names: &Names) -> Observed<Vec<Session>> {
        let one = |one: &IscsiSession| Session {
            user: session(one),
            matches: names.iqn().is_some_and(|iqn| is_iqn(one, iqn)),
            of_adapter: facts.live.is_of_an_adapter(one),
        };
        let sessions = facts.live.iscsi.as_ref();
        sessions.map(|sessions| sessions.iter().map(one).collect())
    }

    fn end(&self, user: &LiveUser) -> (String, &'static str) {
        match &user.peer {
            Some(target) => (
                format!("iscsiadm -m node -T {target} -u"),
                "end the session, when nothing uses it",
            ),
            None => (
                "iscsiadm -m session".into(),
                "see the sessions, and end them when nothing uses them",
            ),
        }
    }

    fn unseen(&self, facts: &Facts) -> (&'static str, Vec<String>) {
        ("iSCSI sessions", findings::unseen(facts))
    }

    fn live(&self, view: &View<'_>) -> Vec<Finding> {
        findings::live(view)
    }

    fn names(&self, view: &View<'_>) -> Vec<Finding> {
        findings::names(view).into_iter().collect()
    }

    fn outdated(&self, view: &View<'_>) -> Vec<Finding> {
        iscsid::outdated(view)
    }

    fn differs(&self) -> Code {
        Code::IqnDiffers
    }

    fn own_names(&self, search: &mut Search<'_>) {
        records::read(search);
    }

    fn own_name(&self) -> Code {
        Code::IfaceOwnName
    }

    fn derived_by(&self, derived: &Derived) -> &'static str {
        derived.iqn_by
    }
}

fn by_template(
    template: &Setting<IqnTemplate>,
    facts: &Facts,
    derived: &Derived,
    seed: &str,
) -> Result<Given, ResolveError> {
    let cannot = |why: String| ResolveError::Cannot {
        place: format!("iqn-template at {}", template.origin),
        why,
    };
    let hostname = match &facts.hostname {
        Observed::Saw(hostname) => hostname.as_deref(),
        Observed::Failed(why) if template.value.needs_hostname() => {
            return Err(cannot(why.clone()));
        }
        Observed::NotLooked | Observed::Failed(_) => None,
    };
    match template.value.render(&derived.host_uuid, hostname) {
        Ok(iqn) => Ok(Given {
            names: Names::from([(FILE, iqn.as_str())]),
            place: format!("template at {} from {seed}", template.origin),
        }),
        Err(error) => Err(cannot(error.to_string())),
    }
}

fn judge(facts: &Facts, desired: &str, seen: &Seen<'_>) -> Judgement {
    let on_disk = facts.disk.iqn();
    let names = facts.disk.names_in_use(FILE);
    if names.is_empty() && !on_disk.is_in_use() {
        return Judgement::Free(match on_disk {
            Effective::Missing => Free::Missing,
            Effective::Empty => Free::Empty,
            _ => Free::Invalid,
        });
    }
    if !names.is_empty() && names.iter().all(|name| name == desired) {
        return Judgement::Same;
    }
    let names = facts.disk.names_in_any_use(FILE);
    let recorded = facts.record.of(Part::Iqn);
    let recorded = recorded.filter(|recorded| seen.is_earlier_seed(&recorded.origin));
    let is_recorded = |name: &String| {
        name == desired || recorded.is_some_and(|recorded| recorded.names.iqn() == Some(name))
    };
    // A pending change was consented to; its old value may go if its new one is still what is desired.
    let pending = facts.record.pending();
    let is_consented = |name: &String| {
        let begun = pending.is_some_and(|change| {
            change.from.of(FILE) == Some(name) && change.to.of(FILE) == Some(desired)
        });
        name == desired || begun
    };
    if names.iter().all(is_consented) {
        Judgement::Free(Free::Interrupted)
    } else if names.iter().all(is_recorded) {
        Judgement::Free(Free::EarlierSeed)
    } else {
        Judgement::Foreign
    }
}

fn protected(facts: &Facts, new: &str) -> Vec<LiveUser> {
    let Observed::Saw(sessions) = &facts.live.iscsi else {
        return unknown("iSCSI sessions", &facts.live.iscsi);
    };
    let old = facts.disk.names_in_use(FILE);
    let irregular = facts.disk.effective_text(FILE);
    let uses_old = |initiator: &str| {
        old.is_empty()
            || old.iter().any(|old| same_iqn(initiator, old))
            || irregular.as_deref() == Some(initiator)
    };
    sessions
        .iter()
        .filter(|session| !facts.live.is_of_an_adapter(session))
        .filter(|session| match &session.initiator {
            Observed::Saw(initiator) => !same_iqn(initiator, new) && uses_old(initiator),
            Observed::NotLooked | Observed::Failed(_) => true,
        })
        .map(session)
        .collect()
}

fn session(session: &IscsiSession) -> LiveUser {
    LiveUser {
        name: session.name.clone(),
        peer: session.target.clone(),
        uses: shown(&session.initiator, Some),
    }
}

fn same_iqn(live: &str, old: &str) -> bool {
    match (IscsiName::in_use(live), IscsiName::in_use(old)) {
        (Ok(live), Ok(old)) => live.matches(&old),
        // A name that breaks the rules can be in use all the same: iscsid does not check.
        _ => live == old,
    }
}

/// Whether a session logged in with this name, compared as iSCSI compares (RFC 7143 section 4.2.7.1).
fn is_iqn(session: &IscsiSession, name: &str) -> bool {
    matches!(&session.initiator, Observed::Saw(live) if same_iqn(live, name))
}
