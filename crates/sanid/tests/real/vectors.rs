//! The vectors of names that sanid-core holds to.

use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    kind: String,
    name: String,
    portable: bool,
}

/// The portable names of a kind: `iscsi`, `nqn` or `hostid`.
pub(crate) fn portable(kind: &str) -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sanid-core/tests/vectors/names.json"
    );
    let vectors: Vec<Vector> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let names: Vec<String> = vectors
        .into_iter()
        .filter(|vector| vector.kind == kind && vector.portable)
        .map(|vector| vector.name)
        .collect();
    assert!(names.len() > 1, "vectors of kind {kind}");
    names
}
