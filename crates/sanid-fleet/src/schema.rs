//! The JSON Schema of every document: one of these.

use sanid_host::report::ErrorReport;
use schemars::{JsonSchema, schema_for};

use crate::audit::AuditReport;
use crate::duplicates::report::DuplicatesReport;
use crate::sessions::document::SessionsReport;

/// Any document that sanid-fleet writes, told apart by its `kind`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
#[allow(clippy::large_enum_variant, reason = "only its schema is used")]
enum Document {
    Audit(AuditReport),
    Duplicates(DuplicatesReport),
    Sessions(SessionsReport),
    Error(ErrorReport),
}

/// The JSON Schema of what `sanid-fleet --format json` prints, version `sanid/v1`.
pub fn json_schema() -> serde_json::Value {
    schema_for!(Document).to_value()
}
