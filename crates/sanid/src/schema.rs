//! The JSON Schema of every document: one of these.

use sanid_host::report::{
    AppliedReport, ApplyReport, ErrorReport, HardwareReport, IdentityReport, StatusReport,
};
use schemars::{JsonSchema, schema_for};

use crate::commands::adopt::AdoptReport;
use crate::commands::check::CheckReport;
use crate::commands::config::ConfigReport;
use crate::commands::derive::IdentityList;
use crate::commands::reseed::ReseedReport;

/// Any document that sanid writes, told apart by its `kind`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
#[allow(clippy::large_enum_variant, reason = "only its schema is used")]
enum Document {
    Identity(IdentityReport),
    IdentityList(IdentityList),
    Status(StatusReport),
    Apply(ApplyReport),
    Applied(AppliedReport),
    Adopt(AdoptReport),
    Reseed(ReseedReport),
    Hardware(HardwareReport),
    Check(CheckReport),
    Config(ConfigReport),
    Error(ErrorReport),
}

/// The JSON Schema of `--format json` and of `/run/sanid/identity.json`, version `sanid/v1`.
pub fn json_schema() -> serde_json::Value {
    schema_for!(Document).to_value()
}
