//! systemd credentials (systemd.exec(5), `ImportCredential=`): how a hypervisor or a provisioning
//! system hands a name to one machine without touching its disk.

use sanid_core::{IscsiName, NvmePair};

use super::error::ResolveError;
use super::source::{Given, Source, parse_iqn, parse_pair};
use crate::facts::{Credentials, Facts};
use crate::observed::Observed;
use crate::root::ReadError;

pub(super) struct Credential;

impl Source for Credential {
    fn name(&self) -> &'static str {
        "credential"
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let Some(credentials) = passed(facts, &["sanid.iqn"])? else {
            return Ok(None);
        };
        let text = credentials.iqn.as_deref();
        text.map(|text| parse_iqn(text, place("sanid.iqn")))
            .transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let Some(credentials) = passed(facts, &["sanid.hostnqn", "sanid.hostid"])? else {
            return Ok(None);
        };
        let given = |text: &'_ Option<String>, name| {
            let text = text.clone()?;
            Some((text, place(name)))
        };
        let nqn = given(&credentials.hostnqn, "sanid.hostnqn");
        let id = given(&credentials.hostid, "sanid.hostid");
        parse_pair(
            nqn.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
            id.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
        )
    }
}

/// What was passed, `None` where nobody could pass anything. A credential that cannot be read may be a name:
/// without it the host would have a different one.
fn passed<'a>(facts: &'a Facts, names: &[&str]) -> Result<Option<&'a Credentials>, ResolveError> {
    let credentials = match &facts.credentials {
        Observed::NotLooked => return Ok(None),
        Observed::Failed(why) => {
            let why = format!("whether a credential names this host is not known: {why}");
            return Err(ResolveError::Undecided(why));
        }
        Observed::Saw(credentials) => credentials,
    };
    let is_one = |error: &&ReadError| names.iter().any(|name| error.path().ends_with(name));
    match credentials.unreadable.iter().find(is_one) {
        Some(error) => Err(ResolveError::Undecided(format!("a credential: {error}"))),
        None => Ok(Some(credentials)),
    }
}

fn place(name: &str) -> String {
    format!("credential {name}")
}
