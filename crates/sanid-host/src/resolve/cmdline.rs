//! The kernel command line: the names under which dracut and SUSE's generator know the initiator name
//! (dracut.cmdline(7)), and dracut's for the NVMe pair.

use sanid_core::{IscsiName, NvmePair};

use super::{Given, ResolveError, Source, parse_iqn, parse_pair};
use crate::facts::Facts;
use crate::parse::cmdline;

/// dracut's present name first, then its older one, then SUSE's.
const IQN_KEYS: [&str; 3] = ["rd.iscsi.initiator", "iscsi_initiator", "rd.initiatorname"];

pub(super) struct CommandLine;

impl Source for CommandLine {
    fn name(&self) -> &'static str {
        "command-line"
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let found = IQN_KEYS.iter().find_map(|key| value(facts, key));
        found.map(|(text, place)| parse_iqn(&text, place)).transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let nqn = value(facts, "rd.nvmf.hostnqn");
        let id = value(facts, "rd.nvmf.hostid");
        parse_pair(
            nqn.as_ref().map(|(text, place)| (text.as_str(), place.clone())),
            id.as_ref().map(|(text, place)| (text.as_str(), place.clone())),
        )
    }
}

fn value(facts: &Facts, key: &str) -> Option<(String, String)> {
    let value = cmdline::last(&facts.cmdline, key)?.value?;
    (!value.is_empty()).then(|| (value.to_owned(), format!("{key}= on the kernel command line")))
}
