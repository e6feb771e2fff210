//! Agents as processes of their own, with tokens of their own and the rights that the chart gives, on a real
//! API server (1.20, of Debian's source package) with a real etcd and the real garbage collector.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod agents;
#[path = "../../../../benches/kube.rs"]
mod bench;
mod cel;
#[path = "../../../sanid-claims/tests/claims/checker.rs"]
mod checker;
mod cluster;
mod command;
#[path = "../../../sanid-claims/tests/claims/conformance.rs"]
mod conformance;
mod history;
mod image;
mod manifests;
mod monitoring;
mod node;
mod pods;
#[path = "../../../sanid-claims/tests/claims/race.rs"]
mod race;
mod racing;
mod render;
mod scenarios;
mod staging;
mod store;
#[path = "../../../sanid-claims/tests/claims/support.rs"]
mod support;
mod walk;

use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use libtest_mimic::{Arguments, Trial};

use cluster::Cluster;

fn main() -> ExitCode {
    if let (Ok(nodes), Some(binary)) = (
        std::env::var("SANID_KUBE_BENCH"),
        std::env::var_os("SANID_KUBE_STATIC"),
    ) {
        println!("{}", bench::run(nodes.parse().unwrap(), binary.as_ref()));
        return ExitCode::SUCCESS;
    }
    let mut arguments = Arguments::from_args();
    // They share a cluster, and mostly wait.
    arguments.test_threads = arguments.test_threads.or(Some(8));
    let shared = Shared::default();
    *SHARED.lock().unwrap() = Some(Arc::clone(&shared));
    let trials = [
        scenarios::trials(&shared),
        manifests::trials(&shared),
        cel::trials(&shared),
        command::trials(),
        image::trials(),
        monitoring::trials(&shared),
        walk::trials(&shared),
        pods::trials(&shared),
        store::trials(&shared),
        staging::trials(&shared),
        racing::trials(&shared),
    ];
    let code = testkit::trial::run(&arguments, trials.into_iter().flatten().collect());
    SHARED.lock().unwrap().take();
    drop(shared);
    code
}

/// For those that get no argument.
static SHARED: Mutex<Option<Shared>> = Mutex::new(None);

pub(crate) fn shared() -> Shared {
    SHARED.lock().unwrap().clone().unwrap()
}

/// Who is with the cluster: many, or one that stops its API server.
static CLUSTER: Gate = Gate::new();

/// Lets in many, or one alone.
pub(crate) struct Gate {
    inside: Mutex<(usize, bool)>,
    left: Condvar,
}

/// Somebody inside.
pub(crate) struct Pass {
    gate: &'static Gate,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            inside: Mutex::new((0, false)),
            left: Condvar::new(),
        }
    }

    fn with_others(&'static self) -> Pass {
        let inside = self.inside.lock().unwrap();
        let mut inside = self.left.wait_while(inside, |(_, alone)| *alone).unwrap();
        inside.0 += 1;
        Pass { gate: self }
    }

    /// Alone.
    pub(crate) fn enter(&'static self) -> Pass {
        let inside = self.inside.lock().unwrap();
        let free = |inside: &mut (usize, bool)| inside.0 > 0 || inside.1;
        let mut inside = self.left.wait_while(inside, free).unwrap();
        *inside = (1, true);
        Pass { gate: self }
    }
}

impl Pass {
    /// To the cluster, with others.
    pub(crate) fn shared() -> Self {
        CLUSTER.with_others()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock().unwrap();
        inside.0 -= 1;
        inside.1 = false;
        self.gate.left.notify_all();
    }
}

/// Started by the first trial that needs it.
pub(crate) type Shared = Arc<OnceLock<Cluster>>;

/// A trial that needs the cluster.
pub(crate) fn trial(shared: &Shared, name: &str, test: fn(&Cluster)) -> Trial {
    within(shared, name, || None, Pass::shared, test)
}

/// A trial that needs the cluster and something more, which `cannot` looks for.
pub(crate) fn trial_with(
    shared: &Shared,
    name: &str,
    cannot: fn() -> Option<String>,
    test: fn(&Cluster),
) -> Trial {
    within(shared, name, cannot, Pass::shared, test)
}

/// One that stops the API server.
pub(crate) fn alone(shared: &Shared, name: &str, test: fn(&Cluster)) -> Trial {
    within(shared, name, || None, || CLUSTER.enter(), test)
}

fn within(
    shared: &Shared,
    name: &str,
    cannot: fn() -> Option<String>,
    pass: fn() -> Pass,
    test: fn(&Cluster),
) -> Trial {
    let shared = Arc::clone(shared);
    trial_of_cluster(
        name,
        move || cluster::cannot().or_else(cannot),
        move || {
            let _pass = pass();
            test(shared.get_or_init(Cluster::start));
        },
    )
}

/// A trial that needs the servers of a cluster, or a cluster of its own.
pub(crate) fn trial_of_cluster(
    name: &str,
    cannot: impl FnOnce() -> Option<String> + Send + 'static,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    testkit::trial::trial_with(name, "a Kubernetes API server", cannot, test)
}

/// Why something that only root may do cannot be done.
pub(crate) fn not_root() -> Option<String> {
    (!testkit::trial::is_root()).then(|| "this is not root".into())
}

/// The first program of these that is missing.
pub(crate) fn lacks(programs: &[&str]) -> Option<String> {
    let is_missing = |name: &&&str| testkit::trial::program(name).is_none();
    let missing = programs.iter().find(is_missing)?;
    Some(format!(
        "{missing} is missing: cargo xtask test --only kube installs it"
    ))
}
