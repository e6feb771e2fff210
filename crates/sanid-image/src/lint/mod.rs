//! Every place of an image where a storage identity hides.
//!
//! ```text
//! a directory ─► shape, dir ──┐
//! a tar ─► archive, layer ────┴─► places ─► findings ─► report, sarif
//! ```
//!
//! A place is one file in `places/` and one line in its list. It says which paths it is, and makes findings
//! of what is there; it knows neither directories nor archives.

mod archive;
mod dir;
mod finding;
mod layer;
mod pattern;
pub mod places;
mod report;
mod sarif;
mod scrub;
mod shape;

pub use archive::{archive, layout};
pub use dir::directory;
pub use finding::{Finding, RULES, Remedy, Rule, Severity};
pub(crate) use finding::{MACHINE_ID, RECORD};
pub use layer::Linted;
pub use report::{FindingReport, LintReport};
pub use sarif::sarif;
pub use shape::{Shape, shape};
