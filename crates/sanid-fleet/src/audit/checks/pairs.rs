//! One half of a pair with two other halves, on different hosts.
//!
//! Linux since 6.5 keeps the two one to one while a controller lives: "found same hostnqn … but different
//! hostid …" and the reverse, `-EINVAL` (drivers/nvme/host/fabrics.c, `nvmf_host_add`).

use super::{Check, Context};
use crate::audit::cause::cause;
use crate::audit::code::Code;
use crate::audit::finding::{Finding, Largest, hosts};
use crate::audit::group::Shared;
use crate::audit::record::Kind;

const WHY: &str = "Targets take a host by either half, and Linux 6.5 and later refuses to connect with one half \
     while it is in use with another other half (found same hostnqn … but different hostid …).";

pub(super) struct Pairs {
    nqns: Largest<Finding>,
    ids: Largest<Finding>,
}

impl Pairs {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            nqns: Largest::new(context.limit),
            ids: Largest::new(context.limit),
        }
    }
}

impl Check for Pairs {
    fn shared(&mut self, _: &Context<'_>, shared: &Shared) {
        if shared.partners.distinct() < 2 {
            return;
        }
        match shared.kind {
            Kind::HostNqn => self.nqns.add(shared.hosts, shared.first(), || {
                finding(Code::HostNqnWithTwoIds, "host NQN", "Host IDs", shared)
            }),
            Kind::HostId => self.ids.add(shared.hosts, shared.first(), || {
                finding(Code::HostIdWithTwoNqns, "Host ID", "host NQNs", shared)
            }),
            Kind::Seed | Kind::Iqn => {}
        }
    }

    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let (nqns, ids) = (self.nqns, self.ids);
        vec![
            (Code::HostNqnWithTwoIds, nqns.count(), nqns.done()),
            (Code::HostIdWithTwoNqns, ids.count(), ids.done()),
        ]
    }
}

fn finding(code: Code, half: &str, others: &str, shared: &Shared) -> Finding {
    let seen = format!(
        "{} use one {half} with different {others}",
        hosts(shared.hosts)
    );
    let kept = shared.partners.kept();
    let mut details: Vec<String> = kept.iter().map(|one| format!("with {one}")).collect();
    if shared.partners.distinct() > kept.len() {
        details.push("and others".to_owned());
    }
    Finding {
        cause: Some(cause(shared)),
        about: vec![shared.value.clone()],
        details,
        fix: vec![
            "sanid apply --replace    on each: it writes both halves of a pair, from one UUID"
                .to_owned(),
        ],
        hosts: shared.hosts,
        named: shared.named.clone(),
        set: shared.set,
        ..Finding::new(code, seen, WHY)
    }
}
