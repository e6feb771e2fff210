//! What `kubectl describe node` and `kubectl get events` show: one event for one transition.
//!
//! They are events of the core group, as the kubelet's are: of events.k8s.io, API servers before 1.21 take none
//! about a node in the namespace `default`, where people look for them.

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::chrono::{DateTime, Utc};

use crate::host::shortened;
use crate::resources::{ConditionStatus, NodeReference};
use crate::status::{APPLIED, Transition, UNIQUE, VERIFIED};

/// Who says it.
const COMPONENT: &str = "sanid-kube";

/// The event of a transition; none where nobody waits for it.
pub(crate) fn of(
    node: &NodeReference,
    transition: &Transition,
    at: DateTime<Utc>,
) -> Option<Event> {
    let condition = &transition.condition;
    let first = transition.before.is_none();
    let (reason, warning) = match (condition.r#type.as_str(), condition.status) {
        (APPLIED, ConditionStatus::True) => ("IdentityPublished", false),
        // Said by the condition; a node that starts up is not a fault.
        (_, ConditionStatus::Unknown) | (VERIFIED, ConditionStatus::True) if first => return None,
        (APPLIED, _) => ("IdentityNotApplied", true),
        (VERIFIED, ConditionStatus::True) => ("SessionsVerified", false),
        (VERIFIED, ConditionStatus::False) => ("SessionMismatch", true),
        (VERIFIED, ConditionStatus::Unknown) => ("SessionsNotVerified", true),
        (UNIQUE, ConditionStatus::True) => ("IdentityUnique", false),
        (UNIQUE, ConditionStatus::False) => ("DuplicateIdentity", true),
        (UNIQUE, ConditionStatus::Unknown) => ("IdentityNotClaimed", true),
        _ => return None,
    };
    Some(event(node, reason, warning, &condition.message, at))
}

/// An event of a node.
pub(crate) fn event(
    node: &NodeReference,
    reason: &str,
    warning: bool,
    message: &str,
    at: DateTime<Utc>,
) -> Event {
    Event {
        metadata: ObjectMeta {
            // As other components name theirs: unique by time.
            name: Some(format!(
                "{}.{}.{:x}",
                node.name,
                reason.to_ascii_lowercase(),
                at.timestamp_nanos_opt().unwrap_or_default()
            )),
            namespace: Some("default".into()),
            ..ObjectMeta::default()
        },
        count: Some(1),
        first_timestamp: Some(Time(at)),
        last_timestamp: Some(Time(at)),
        involved_object: ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Node".into()),
            name: Some(node.name.clone()),
            uid: Some(node.uid.clone()),
            ..ObjectReference::default()
        },
        message: Some(shortened(message, 1000)),
        reason: Some(reason.into()),
        source: Some(EventSource {
            component: Some(COMPONENT.into()),
            host: Some(node.name.clone()),
        }),
        type_: Some(if warning { "Warning" } else { "Normal" }.into()),
        ..Event::default()
    }
}
