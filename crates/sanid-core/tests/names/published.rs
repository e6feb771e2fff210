//! The vectors that every implementation of these rules is held to.

use sanid_core::{NameKind, PortabilityIssue, check};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    kind: String,
    name: String,
    valid: bool,
    portable: bool,
    why: String,
}

#[test]
fn every_published_vector_holds() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/names.json")).unwrap();
    assert_eq!(vectors.len(), 50);
    for Vector {
        kind,
        name,
        valid,
        portable,
        why,
    } in vectors
    {
        let kind = match kind.as_str() {
            "iscsi" => NameKind::IscsiName,
            "nqn" => NameKind::Nqn,
            "hostid" => NameKind::HostId,
            other => panic!("unknown kind {other}"),
        };
        let verdict = check(kind, &name);
        assert_eq!(verdict.kind, kind);
        assert_eq!(verdict.is_valid(), valid, "{name}: {why}");
        assert_eq!(verdict.is_portable(), portable, "{name}: {why}");
        let invalid = verdict
            .portability
            .issues()
            .contains(&PortabilityIssue::Invalid);
        assert_eq!(invalid, !valid, "{name}: {why}");
    }
}
