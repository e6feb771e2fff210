//! The identity of one row.

use std::str::{self, FromStr};

use sanid_core::{
    DEFAULT_SCHEME, HostId, HostNqn, HostUuid, IqnPrefix, IscsiName, MachineId, NvmePair, SCHEMES,
    Scheme, Seed, SeedKind, Takes, sanid_v1_host_uuid,
};
use sanid_host::config::IqnTemplate;

use crate::inventory::{Column, Fault, Row};

/// A host name of the domain name system has at most 253 bytes; what people call a host is no longer.
const LONGEST_HOST: usize = 255;

/// How identities are made where a row does not say otherwise.
#[derive(Clone)]
pub struct Rule {
    scheme: &'static dyn Scheme,
    prefix: IqnPrefix,
    template: Option<IqnTemplate>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("scheme", &self.scheme.name())
            .finish_non_exhaustive()
    }
}

/// A rule that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No scheme has this name.
    #[error("there is no scheme {0:?}; there are {known}", known = schemes())]
    Scheme(String),
    /// A scheme that asks the host.
    #[error(
        "scheme {0} asks the nvme of the host that it names, so nothing follows from an inventory; sanid show on that host has its names"
    )]
    AsksTheHost(&'static str),
    /// No prefix of an IQN.
    #[error("--iqn-prefix {0:?}: {1}")]
    Prefix(String, String),
    /// No template of an IQN.
    #[error("--iqn-template {0:?}: {1}")]
    Template(String, String),
}

/// The schemes that derive from an inventory.
fn schemes() -> String {
    let derive = SCHEMES
        .iter()
        .filter(|scheme| scheme.takes() != Takes::NvmeTool);
    derive
        .map(|scheme| scheme.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a row gives.
pub(super) struct Identity<'a> {
    pub(super) host: &'a str,
    pub(super) iqn: IscsiName,
    pub(super) nvme: NvmePair,
    /// What is the same for the same seed alone.
    pub(super) seed: Option<HostUuid>,
    /// A name holds the machine-id.
    pub(super) published: bool,
}

impl Rule {
    /// Reads the rule.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn parse(scheme: &str, prefix: &str, template: Option<&str>) -> Result<Self, RuleError> {
        let parsed =
            sanid_core::scheme(scheme).ok_or_else(|| RuleError::Scheme(scheme.to_owned()))?;
        if parsed.takes() == Takes::NvmeTool {
            return Err(RuleError::AsksTheHost(parsed.name()));
        }
        let failed =
            |error: sanid_core::NameError| RuleError::Prefix(prefix.to_owned(), error.to_string());
        let template = template.map(|text| {
            let failed = |why: String| RuleError::Template(text.to_owned(), why);
            let template = IqnTemplate::parse(text).map_err(|error| failed(error.to_string()))?;
            if template.is_unique() {
                return Ok(template);
            }
            Err(failed(
                "it has neither {id} nor {id12}, so hosts can get one name".to_owned(),
            ))
        });
        Ok(Self {
            scheme: parsed,
            prefix: IqnPrefix::parse(prefix).map_err(failed)?,
            template: template.transpose()?,
        })
    }

    /// The scheme, where it puts machine-ids into names.
    pub fn publishes(&self) -> Option<&'static str> {
        self.scheme.publishes_seed().then(|| self.scheme.name())
    }

    pub(super) fn prefix(&self) -> &IqnPrefix {
        &self.prefix
    }

    /// Whether it is the default scheme and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.scheme.name() == DEFAULT_SCHEME.name() && self.template.is_none()
    }

    /// The identity of a row.
    pub(super) fn identity<'a>(&self, row: &Row<'a>) -> Result<Identity<'a>, Fault> {
        let host = host(row)?;
        let scheme = self.scheme_of(row)?;
        let prefix = match row.get(Column::IqnPrefix) {
            b"" => None,
            text => Some(parse::<IqnPrefix>(text, Column::IqnPrefix)?),
        };
        let iqn: Option<IscsiName> = given(row, Column::Iqn)?;
        let nvme = pair(given(row, Column::HostNqn)?, given(row, Column::HostId)?)?;
        let seed = seed(row, scheme)?;
        let same = seed.as_ref().map(sanid_v1_host_uuid);
        let secret = secret(row, scheme);
        if let (Some(iqn), Some(nvme)) = (&iqn, &nvme) {
            let published = secret
                .as_ref()
                .is_some_and(|secret| holds(iqn.as_str().as_bytes(), secret));
            return Ok(Identity {
                host,
                iqn: iqn.clone(),
                nvme: nvme.clone(),
                seed: same,
                published,
            });
        }
        let Some(seed) = seed else {
            return Err(Fault::one(match scheme.takes() {
                Takes::SystemUuid => "its system-uuid is empty",
                Takes::SystemUuidOrMachineId => "its system-uuid and its machine-id are empty",
                _ => "its machine-id is empty",
            }));
        };
        let usable = prefix.as_ref().unwrap_or(&self.prefix);
        if secret
            .as_ref()
            .is_some_and(|secret| holds(usable.as_str().as_bytes(), secret))
        {
            return Err(Fault::one(
                "its iqn-prefix holds its machine-id, which no name may show",
            ));
        }
        let derived = scheme.derive(&seed, usable);
        let published = scheme.publishes_seed() && (iqn.is_none() || nvme.is_none());
        let iqn = match (iqn, &self.template) {
            (Some(iqn), _) => iqn,
            (None, Some(template)) if prefix.is_none() => template
                .render(&derived.host_uuid, Some(host))
                .map_err(|error| Fault::one(error.to_string()))?
                .into(),
            (None, _) => derived.iqn.into(),
        };
        Ok(Identity {
            host,
            iqn,
            nvme: nvme.unwrap_or(derived.nvme),
            seed: same,
            published,
        })
    }

    fn scheme_of(&self, row: &Row<'_>) -> Result<&'static dyn Scheme, Fault> {
        let text = row.get(Column::Scheme);
        if text.is_empty() {
            return Ok(self.scheme);
        }
        let scheme = str::from_utf8(text).ok().and_then(sanid_core::scheme);
        match scheme {
            Some(scheme) if scheme.takes() == Takes::NvmeTool => Err(Fault::shared(
                RuleError::AsksTheHost(scheme.name()).to_string(),
            )),
            Some(scheme) => Ok(scheme),
            None => Err(Fault::one(format!(
                "its scheme is none; there are {}",
                schemes()
            ))),
        }
    }
}

