//! `nvme-tool`: what the installed `nvme gen-hostnqn` answers, whatever its
//! rule is.

use super::{Derived, Scheme, Takes, nvme_cli_2};
use crate::{IqnPrefix, Seed};

const NAME: &str = "nvme-tool";

/// The UUID of the answer, in the host NQN.
pub(super) struct NvmeTool;

impl Scheme for NvmeTool {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the host NQN that the installed nvme gen-hostnqn gives, with the matching Host ID and sanid-v1's IQN"
    }

    fn takes(&self) -> Takes {
        Takes::NvmeTool
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "Its rule is that of the installed nvme-cli: a different version may give a different name.",
            "The host NQN and the Host ID are the UUID that nvme answers with, which may be the system UUID.",
            "Only the host itself can recompute the names.",
        ]
    }

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        nvme_cli_2::verbatim(NAME, seed, iqn_prefix)
    }
}
