//! Files that are generated from the code and committed, so that packagers need no Rust to read them.
//!
//! The test `generated` of each product crate renders its files from the crate's own definitions. The test
//! compares them with the committed files; with `SNAPSHOTS=overwrite` it writes them instead, as the snapshot
//! tests do. `cargo xtask generate` runs these tests.

mod completions;
mod man;
mod yaml;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use completions::Companion;
use serde_json::Value;
use similar::TextDiff;

/// The diff of one file is cut after this many lines.
const LONGEST_DIFF: usize = 40;

/// The generated files of one package, by their path in the repository.
#[derive(Debug)]
pub struct Files {
    package: &'static str,
    root: PathBuf,
    /// `None` marks a file that nothing generates any more.
    texts: BTreeMap<PathBuf, Option<String>>,
}

/// A file that differs from what the code says.
struct Difference {
    path: PathBuf,
    committed: Option<String>,
    generated: Option<String>,
}

impl Files {
    /// No files yet. The package is named in the command that rewrites them.
    pub fn of(package: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Self::below(root, package)
    }

    fn below(root: PathBuf, package: &'static str) -> Self {
        Self {
            package,
            root,
            texts: BTreeMap::new(),
        }
    }

    /// Adds a file; the path is relative to the root of the repository.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) {
        self.texts.insert(path.into(), Some(text));
    }

    /// Adds the man pages of a program below `tree`, such as `dist/usr`: one for the program and one for each
    /// visible subcommand. Generated pages of subcommands that no longer exist become differences.
    ///
    /// # Errors
    /// The part that is written by hand, or a directory of pages, cannot be read.
    pub fn add_man_pages(&mut self, tree: &str, program: clap::Command) -> io::Result<()> {
        man::add(self, tree, program)
    }

    /// Adds the completions of a program for each shell, at the paths below `tree` where distributions keep
    /// them.
    ///
    /// # Errors
    /// A script is not UTF-8.
    pub fn add_completions(&mut self, tree: &str, program: clap::Command) -> io::Result<()> {
        completions::add(self, tree, program, &[])
    }

    /// The same for a program whose subcommands may be other programs.
    ///
    /// # Errors
    /// Those of [`add_completions`](Self::add_completions).
    pub fn add_completions_with(
        &mut self,
        tree: &str,
        program: clap::Command,
        companions: &[Companion],
    ) -> io::Result<()> {
        completions::add(self, tree, program, companions)
    }

    /// Adds a JSON Schema of that name.
    pub fn add_schema(&mut self, name: &str, schema: &Value) {
        self.add(
            format!("docs/schema/{name}.schema.json"),
            format!("{schema:#}\n"),
        );
    }

    /// Adds a document in YAML to each of the directories. Generated documents with other names become
    /// differences once [`remove_other_yaml`](Self::remove_other_yaml) has looked for them.
    pub fn add_yaml(&mut self, directories: &[&str], name: &str, document: &Value) {
        let text = yaml::file(document);
        for directory in directories {
            self.add(format!("{directory}/{name}.yaml"), text.clone());
        }
    }

    /// Finds generated YAML documents in the directories that were not added.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn remove_other_yaml(&mut self, directories: &[&str]) -> io::Result<()> {
        for directory in directories {
            self.find_stale(Path::new(directory), yaml::MARK, |_| true)?;
        }
        Ok(())
    }

    /// Files of a directory that begin with `mark` and were not added. `is_ours` decides by the name of the
    /// file. A directory that does not exist has none.
    fn find_stale(
        &mut self,
        directory: &Path,
        mark: &str,
        is_ours: impl Fn(&str) -> bool,
    ) -> io::Result<()> {
        for name in file_names(&self.root.join(directory))? {
            let path = directory.join(&name);
            if is_ours(&name)
                && !self.texts.contains_key(&path)
                && read(&self.root.join(&path))?.is_some_and(|text| text.starts_with(mark))
            {
                self.texts.insert(path, None);
            }
        }
        Ok(())
    }

    /// Compares the files with the committed ones, or writes them with `SNAPSHOTS=overwrite`.
    ///
    /// # Errors
    /// A file cannot be read or written.
    ///
    /// # Panics
    /// A file differs and is not to be written.
    pub fn assert_committed(self) -> io::Result<()> {
        let differences = self.differences()?;
        if std::env::var_os("SNAPSHOTS").is_some_and(|action| action == "overwrite") {
            // The capture of the test harness leaves this alone: `cargo xtask generate` prints these lines.
            return self.write(&differences, &mut io::stdout().lock());
        }
        let report = report(self.package, &differences);
        assert!(differences.is_empty(), "{report}");
        Ok(())
    }

    fn differences(&self) -> io::Result<Vec<Difference>> {
        let mut differences = Vec::new();
        for (path, generated) in &self.texts {
            let committed = read(&self.root.join(path))?;
            if committed != *generated {
                differences.push(Difference {
                    path: path.clone(),
                    committed,
                    generated: generated.clone(),
                });
            }
        }
        Ok(differences)
    }

    /// Writes and removes files, and lists them in `log`.
    fn write(&self, differences: &[Difference], log: &mut impl io::Write) -> io::Result<()> {
        for Difference {
            path, generated, ..
        } in differences
        {
            let target = self.root.join(path);
            if let Some(text) = generated {
                if let Some(directory) = target.parent() {
                    fs::create_dir_all(directory)?;
                }
                fs::write(&target, text).map_err(|error| at(&target, &error))?;
                writeln!(log, "wrote {}", path.display())?;
            } else {
                fs::remove_file(&target).map_err(|error| at(&target, &error))?;
                writeln!(log, "removed {}", path.display())?;
            }
        }
        Ok(())
    }
}

/// Says which files differ, how, and which command rewrites them.
fn report(package: &str, differences: &[Difference]) -> String {
    let mut report = "generated files differ from the code:\n".to_owned();
    for Difference {
        path,
        committed,
        generated,
    } in differences
    {
        let state = match (committed, generated) {
            (None, _) => " (missing)",
            (_, None) => " (no longer generated)",
            _ => "",
        };
        let _ = writeln!(report, "\n{}{state}", path.display());
        if let (Some(committed), Some(generated)) = (committed, generated) {
            report += &short_diff(committed, generated);
        }
    }
    let _ = writeln!(
        report,
        "\nto rewrite them: SNAPSHOTS=overwrite cargo test -p {package} --test generated"
    );
    report
}

fn short_diff(committed: &str, generated: &str) -> String {
    let diff = TextDiff::from_lines(committed, generated);
    let diff = diff
        .unified_diff()
        .header("committed", "generated")
        .to_string();
    let mut lines = diff.lines();
    let mut short = String::new();
    for line in lines.by_ref().take(LONGEST_DIFF) {
        short.extend([line, "\n"]);
    }
    match lines.count() {
        0 => short,
        rest => short + &format!("… and {rest} more lines\n"),
    }
}

/// The text of a file; `None` if it does not exist.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path, &error)),
    }
}

/// The names in a directory, sorted; none if it does not exist.
fn file_names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(directory, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// An error that names the file.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