/// The name of a row's host, which is written as it is: so it is looked at twice.
fn host<'a>(row: &Row<'a>) -> Result<&'a str, Fault> {
    let host = row.get(Column::Host);
    if host.is_empty() {
        return Err(Fault::one("it names no host"));
    }
    if host.len() > LONGEST_HOST {
        return Err(Fault::one(format!(
            "its host is longer than {LONGEST_HOST} bytes"
        )));
    }
    let Ok(text) = str::from_utf8(host) else {
        return Err(Fault::one("its host is no UTF-8"));
    };
    if text.chars().any(char::is_control) {
        return Err(Fault::one("its host has a control character"));
    }
    if has_digits(host) || secret_of(row).is_some_and(|secret| holds(host, &secret)) {
        return Err(Fault::one(
            "its host is, or holds, what looks like a machine-id, which is never written; are two columns exchanged?",
        ));
    }
    Ok(text)
}

/// Whether a text has 32 hexadecimal digits in a row, as machine-ids are written.
fn has_digits(text: &[u8]) -> bool {
    text.len() >= 32
        && text
            .split(|byte| !byte.is_ascii_hexdigit())
            .any(|run| run.len() >= 32)
}

/// The digits of a row's machine-id.
fn secret_of(row: &Row<'_>) -> Option<Vec<u8>> {
    let text = row.get(Column::MachineId);
    let digits: Vec<u8> = text
        .iter()
        .filter(|byte| byte.is_ascii_hexdigit())
        .map(u8::to_ascii_lowercase)
        .collect();
    (digits.len() >= 32).then_some(digits)
}

fn secret(row: &Row<'_>, scheme: &dyn Scheme) -> Option<Vec<u8>> {
    (scheme.takes() != Takes::SystemUuid)
        .then(|| secret_of(row))
        .flatten()
}

/// Whether a text holds these digits, whatever stands between them and in either case.
fn holds(text: &[u8], digits: &[u8]) -> bool {
    let plain: Vec<u8> = text
        .iter()
        .filter(|byte| **byte != b'-')
        .map(u8::to_ascii_lowercase)
        .collect();
    plain.windows(digits.len()).any(|part| part == digits)
}

/// The fault of a seed that does not identify one host.
fn shared() -> Fault {
    Fault::one("many machines share this id, so a host with it gets no identity; give it its own")
}

/// The seed that a scheme takes, where the row has one.
fn seed(row: &Row<'_>, scheme: &dyn Scheme) -> Result<Option<Seed>, Fault> {
    match scheme.takes() {
        Takes::SystemUuid => system_uuid(row),
        Takes::SystemUuidOrMachineId => {
            // nvme-cli 3.1 passes over these two alone; a row without a UUID is of a host without one.
            let unset = |byte| HostUuid::from_bytes([byte; 16]).hyphenated_digits();
            let text = row.get(Column::SystemUuid);
            if text.is_empty()
                || [0, 0xff]
                    .iter()
                    .any(|byte| text.eq_ignore_ascii_case(&unset(*byte)))
            {
                return machine_id(row);
            }
            system_uuid(row)
        }
        Takes::Any | Takes::MachineId | Takes::NvmeTool => machine_id(row),
    }
}

