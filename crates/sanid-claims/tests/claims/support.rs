//! Hosts and identities made by hand, and what every store is tested through.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use sanid_claims::{
    Action, Clock, Grant, Holder, Identity, Kind, Moment, Outcome, Request, Seen, Store,
};
use sanid_host::hardware::Evidence;

pub(crate) use testkit::wait::{PATIENCE, eventually};

/// A deadline for calls that are going to be answered.
pub(crate) fn patiently() -> Instant {
    Instant::now() + PATIENCE
}

/// A store that several clients open, and its time.
pub(crate) struct Place {
    /// Another client of the same store.
    pub(crate) open: Box<dyn Fn() -> Box<dyn Store> + Send + Sync>,
    /// Comes back when so much time has passed for the store, and what should have expired has.
    pub(crate) pass: Box<dyn Fn(Duration) + Send + Sync>,
    /// What the place is made of, ended when it goes.
    pub(crate) _keep: Box<dyn std::any::Any + Send + Sync>,
}

impl Place {
    pub(crate) fn client(&self) -> Box<dyn Store> {
        let mut store = (self.open)();
        store.wait_until(patiently());
        store
    }
}

/// A clock that the test moves.
#[derive(Clone, Default)]
pub(crate) struct HandClock(pub(crate) Arc<AtomicI64>, pub(crate) Arc<AtomicI64>);

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment {
            boot: format!("boot {}", self.1.load(Ordering::SeqCst)),
            millis: self.0.load(Ordering::SeqCst),
        }
    }
}

/// A lease that is to expire in a test: the shortest that etcd takes as it is.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// One that expires in no test, however busy the machine is.
pub(crate) const LASTING: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn identity(number: u32) -> Identity {
    mixed(number, number, number)
}

/// An identity that shares names with others.
pub(crate) fn mixed(iqn: u32, host_nqn: u32, host_id: u32) -> Identity {
    let uuid = |number| format!("652f5d50-a689-4520-b87b-{number:012x}");
    Identity::parse(
        &format!("iqn.2016-04.com.open-iscsi:host-{iqn}"),
        &format!("nqn.2014-08.org.nvmexpress:uuid:{}", uuid(host_nqn)),
        &uuid(host_id),
    )
    .unwrap()
}

/// The name of a kind, which the identity has.
#[track_caller]
pub(crate) fn name_of(identity: &Identity, kind: &Kind) -> String {
    identity.name(kind).unwrap().to_owned()
}

/// A machine in its first boot. All have the same machine-id, as clones do.
pub(crate) fn host(name: &str) -> Holder {
    Holder {
        name: name.into(),
        seed: Some("fingerprint".into()),
        evidence: Evidence {
            firmware_uuid: Some(format!("uuid of {name}")),
            board_serial: Some(format!("board of {name}")),
            macs: vec![format!("mac of {name}")],
            root_fs: Some("the copied disk".into()),
        },
        boot_id: Some(format!("{name} boot 1")),
        node: None,
    }
}

/// The same machine after a reboot.
pub(crate) fn booted(host: &Holder, boot: u32) -> Holder {
    Holder {
        boot_id: Some(format!("{} boot {boot}", host.name)),
        ..host.clone()
    }
}

/// With a lease that does not expire.
pub(crate) fn request(action: Action, identity: &Identity, holder: &Holder) -> Request {
    Request::new(action, identity.clone(), holder.clone(), Some(LASTING))
}

pub(crate) fn ask(
    store: &mut dyn Store,
    action: Action,
    identity: &Identity,
    holder: &Holder,
) -> Outcome {
    submit(store, &request(action, identity, holder))
}

pub(crate) fn claim(store: &mut dyn Store, identity: &Identity, holder: &Holder) -> Outcome {
    ask(store, Action::Claim, identity, holder)
}

/// Claims with a lease that is to expire.
pub(crate) fn claim_briefly(
    store: &mut dyn Store,
    identity: &Identity,
    holder: &Holder,
) -> Outcome {
    claim_for(store, identity, holder, Some(LEASE))
}

pub(crate) fn claim_for(
    store: &mut dyn Store,
    identity: &Identity,
    holder: &Holder,
    lease: Option<Duration>,
) -> Outcome {
    let mut wanted = request(Action::Claim, identity, holder);
    wanted.lease = lease;
    submit(store, &wanted)
}

/// An answer, which the store has time for.
pub(crate) fn submit(store: &mut dyn Store, wanted: &Request) -> Outcome {
    store.wait_until(patiently());
    sanid_claims::submit(store, wanted, None).unwrap()
}

/// The claim of an outcome that grants one.
#[track_caller]
pub(crate) fn granted(outcome: &Outcome) -> &Grant {
    match outcome {
        Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _) => grant,
        other => panic!("{other:?}"),
    }
}

/// Names of the holders that are in the way.
#[track_caller]
pub(crate) fn rivals(outcome: &Outcome) -> Vec<&str> {
    match outcome {
        Outcome::Conflict(rivals) | Outcome::Refused(rivals) => rivals
            .iter()
            .map(|rival| rival.seen.record.holder.name.as_str())
            .collect(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn listed(store: &mut dyn Store) -> Vec<Seen> {
    let mut all = Vec::new();
    store.wait_until(patiently());
    store.list(&mut |seen| all.push(seen)).unwrap();
    all
}
