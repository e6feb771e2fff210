//! `cargo xtask vm`: the guests of vmtest, with the static programs built here.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use vmtest::{Bench, Options};

use crate::place::Place;
use crate::release;

/// Runs the cases; true when none failed.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let mut programs = BTreeMap::new();
    for name in vmtest::programs(options)? {
        let cmd = release::build(place, name, &["--bins"]);
        let done = cmd.run(place, "vm static")?;
        ensure!(
            done.status.success(),
            "{}\nto repeat: {}",
            done.output,
            cmd.repeat()
        );
        programs.insert(name.to_owned(), place.static_dir().join(name));
    }
    let bench = Bench {
        root: place.root.clone(),
        directory: place.target.join("vm"),
        programs,
    };
    vmtest::run(&bench, options)
}
