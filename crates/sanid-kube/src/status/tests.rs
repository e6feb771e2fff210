use super::*;
use crate::claims::Hardware;
use crate::host::Judged;
use crate::resources::{IdentifierType, SessionCount};

const THEN: &str = "2026-01-01T00:00:00Z";
const NOW: &str = "2026-02-02T00:00:00Z";

fn view() -> HostView {
    let good = |reason| Judged::new(ConditionStatus::True, reason, "good");
    HostView {
        identity: Identity {
            iqn: Some("iqn.2016-04.com.open-iscsi:1".into()),
            host_nqn: None,
            host_id: None,
        },
        applied: good("OnDisk"),
        verified: good("SessionsMatch"),
        ..HostView::default()
    }
}

fn held() -> Claims {
    Claims {
        standing: Standing::Held,
        references: vec![ClaimReference {
            name: "iqn-1".into(),
            holder: "a".into(),
        }],
    }
}

fn conflict() -> Claims {
    Claims {
        standing: Standing::Conflict(vec![Conflict {
            claim: "iqn-1".into(),
            kind: IdentifierType::InitiatorName,
            identifier: "iqn.2016-04.com.open-iscsi:1".into(),
            holder: "b".into(),
            since: THEN.into(),
            hardware: Hardware::SameMachine,
        }]),
        references: Vec::new(),
    }
}

#[test]
fn a_condition_keeps_its_time_until_its_status_changes() {
    let first = status(&view(), &held(), 1, THEN, None);
    let same = status(&view(), &held(), 2, NOW, Some(&first));
    for one in &same.conditions {
        assert_eq!(
            (one.last_transition_time.as_str(), one.observed_generation),
            (THEN, 2)
        );
    }
    let other = status(&view(), &conflict(), 2, NOW, Some(&same));
    assert_eq!(condition(&other, UNIQUE).unwrap().last_transition_time, NOW);
    assert_eq!(
        condition(&other, APPLIED).unwrap().last_transition_time,
        THEN
    );
}

#[test]
fn a_change_of_status_is_a_transition_and_a_change_of_words_is_none() {
    let first = status(&view(), &held(), 1, THEN, None);
    assert_eq!(transitions(None, &first).len(), 3);
    let mut view = view();
    view.live.nvme = SessionCount {
        matched: 1,
        mismatched: 0,
    };
    view.verified.reason = "NoSessions";
    let same = status(&view, &held(), 1, NOW, Some(&first));
    assert_eq!(transitions(Some(&first), &same), []);
    let other = status(&view, &conflict(), 1, NOW, Some(&same));
    let changed = transitions(Some(&same), &other);
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].before, Some(ConditionStatus::True));
    assert!(
        changed[0]
            .condition
            .message
            .contains("kubectl delete node b")
    );
}

#[test]
fn while_the_claims_cannot_be_asked_for_nobody_is_unique_and_those_of_before_stand() {
    let first = status(&view(), &held(), 1, THEN, None);
    let later = status(
        &view(),
        &Claims::unavailable("no answer"),
        1,
        NOW,
        Some(&first),
    );
    assert_eq!(
        condition(&later, UNIQUE).unwrap().status,
        ConditionStatus::Unknown
    );
    assert_eq!(later.claims, first.claims);
}

#[test]
fn what_a_node_could_write_without_end_is_cut_to_what_the_schema_takes() {
    let mut long = conflict();
    if let Standing::Conflict(conflicts) = &mut long.standing {
        conflicts[0].identifier = "ä".repeat(9000);
    }
    let status = status(&view(), &long, 1, NOW, None);
    let message = &condition(&status, UNIQUE).unwrap().message;
    assert_eq!(message.chars().count(), 4096);
}
