//! One run of one case: where its files are, and what goes into its guests.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::arguments::{Arguments, flag, given, option, path, words};
use crate::case::{Boot, Case};

/// Which cases to run, and how.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Options {
    pub(crate) cases: Vec<String>,
    pub(crate) list: bool,
    pub(crate) shell: bool,
    pub(crate) jobs: Option<NonZero<usize>>,
    pub(crate) sanid: Option<PathBuf>,
    pub(crate) nvmetcli: Option<PathBuf>,
    pub(crate) seed: Option<u64>,
    pub(crate) long: bool,
    pub(crate) keep: bool,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        command.args([
            Arg::new("cases")
                .value_name("CASE")
                .num_args(0..)
                .help("Run only these cases [default: all]"),
            flag("list", "List the cases and what each one proves"),
            flag("shell", "Open a shell in the guest of one case, in place of its script")
                .conflicts_with("list"),
            option("jobs", "Run at most N cases at a time [default: one per processor]")
                .value_name("N")
                .value_parser(value_parser!(NonZero<usize>)),
            path("sanid", "FILE", "Test this static binary instead of building one"),
            path(
                "nvmetcli",
                "DIR",
                "Let this nvmetcli save and restore in the cases of sanid-fleet: a directory with Debian's packages \
                 nvmetcli and python3-configshell-fb, unpacked",
            ),
            option("seed", "Repeat the random choices of an earlier run")
                .value_name("N")
                .value_parser(value_parser!(u64)),
            flag("long", "Make every power cut, not only half of them"),
            flag("keep", "Keep consoles and disks of cases that pass, too"),
        ])
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            cases: words(matches, "cases"),
            list: matches.get_flag("list"),
            shell: matches.get_flag("shell"),
            jobs: matches.get_one("jobs").copied(),
            sanid: given(matches, "sanid"),
            nvmetcli: given(matches, "nvmetcli"),
            seed: matches.get_one("seed").copied(),
            long: matches.get_flag("long"),
            keep: matches.get_flag("keep"),
        }
    }
}

/// What the caller provides.
#[derive(Debug)]
pub struct Bench {
    /// The top of the project: guests get files of `dist`, `docs` and of the tests.
    pub root: PathBuf,
    /// A directory for consoles and disks.
    pub directory: PathBuf,
    /// The static programs of the project that go into guests, by name.
    pub programs: BTreeMap<String, PathBuf>,
}

/// A case with what it needs to run.
pub(crate) struct Trial<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) options: &'a Options,
    pub(crate) case: &'static Case,
    pub(crate) seed: u64,
}

impl Trial<'_> {
    /// The directory of this case; it is removed when the case has passed.
    pub(crate) fn work(&self) -> PathBuf {
        self.bench.directory.join("work").join(self.case.name)
    }

    /// The console of the case.
    pub(crate) fn log(&self) -> PathBuf {
        self.bench.directory.join(format!("{}.log", self.case.name))
    }

    /// The command that runs the case again with the same choices.
    pub(crate) fn repeat(&self) -> String {
        let mut command = format!("cargo xtask vm {} --seed {}", self.case.name, self.seed);
        for (option, path) in [
            ("--sanid", &self.options.sanid),
            ("--nvmetcli", &self.options.nvmetcli),
        ] {
            if let Some(path) = path {
                command = format!("{command} {option} '{}'", path.display());
            }
        }
        command
    }

    /// The static binary that goes into the guests.
    pub(crate) fn sanid(&self) -> Result<PathBuf> {
        match &self.options.sanid {
            Some(given) => fs::canonicalize(given).with_context(|| given.display().to_string()),
            None => self.program("sanid").map(Path::to_owned),
        }
    }

    /// A program of the project.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        let path = self.bench.programs.get(name);
        path.map(PathBuf::as_path)
            .with_context(|| format!("no {name} was built for the guests"))
    }

    /// A file for guests.
    pub(crate) fn guest_file(&self, name: &str) -> PathBuf {
        self.bench.root.join("vmtest/guest").join(name)
    }

    /// What the guest runs: `bash /vm/case.sh`. `set` gives the script its arguments.
    pub(crate) fn script(&self, name: &str, set: &str) -> Result<String> {
        let file = self.guest_file(name);
        let body = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(format!("{set}\n. /vm/lib.sh\n{body}"))
    }

    /// The script of a boot of systemd.
    pub(crate) fn boot_script(&self, boot: &Boot) -> Result<String> {
        let path = "export PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        self.script(boot.script, &format!("{path}\nset -- {}", boot.arguments))
    }

    /// What a shell prints before its prompt.
    pub(crate) fn shell_script(&self, how_to_leave: &str) -> Result<String> {
        let body = fs::read_to_string(self.guest_file("shell.sh"))?;
        Ok(format!("set -- '{how_to_leave}'\n{body}"))
    }

    /// The boots that take place: a shell is opened in the first one.
    pub(crate) fn boots<T>(&self, all: &'static [T]) -> &'static [T] {
        let count = if self.options.shell { 1 } else { all.len() };
        all.get(..count).unwrap_or_default()
    }

    /// The unit that systemd starts last.
    pub(crate) fn unit(&self) -> &'static str {
        if self.options.shell {
            "vm-shell.service"
        } else {
            "vm-case.service"
        }
    }
}
