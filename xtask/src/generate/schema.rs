//! The JSON Schema of what `--format json` prints.

use std::path::PathBuf;

use anyhow::Result;

use super::Files;

/// Adds the schemas.
pub(super) fn schema(files: &mut Files) -> Result<()> {
    let schemas = [
        ("sanid-v1", sanid::json_schema()),
        ("sanid-image-v1", sanid_image::json_schema()),
        ("sanid-fleet-v1", sanid_fleet::json_schema()),
    ];
    for (name, schema) in schemas {
        let mut text = serde_json::to_string_pretty(&schema)?;
        text.push('\n');
        let path = format!("docs/schema/{name}.schema.json");
        files.insert(PathBuf::from(path), text);
    }
    Ok(())
}