fn system_uuid(row: &Row<'_>) -> Result<Option<Seed>, Fault> {
    let text = row.get(Column::SystemUuid);
    if text.is_empty() {
        return Ok(None);
    }
    match Seed::parse_uuid(SeedKind::SystemUuid, text) {
        None => Err(Fault::one(
            "its system-uuid is not a UUID (8-4-4-4-12 hexadecimal digits)",
        )),
        Some(seed) if seed.is_denylisted() => Err(shared()),
        seed => Ok(seed),
    }
}

fn machine_id(row: &Row<'_>) -> Result<Option<Seed>, Fault> {
    let text = row.get(Column::MachineId);
    if text.is_empty() {
        return Ok(None);
    }
    match MachineId::parse_file(text) {
        Ok(id) if id.is_denylisted() => Err(shared()),
        Ok(_) if is_rounded(text) => Err(Fault::one(
            "its machine-id ends in zeros as a number does that a spreadsheet has rounded: its last digits are lost in \
             this file; take it from /etc/machine-id of the host again, and export the column as text",
        )),
        Ok(id) => Ok(Some(id.into())),
        Err(error) => Err(mangled(text).unwrap_or_else(|| Fault::one(error.to_string()))),
    }
}

/// What other programs make of a machine-id on the way into an inventory. systemd reads `/etc/machine-id`
/// without hyphens alone (machine-id(5)), so nothing is guessed here: with them it could be another UUID.
fn mangled(text: &[u8]) -> Option<Fault> {
    let plain = |byte: &u8| *byte == b'-' || byte.is_ascii_hexdigit();
    let digits = text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    if text.len() > 32 && digits == 32 && text.iter().all(plain) {
        return Some(Fault::shared(
            "its machine-id is written with hyphens, as a UUID is, and a host has it in /etc/machine-id without: \
             take the hyphens out if it is from there; if it is the UUID of the firmware, call its column system_uuid",
        ));
    }
    is_scientific(text).then(|| {
        Fault::one(
            "its machine-id is a number with an exponent: a spreadsheet took it for one, and its digits are lost in \
             this file; take it from /etc/machine-id of the host again, and export the column as text",
        )
    })
}

/// Whether a text has as many digits as spreadsheets keep of a number (15 to 17 of 32; the last ones may be zeros
/// by themselves), and zeros for the others. Of machine-ids that chance has made not one in 10¹⁷ looks like it.
fn is_rounded(text: &[u8]) -> bool {
    let zeros = text.iter().rev().take_while(|byte| **byte == b'0').count();
    let kept = text.len() - zeros;
    // A number begins with no zero.
    text.iter().all(u8::is_ascii_digit) && !text.starts_with(b"0") && (13..=17).contains(&kept)
}

/// Whether a text is a number as spreadsheets write long ones: `1.2E+31`, with a comma in some countries.
fn is_scientific(text: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let mut halves = text.splitn(2, |byte| matches!(byte, b'e' | b'E'));
    let (Some(number), Some(power)) = (halves.next(), halves.next()) else {
        return false;
    };
    let power = power.strip_prefix(b"+").unwrap_or(power);
    digits(power) && number.split(|byte| matches!(byte, b'.' | b',')).all(digits)
}

/// A name that a row gives.
pub(super) fn given<T: FromStr<Err = sanid_core::NameError>>(
    row: &Row<'_>,
    column: Column,
) -> Result<Option<T>, Fault> {
    match row.get(column) {
        b"" => Ok(None),
        text => parse(text, column).map(Some),
    }
}

/// A name, or the rule that it breaks and no piece of it.
fn parse<T: FromStr<Err = sanid_core::NameError>>(text: &[u8], column: Column) -> Result<T, Fault> {
    let fault =
        |why: &dyn std::fmt::Display| Fault::one(format!("its {} is none: {why}", column.word()));
    let text = str::from_utf8(text).map_err(|_| fault(&"it is no UTF-8"))?;
    text.parse()
        .map_err(|error: sanid_core::NameError| fault(&error))
}

/// One half of a pair gives the other, as in the configuration of a host.
fn pair(nqn: Option<HostNqn>, id: Option<HostId>) -> Result<Option<NvmePair>, Fault> {
    match (nqn, id) {
        (None, None) => Ok(None),
        (None, Some(id)) => Ok(Some(NvmePair::from_host_id(id))),
        // Hosts with a pair that does not match exist, and are known by it; sanid status reports them.
        (Some(nqn), Some(id)) => Ok(Some(NvmePair::new(nqn, id))),
        (Some(nqn), None) => NvmePair::from_host_nqn(nqn).map(Some).ok_or_else(|| {
            Fault::one("its host-nqn holds no UUID, so it needs a host-id beside it")
        }),
    }
}

#[cfg(test)]
mod tests;
