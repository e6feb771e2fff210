//! Which files a path means: itself, or every report below a directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::input::InputError;

/// How the names of files with reports end.
const ENDINGS: [&str; 6] = [
    ".json",
    ".ndjson",
    ".jsonl",
    ".json.gz",
    ".ndjson.gz",
    ".jsonl.gz",
];

/// The files that a path means, in the order of their names. In a directory, and in those below it, these
/// are the files whose names end in one of [`ENDINGS`]; hidden ones and links to directories are left out.
///
/// # Errors
/// A path that is not there, and a directory that cannot be read.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    let mut found = Vec::new();
    if path == Path::new("-") {
        found.push(path.to_owned());
        return Ok(found);
    }
    // A file that was named and is not there is a mistake of who typed it; one that goes away later is a
    // finding.
    let metadata = fs::metadata(path).map_err(|error| InputError {
        name: sanid_host::root::printable(path),
        why: sanid_host::root::describe_io(&error),
    })?;
    if metadata.is_dir() {
        below(path, &mut found)?;
    } else {
        found.push(path.to_owned());
    }
    Ok(found)
}

fn below(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), InputError> {
    let failed = |error: std::io::Error| InputError {
        name: sanid_host::root::printable(directory),
        why: sanid_host::root::describe_io(&error),
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        entries.push((entry.file_name(), entry.file_type().map_err(failed)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, kind) in entries {
        let text = name.to_string_lossy();
        let path = directory.join(&name);
        if text.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            below(&path, found)?;
        } else if ENDINGS.iter().any(|ending| text.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_means_the_reports_below_it() {
        let directory = tempfile::tempdir().unwrap();
        for path in [
            "b.json",
            "a/2.ndjson.gz",
            "a/1.jsonl",
            "README",
            ".hidden.json",
            ".git/x.json",
        ] {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = files(directory.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| {
                path.strip_prefix(directory.path())
                    .unwrap()
                    .to_str()
                    .unwrap()
            })
            .collect();
        assert_eq!(names, ["a/1.jsonl", "a/2.ndjson.gz", "b.json"]);
        assert_eq!(files(Path::new("-")).unwrap(), [Path::new("-")]);
    }
}
