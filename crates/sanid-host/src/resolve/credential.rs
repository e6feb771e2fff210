//! systemd credentials (systemd.exec(5), `ImportCredential=`): how a hypervisor or a provisioning
//! system hands a name to one machine without touching its disk.

use sanid_core::{IscsiName, NvmePair};

use super::{Given, ResolveError, Source, parse_iqn, parse_pair};
use crate::facts::Facts;

pub(super) struct Credential;

impl Source for Credential {
    fn name(&self) -> &'static str {
        "credential"
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let text = facts.credentials.iqn.as_deref();
        text.map(|text| parse_iqn(text, place("sanid.iqn")))
            .transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
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

fn place(name: &str) -> String {
    format!("credential {name}")
}
