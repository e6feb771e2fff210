//! Guests with a real kernel and a real systemd that run sanid, and the Debian trees that these and other tests are
//! made of. `cargo xtask vm` calls it; docs/vm.md says what the cases prove.
//!
//! It depends on no crate of the product and builds nothing of it: the caller provides the programs ([`Bench`]).
//! Modules use only those before them in this list:
//!
//! - [`host`], [`kept`]: this machine, and what is kept between runs
//! - [`debian`], `layer`, `artefacts`: trees, kernels and initramfs archives that guests are made of
//! - `case`, `cases`: what each case is, as plain data
//! - `trial`: one run of a case
//! - `guest`, `qemu`, `tree`: the parts of a guest
//! - `kinds`: one file for each kind of guest, which turns the data of a case into boots
//! - `queue`, `run`: which case runs when, and how it is reported

pub mod arguments;
mod artefacts;
mod case;
mod cases;
pub mod debian;
mod guest;
pub mod host;
pub mod kept;
mod kinds;
mod layer;
mod qemu;
mod queue;
mod run;
mod tree;
mod trial;

pub use artefacts::{Artefact, prepare};
pub use run::{programs, run};
pub use trial::{Bench, Options};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// As in the documentation above.
    const ORDER: &[&str] = &[
        "host",
        "kept",
        "debian",
        "layer",
        "artefacts",
        "case",
        "cases",
        "trial",
        "guest",
        "qemu",
        "tree",
        "kinds",
        "queue",
        "run",
    ];

    fn sources(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .flat_map(|path| {
                if path.is_dir() {
                    sources(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    /// The modules of this crate that a text names: `crate::module` and `crate::{module, …}`.
    fn named(text: &str) -> Vec<String> {
        let is_end = |c: char| !c.is_alphanumeric() && c != '_';
        let first = |text: &str| text.trim().split(is_end).next().unwrap().to_owned();
        let names = text
            .split("crate::")
            .skip(1)
            .flat_map(|rest| match rest.strip_prefix('{') {
                Some(list) => list
                    .split('}')
                    .next()
                    .unwrap()
                    .split(',')
                    .map(first)
                    .collect(),
                None => vec![first(rest)],
            });
        names
            .filter(|name| ORDER.contains(&name.as_str()))
            .collect()
    }

    #[test]
    fn a_module_uses_only_those_before_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for path in sources(&root) {
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let module = inside.iter().next().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let Some(own) = ORDER.iter().position(|name| *name == module) else {
                continue;
            };
            for used in named(code) {
                let at = ORDER.iter().position(|name| *name == used).unwrap();
                assert!(at <= own, "{} uses {used}", path.display());
            }
        }
    }
}
