//! What a task measured, in the page that shows it: between two markers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// What stands between the markers of this name.
pub(crate) fn read(path: &Path, name: &str) -> Result<String> {
    let page = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let (_, [_, middle, _]) = split(&page, name)?;
    Ok(middle.to_owned())
}

/// Replaces what stands between the markers of this name.
pub(crate) fn write(path: &Path, name: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let ([begin, end], [before, _, after]) = split(&page, name)?;
    fs::write(path, format!("{before}{begin}{text}{end}{after}"))?;
    Ok(())
}

/// The markers of this name, and what is before, between and after them.
fn split<'p>(page: &'p str, name: &str) -> Result<([String; 2], [&'p str; 3])> {
    let begin = format!("<!-- {name}: begin -->\n");
    let end = format!("<!-- {name}: end -->\n");
    let (before, rest) = page.split_once(&begin).context("no begin marker")?;
    let (middle, after) = rest.split_once(&end).context("no end marker")?;
    Ok(([begin, end], [before, middle, after]))
}
