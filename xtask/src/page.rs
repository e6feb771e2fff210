//! What a task measured, in the page that shows it: between two markers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Replaces what stands between the markers of this name.
pub(crate) fn write(path: &Path, name: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->\n"),
    );
    let (before, rest) = page.split_once(&begin).context("no begin marker")?;
    let (_, after) = rest.split_once(&end).context("no end marker")?;
    fs::write(path, format!("{before}{begin}{text}{end}{after}"))?;
    Ok(())
}
