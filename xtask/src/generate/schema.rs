//! The JSON Schema of what `--format json` prints.

use std::path::PathBuf;

use anyhow::Result;

use super::Files;

/// Adds the schema.
pub(super) fn schema(files: &mut Files) -> Result<()> {
    let mut text = serde_json::to_string_pretty(&sanid::json_schema())?;
    text.push('\n');
    files.insert(PathBuf::from("docs/schema/sanid-v1.schema.json"), text);
    Ok(())
}
