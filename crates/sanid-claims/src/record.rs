//! A claim as every store keeps it: one JSON document.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use super::identity::Identity;
use super::time::Timestamp;

/// More is no claim: names, digests and boots have limits of their own.
pub const LONGEST_RECORD: usize = 64 * 1024;
/// How many boots a claim remembers to have left behind.
const BOOTS: usize = 16;
/// More MAC addresses, or a longer name, are left out: they are evidence, and not the claim.
const MACS: usize = 256;
const NAME: usize = 253;

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `sanid/v1`.
    pub api_version: String,
    /// `Claim`.
    pub kind: String,
    /// One for each acquisition, never used again.
    pub id: String,
    /// What is claimed.
    #[serde(flatten)]
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

/// Something in a store that is no claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no claim of sanid/v1: {0}")]
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
            api_version: sanid_host::API_VERSION.into(),
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
        if record.api_version != sanid_host::API_VERSION || record.kind != "Claim" {
            return Err(BadRecord("its apiVersion or kind is another one".into()));
        }
        if record.id.len() != 32 || !record.id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadRecord("its id is not 32 hexadecimal digits".into()));
        }
        Ok(record)
    }
}
