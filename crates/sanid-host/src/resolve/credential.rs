//! systemd credentials (systemd.exec(5), `ImportCredential=`): how a hypervisor or a provisioning
//! system hands a name to one machine without touching its disk.

use sanid_core::{IscsiName, NvmePair};

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, parse_iqn, parse_pair};
use crate::facts::Facts;

pub(super) struct Credential;

impl Source for Credential {
    fn kind(&self) -> SourceKind {
        SourceKind::Credential
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        readable(facts, &["sanid.iqn"])?;
        let text = facts.credentials.iqn.as_deref();
        text.map(|text| parse_iqn(text, place("sanid.iqn")))
            .transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        readable(facts, &["sanid.hostnqn", "sanid.hostid"])?;
        parse_pair(
            facts
                .credentials
                .hostnqn
                .as_deref()
                .map(|text| (text, place("sanid.hostnqn"))),
            facts
                .credentials
                .hostid
                .as_deref()
                .map(|text| (text, place("sanid.hostid"))),
        )
    }
}

/// What is there and cannot be read may be a name: without it the host would have another one.
fn readable(facts: &Facts, names: &[&str]) -> Result<(), ResolveError> {
    let unreadable = &facts.credentials.unreadable;
    let is_one =
        |error: &&crate::root::ReadError| names.iter().any(|name| error.path().ends_with(name));
    match unreadable.iter().find(is_one) {
        Some(error) => Err(ResolveError::Undecided(format!("a credential: {error}"))),
        None => Ok(()),
    }
}

fn place(name: &str) -> String {
    format!("credential {name}")
}
