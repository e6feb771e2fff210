//! The record of a host's identity that is kept for the day on which its hardware is lost.
//!
//! It is made from what `sanid status` or `sanid show` said of a host, or on the host itself, and `sanid adopt
//! --from` takes it over on other hardware. It holds no machine-id, unless that is asked for.

use sanid_host::report::StatusReport;
use sanid_host::{IdentityFile, NAMED_FILES, Names};
use serde::Serialize;
use serde_json::Value;

/// The identity of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EscrowRecord {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    pub api_version: &'static str,
    /// `Escrow`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Escrow")))]
    pub kind: &'static str,
    /// What the people who run the host call it.
    pub host: String,
    /// Where it answered, for a probe.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The names, each a member of the document.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(with = "NameMembers"))]
    pub names: Names,
    /// The configured scheme, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The keyed fingerprint of the seed, where it is known: another one is another installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed_fingerprint: Option<String>,
    /// The machine-id, where it was asked for; then the record is only ever written encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
}

#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
struct NameMembers {
    /// The iSCSI initiator name.
    iqn: String,
    /// The NVMe host NQN.
    host_nqn: String,
    /// The NVMe Host ID.
    host_id: String,
}

impl EscrowRecord {
    /// The record of a report: what is on disk, which the arrays know, and what is desired where there is
    /// nothing.
    ///
    /// # Errors
    /// What the report lacks or has wrong, without a value.
    ///
    /// # Examples
    /// ```
    /// let report = serde_json::json!({
    ///     "kind": "Identity",
    ///     "iqn": "iqn.2016-04.com.open-iscsi:1",
    ///     "hostNqn": "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
    ///     "hostId": "652f5d50-a689-4520-b87b-fe2552ef6b8b",
    /// });
    /// let record = sanid_fleet::escrow::EscrowRecord::of(&report, "node-1")?;
    /// assert_eq!(record.host, "node-1");
    /// # Ok::<(), String>(())
    /// ```
    pub fn of(report: &Value, host: &str) -> Result<Self, String> {
        let desired = match report.get("kind").and_then(Value::as_str) {
            Some("Status") => report.get("desired"),
            Some("Identity" | "Applied") => Some(report),
            _ => {
                return Err(
                    "it is no report of sanid status --format json or sanid show --format json"
                        .to_owned(),
                );
            }
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let name = |file: IdentityFile| {
            let key = file.field();
            let on_disk = report.pointer(&format!("/onDisk/{key}"));
            let valid =
                on_disk.filter(|file| file.get("state").and_then(Value::as_str) == Some("valid"));
            let on_disk = text(valid.and_then(|file| file.get("value")));
            on_disk.or_else(|| text(desired?.get(key)).or_else(|| listed(desired?, file)))
        };
        let names = Names::of_files(name);
        if let Some(file) = NAMED_FILES.iter().find(|file| names.of(**file).is_none()) {
            let what = file.holds();
            return Err(format!("it has no {what}, neither on disk nor desired"));
        }
        let record = Self {
            api_version: sanid_host::API_VERSION,
            kind: "Escrow",
            host: host.to_owned(),
            addresses: Vec::new(),
            names,
            scheme: text(desired.and_then(|desired| desired.get("scheme"))),
            seed_fingerprint: text(report.pointer("/seed/fingerprint")),
            machine_id: None,
        };
        record.checked()
    }

    /// Reads a record that is not encrypted, without the machine-id that may be in it.
    ///
    /// # Errors
    /// What is wrong with it, without a value.
    ///
    /// # Examples
    /// ```
    /// # use sanid_fleet::escrow::EscrowRecord;
    /// assert!(EscrowRecord::read(b"age-encryption.org/v1\n").unwrap_err().contains("age -d"));
    /// ```
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE") {
            return Err(
                "it is encrypted; age -d -i KEY FILE | sanid-fleet escrow check -".to_owned(),
            );
        }
        let no_record = || "not a single record of sanid-fleet escrow".to_owned();
        // The parser's own words could repeat a piece of the record.
        let record: Value = serde_json::from_slice(bytes).map_err(|_| no_record())?;
        let text = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
        if text("kind").as_deref() != Some("Escrow") {
            return Err(no_record());
        }
        let names = Names::of_files(|file| text(file.field()));
        if NAMED_FILES.iter().any(|file| names.of(*file).is_none()) {
            return Err(no_record());
        }
        let addresses = record.get("addresses").and_then(Value::as_array);
        let addresses = addresses.into_iter().flatten().filter_map(Value::as_str);
        let record = Self {
            api_version: sanid_host::API_VERSION,
            kind: "Escrow",
            host: text("host").ok_or_else(no_record)?,
            addresses: addresses.map(str::to_owned).collect(),
            names,
            scheme: text("scheme"),
            seed_fingerprint: text("seedFingerprint"),
            machine_id: None,
        };
        record.checked()
    }

    fn checked(self) -> Result<Self, String> {
        let is_valid = |(file, name): (IdentityFile, &str)| file.is_conformant(name);
        if self.names.iter().all(is_valid) {
            Ok(self)
        } else {
            Err("a name in it is not valid".to_owned())
        }
    }

    /// The record of the host below a root.
    ///
    /// # Errors
    /// Why the host cannot be seen, or has no identity.
    pub fn here(root: &sanid_host::Root, host: &str) -> Result<Self, String> {
        let look = sanid_host::Look::default();
        let facts = sanid_host::observe(root, &look).map_err(|error| error.to_string())?;
        let resolution = sanid_host::resolve::resolve(&facts);
        let report = StatusReport::new(&facts, &resolution, &[]);
        let report = serde_json::to_value(report).map_err(|error| error.to_string())?;
        Self::of(&report, host)
    }
}

/// A name in the open list of parts of an identity: a later kind of name has no member of its own.
fn listed(identity: &Value, file: IdentityFile) -> Option<String> {
    let parts = identity.get("parts")?.as_array()?.iter();
    let mut names = parts
        .filter_map(|part| part.get("names")?.as_array())
        .flatten();
    let name = names.find(|name| name.get("kind").and_then(Value::as_str) == Some(file.key()))?;
    name.get("name")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

    /// Later kinds of names have no member of their own.
    #[test]
    fn takes_a_name_from_the_list_of_parts_where_it_has_no_member() {
        let report = |kind: &str| {
            json!({
                "kind": "Identity",
                "iqn": "iqn.2016-04.com.open-iscsi:1",
                "hostNqn": format!("nqn.2014-08.org.nvmexpress:uuid:{ID}"),
                "parts": [
                    { "part": "iqn", "names": [] },
                    { "part": "nvme", "names": [{ "kind": kind, "name": ID }] },
                ],
            })
        };
        let record = EscrowRecord::of(&report("host-id"), "node-1").unwrap();
        assert_eq!(record.names.host_id(), Some(ID));
        let why = EscrowRecord::of(&report("key"), "node-1").unwrap_err();
        assert!(why.contains("Host ID"), "{why}");
    }
}
