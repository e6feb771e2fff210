//! A claim as every store keeps it: one JSON document.
//!
//! A claim of initiator name, host NQN and Host ID is written as versions 0.1 and 0.2.0 wrote it, and they read and write
//! it. A claim of any other set of kinds is `sanid/v2`: it has its names in the member `identity`. The old versions look
//! for them at the top, find none, and refuse the claim by name: each of their writes to a claim reads its record first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use super::identity::{Identity, Members};
use super::time::Timestamp;

/// More is no claim: names, digests and boots have limits of their own.
pub const LONGEST_RECORD: usize = 64 * 1024;
/// The version of a claim that the first one cannot express.
const SECOND_VERSION: &str = "sanid/v2";
/// How many boots a claim remembers to have left behind.
const BOOTS: usize = 16;
/// More MAC addresses, or a longer name, are left out: they are evidence, and not the claim.
const MACS: usize = 256;
const NAME: usize = 253;

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `sanid/v1`, or `sanid/v2` where that cannot express the identity.
    pub api_version: String,
    /// `Claim`.
    pub kind: String,
    /// One for each acquisition, never used again.
    pub id: String,
    /// What is claimed.
    #[serde(flatten, with = "placed")]
    pub identity: Identity,
    /// By whom.
    pub holder: Holder,
    /// Seconds for which it holds without being renewed; absent where it holds until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<u64>,
    /// When this holder got it, by its own clock: for people, and for no decision.
    pub since: Timestamp,
    /// Boots of the holder that are over, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_boots: Vec<String>,
    /// How often the record was written: the first time is 1.
    pub serial: u64,
}

/// Something in a store that is not a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a claim of sanid/v1 or sanid/v2: {0}")]
pub struct BadRecord(pub String);

impl Record {
    /// A first one.
    pub(super) fn first(
        id: &str,
        identity: &Identity,
        holder: &Holder,
        lease: Option<Duration>,
        now: Timestamp,
    ) -> Self {
        let mut holder = holder.clone();
        holder.name = holder.name.chars().take(NAME).collect();
        holder.evidence.macs.truncate(MACS);
        Self {
            api_version: version(identity).into(),
            kind: "Claim".into(),
            id: id.into(),
            identity: identity.clone(),
            holder,
            lease_seconds: lease.map(|lease| lease.as_secs().max(1)),
            since: now,
            left_boots: Vec::new(),
            serial: 1,
        }
    }

    /// The same claim of the same host, as the host is now.
    pub(super) fn renewed(&self, holder: &Holder, lease: Option<Duration>) -> Self {
        let next = Self::first(&self.id, &self.identity, holder, lease, self.since);
        let mut left = self.left_boots.clone();
        if let Some(boot) = self.holder.boot_id.clone() {
            if holder.boot_id.as_ref() != Some(&boot) {
                left.push(boot);
            }
        }
        left.drain(..left.len().saturating_sub(BOOTS));
        Self {
            left_boots: left,
            serial: self.serial.saturating_add(1),
            ..next
        }
    }

    /// The lease.
    pub fn lease(&self) -> Option<Duration> {
        self.lease_seconds.map(Duration::from_secs)
    }

    /// As stores keep it.
    pub fn bytes(&self) -> Vec<u8> {
        // A struct of strings and numbers always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`BadRecord`] where it is none, of a later version, or too long.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() > LONGEST_RECORD {
            return Err(BadRecord(format!("it has {} bytes", bytes.len())));
        }
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| BadRecord(error.to_string()))?;
        if record.api_version != version(&record.identity) || record.kind != "Claim" {
            return Err(BadRecord("its apiVersion or kind is another one".into()));
        }
        if record.id.len() != 32 || !record.id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadRecord("its id is not 32 hexadecimal digits".into()));
        }
        Ok(record)
    }
}

/// The version that expresses an identity.
fn version(identity: &Identity) -> &'static str {
    if identity.is_of_first_version() {
        sanid_host::API_VERSION
    } else {
        SECOND_VERSION
    }
}

/// Where a record has its identity.
mod placed {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Identity, Members};

    #[derive(Serialize)]
    struct Nested<'i> {
        identity: &'i Identity,
    }

    #[derive(Deserialize)]
    struct Either {
        identity: Option<Identity>,
        #[serde(flatten)]
        members: Members,
    }

    pub(super) fn serialize<S: Serializer>(
        identity: &Identity,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if identity.is_of_first_version() {
            identity.serialize(serializer)
        } else {
            Nested { identity }.serialize(serializer)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Identity, D::Error> {
        let found = Either::deserialize(deserializer)?;
        if let Some(identity) = found.identity {
            return Ok(identity);
        }
        let identity = Identity::try_from(found.members).map_err(D::Error::custom)?;
        if identity.is_of_first_version() {
            Ok(identity)
        } else {
            Err(D::Error::custom(
                "it has neither iqn, hostNqn and hostId nor an identity",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
