//! What must be one host's and is more than one's: the seed and the three names.

use super::{Check, Context};
use crate::audit::cause::cause;
use crate::audit::code::Code;
use crate::audit::finding::{Finding, Largest, hosts};
use crate::audit::group::Shared;
use crate::audit::record::Kind;

pub(super) struct Duplicates([Largest<Finding>; 4]);

impl Duplicates {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self(Kind::ALL.map(|_| Largest::new(context.limit)))
    }
}

fn code(kind: Kind) -> Code {
    match kind {
        Kind::Seed => Code::DuplicateSeed,
        Kind::HostId => Code::DuplicateHostId,
        Kind::HostNqn => Code::DuplicateHostNqn,
        Kind::Iqn => Code::DuplicateIqn,
    }
}

fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Seed => {
            "Every name that is derived from it is the same on all of them, and so is the data that arrays give them."
        }
        Kind::HostId => {
            "Reservations are registered by the Host ID: these hosts can corrupt each other's data without an error at login."
        }
        Kind::HostNqn => "A subsystem that admits one of these hosts admits all of them.",
        Kind::Iqn => {
            "A target takes these hosts for one: it gives each the volumes of the others, and a login ends the session of the host before."
        }
    }
}

impl Check for Duplicates {
    fn shared(&mut self, _: &Context<'_>, shared: &Shared) {
        let Some(largest) = Kind::ALL
            .iter()
            .position(|kind| *kind == shared.kind)
            .and_then(|place| self.0.get_mut(place))
        else {
            return;
        };
        largest.add(shared.hosts, shared.first(), || finding(shared));
    }

    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let kinds = Kind::ALL.into_iter().zip(self.0);
        kinds
            .map(|(kind, largest)| (code(kind), largest.count(), largest.done()))
            .collect()
    }
}

fn finding(shared: &Shared) -> Finding {
    let cause = cause(shared);
    let (what, value) = match shared.kind {
        Kind::Seed => {
            let seed = shared.seeds.first().map_or("machine-id", |seed| &seed.0);
            (seed.to_owned(), format!("fingerprint {}", shared.value))
        }
        Kind::HostId => ("Host ID".to_owned(), shared.value.clone()),
        Kind::HostNqn => ("host NQN".to_owned(), shared.value.clone()),
        Kind::Iqn => ("initiator name".to_owned(), shared.value.clone()),
    };
    let seen = format!("{} have one {what}", hosts(shared.hosts));
    Finding {
        cause: Some(cause),
        about: vec![value],
        fix: cause.fix().iter().map(ToString::to_string).collect(),
        hosts: shared.hosts,
        named: shared.named.clone(),
        set: shared.set,
        ..Finding::new(code(shared.kind), seen, why(shared.kind))
    }
}
