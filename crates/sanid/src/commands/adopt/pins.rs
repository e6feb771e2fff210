//! The names that `adopt` pins, and whether the host would have them afterwards.

use std::fmt::Write as _;

use sanid_cli::Failure;
use sanid_core::{HostId, HostNqn, IscsiName, NvmePair};
use sanid_host::config::{Origin, Setting};
use sanid_host::resolve::{Part, Resolution};
use sanid_host::{Facts, IdentityFile, resolve};
use serde::Serialize;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// The adopted names.
pub(crate) struct Pins {
    /// The initiator name.
    pub(super) iqn: Option<String>,
    /// The host NQN.
    pub(super) host_nqn: Option<String>,
    /// The Host ID.
    pub(super) host_id: Option<String>,
}

/// The names that storage knows the host by from its files, as they are written there; and why a name is not pinned.
pub(super) fn on_disk(facts: &Facts) -> (Pins, Vec<String>) {
    let mut notices = Vec::new();
    let mut name = |file| match only_name(facts, file) {
        Ok(name) => Some(name),
        Err(why) => {
            notices.push(why);
            None
        }
    };
    let mut pins = Pins {
        iqn: name(IdentityFile::InitiatorName),
        host_nqn: name(IdentityFile::HostNqn),
        host_id: name(IdentityFile::HostId),
    };
    if let (Some(nqn), None) = (&pins.host_nqn, &pins.host_id) {
        let pair = HostNqn::in_use(nqn).ok().and_then(NvmePair::from_host_nqn);
        if pair.is_none() {
            notices.push(format!(
                "the host NQN {nqn} is not pinned: it has no UUID that the Host ID would follow from, and without a Host ID the host would have half a pair. Write the Host ID that the arrays know into /etc/nvme/hostid (nvme show-hostnqn and the array's list of hosts show it), then adopt again"
            ));
            pins.host_nqn = None;
        }
    }
    if let (Some(nqn), Some(id)) = (&pins.host_nqn, &pins.host_id) {
        if let (Ok(nqn), Ok(id)) = (HostNqn::in_use(nqn), HostId::parse(id)) {
            if !NvmePair::new(nqn, id).matches() {
                notices.push("the Host ID is not the UUID of the host NQN; both are pinned as they are, and programs that derive one from the other get a second pair".into());
            }
        }
    }
    (pins, notices)
}

/// The one name that readers take from a file.
fn only_name(facts: &Facts, file: IdentityFile) -> Result<String, String> {
    let state = match file {
        IdentityFile::InitiatorName => facts.disk.iqn().state(),
        IdentityFile::HostNqn => facts.disk.host_nqn().state(),
        IdentityFile::HostId => facts.disk.host_id().state(),
    };
    match facts.disk.names_in_use(file).as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!(
            "the {} on disk is {state} and cannot be pinned; `sanid status` says why",
            file.holds()
        )),
        several => Err(format!(
            "programs take different names from /{} ({}); leave the one that the arrays know in the file, then adopt again",
            file.path(),
            several.join(", ")
        )),
    }
}

impl Pins {
    /// Whether the host has these names without a new pin.
    pub(super) fn are_desired(&self, resolution: &Resolution) -> bool {
        let is_desired = |file: IdentityFile| {
            let pin = self.of(file);
            pin.is_none_or(|pin| resolution.value(file).as_deref() == Some(pin))
        };
        IdentityFile::ALL.into_iter().all(is_desired)
    }

    fn of(&self, file: IdentityFile) -> Option<&str> {
        match file {
            IdentityFile::InitiatorName => self.iqn.as_deref(),
            IdentityFile::HostNqn => self.host_nqn.as_deref(),
            IdentityFile::HostId => self.host_id.as_deref(),
        }
    }

    /// Decides on the state that the pins would leave, and gives it: each pinned part must then have the pinned names.
    pub(super) fn check(&self, mut facts: Facts) -> Result<Facts, Failure> {
        let pin = &mut facts.settings.pin;
        if let Some(iqn) = &self.iqn {
            pin.iqn = Some(pinned(IscsiName::in_use(iqn))?);
        }
        if let Some(nqn) = &self.host_nqn {
            pin.hostnqn = Some(pinned(HostNqn::in_use(nqn))?);
        }
        if let Some(id) = &self.host_id {
            pin.hostid = Some(pinned(HostId::parse(id))?);
        }
        let after = resolve(&facts);
        for (part, is_pinned) in [
            (Part::Iqn, self.iqn.is_some()),
            (
                Part::Nvme,
                self.host_nqn.is_some() || self.host_id.is_some(),
            ),
        ] {
            if !is_pinned {
                continue;
            }
            match after.origin(part) {
                Err(error) => return Err(error.clone().into()),
                Ok(("command-line" | "credential", place)) => {
                    return Err(Failure::error(&format!(
                        "{place} fixes the {} and outranks every pin, so adopting would change nothing; take it away first",
                        part.words()
                    )));
                }
                Ok(_) => {}
            }
        }
        if self.are_desired(&after) {
            Ok(facts)
        } else {
            Err(Failure::error(
                &"the pins would not give the host these names; `sanid show --explain` says why",
            ))
        }
    }

    fn are_conformant(&self) -> bool {
        let iqn = self.iqn.as_ref();
        let nqn = self.host_nqn.as_ref();
        iqn.is_none_or(|iqn| IscsiName::parse(iqn).is_ok())
            && nqn.is_none_or(|nqn| HostNqn::parse(nqn).is_ok())
    }

    /// The configuration that sets them.
    pub(super) fn fragment(&self, comment: &str) -> String {
        let mut text = format!(
            "# Written by {comment} Remove this file to let the\n\
             # configured scheme decide again; `sanid apply` then asks before it changes anything.\n[pin]\n",
        );
        let values = [
            ("iqn", &self.iqn),
            ("hostnqn", &self.host_nqn),
            ("hostid", &self.host_id),
        ];
        for (key, value) in values {
            if let Some(value) = value {
                // A JSON string is a TOML basic string. Writing to a String cannot fail.
                let quoted = serde_json::to_string(value).unwrap_or_default();
                let _ = writeln!(text, "{key} = {quoted}");
            }
        }
        if !self.are_conformant() {
            text.push_str("# A name that breaks the standard and that arrays know the host by.\nverbatim = true\n");
        }
        text
    }
}

fn pinned<T>(parsed: Result<T, sanid_core::NameError>) -> Result<Setting<T>, Failure> {
    parsed
        .map(|value| Setting {
            value,
            origin: Origin::Default,
        })
        .map_err(|error| Failure::error(&error))
}
