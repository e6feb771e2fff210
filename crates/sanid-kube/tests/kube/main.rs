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
mod bench;
mod cel;
mod cluster;
mod history;
mod image;
mod manifests;
mod monitoring;
mod node;
mod race;
mod render;
mod scenarios;
mod walk;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Trial};

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
    // They share a cluster, and some stop its API server.
    arguments.test_threads = Some(1);
    let shared: Shared = Arc::default();
    let trials = [
        manifests::trials(&shared),
        cel::trials(&shared),
        image::trials(),
        monitoring::trials(&shared),
        walk::trials(&shared),
        scenarios::trials(&shared),
        race::trials(&shared),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    drop(shared);
    conclusion.exit_code()
}

/// Started by the first trial that needs it.
pub(crate) type Shared = Arc<OnceLock<Cluster>>;

/// A trial that is ignored, with the reason, where there can be no cluster; in continuous integration it fails.
pub(crate) fn trial(shared: &Shared, name: &str, test: fn(&Cluster)) -> Trial {
    trial_with(shared, name, || None, test)
}

/// One that needs something else, too.
pub(crate) fn trial_with(
    shared: &Shared,
    name: &str,
    cannot: fn() -> Option<String>,
    test: fn(&Cluster),
) -> Trial {
    let shared = Arc::clone(shared);
    alone(
        name,
        move || cluster::cannot().or_else(cannot),
        move || test(shared.get_or_init(Cluster::start)),
    )
}

/// One that needs no cluster.
pub(crate) fn alone(
    name: &str,
    cannot: impl FnOnce() -> Option<String> + Send + 'static,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match cannot() {
        None => {
            test();
            Ok(Completion::Completed)
        }
        Some(reason) if std::env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false") => {
            Err(format!("it must run here, but {reason}").into())
        }
        Some(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// Why something that only root may do cannot be done.
pub(crate) fn not_root() -> Option<String> {
    (!rustix::process::getuid().is_root()).then(|| "this is not root".into())
}

/// The first program of these that is not there.
pub(crate) fn lacks(programs: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = std::env::split_paths(&path).collect();
    let is_there = |program: &str| directories.iter().any(|one| one.join(program).is_file());
    let missing = programs.iter().find(|program| !is_there(program))?;
    Some(format!(
        "there is no {missing}: cargo xtask test --only packages kube"
    ))
}
