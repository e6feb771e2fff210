//! Claims of a node: the rules are [`sanid_claims`]', and the API server decides who is first.
//!
//! ```text
//! HostView ─► Request ─► submit ─► Outcome ─► Claims
//!                          │
//!                     KubeStore: an object per identifier (store), what is in it (state)
//! ```
//!
//! A claim has no lease: it ends with its Node object, by owner reference; with its holder, which deletes it
//! when its identity changes; or by an administrator's hand.

#[cfg(test)]
mod compat;
mod state;
mod store;

use std::time::{Duration, Instant};

use sanid_claims::{
    Action, Grant, Holder, Identity, Lease, Outcome, Request, Rival, Seen, Store as _, StoreError,
    submit,
};
use sanid_host::hardware::{Match, compare};

pub use self::state::{ANNOTATION, HISTORY, UNOWNED, transition};
pub use self::store::KubeStore;
pub(crate) use self::store::sentence;

use self::state::{kind_of, name_of};
use crate::api::Cluster;
use crate::resources::{ClaimReference, IdentifierType, NodeReference};

/// So long one claim may take with all that is in its way; the agent asks again after that.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the identifiers of a node stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// All of them together.
    pub standing: Standing,
    /// Each claim with its holder.
    pub references: Vec<ClaimReference>,
}

/// Whether a node holds its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds every identifier.
    Held,
    /// Another node holds at least one.
    Conflict(Vec<Conflict>),
    /// Nobody could ask.
    Unavailable(String),
}

/// An identifier that another node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The claim.
    pub claim: String,
    /// What kind of identifier it is.
    pub kind: IdentifierType,
    /// The identifier.
    pub identifier: String,
    /// Who holds it.
    pub holder: String,
    /// Since when, by the API server's clock.
    pub since: String,
    /// What the hardware says.
    pub hardware: Hardware,
}

/// What the hardware says about two nodes with one identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hardware {
    /// One machine-id on two machines.
    Clone,
    /// The same machine under another node name.
    SameMachine,
    /// Two machine-ids, and one identifier: it was configured or copied.
    OtherSeed,
    /// It cannot be told.
    Unknown,
}

impl Claims {
    /// Nothing to claim, or nobody to ask.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self {
            standing: Standing::Unavailable(why.into()),
            references: Vec::new(),
        }
    }
}

impl Conflict {
    /// What was found, and what to do.
    pub fn sentence(&self) -> String {
        let Self {
            claim,
            kind,
            identifier,
            holder,
            since,
            hardware,
        } = self;
        let what = kind.words();
        let advice = match hardware {
            Hardware::Clone => "Both have one machine-id and other hardware: one is a clone. On the clone, before it uses storage: sanid reseed.".to_owned(),
            Hardware::SameMachine => format!("It is the same machine: the node was registered under another name. When {holder} is gone for good: kubectl delete node {holder}."),
            Hardware::OtherSeed => "They have different machine-ids, so the name was configured or copied: on the node that should not have it, sanid show --explain says where it comes from.".to_owned(),
            Hardware::Unknown => format!("kubectl get nsi {holder} shows the other one; docs/kubernetes.md says how to tell which of them keeps it."),
        };
        format!(
            "The {what} {identifier} is held by node {holder} since {since} (storageidentityclaim {claim}). {advice}"
        )
    }
}

/// Compares the hardware of a holder with one's own, for what to do about a conflict; who has the claim is
/// decided by then.
pub fn hardware(holder: &Holder, own: &Holder) -> Hardware {
    match (&holder.seed, &own.seed) {
        (Some(theirs), Some(ours)) if theirs == ours => {}
        (Some(_), Some(_)) => return Hardware::OtherSeed,
        _ => return Hardware::Unknown,
    }
    let compared = compare(&holder.evidence, &own.evidence);
    // The root file system is copied with the disk, so it proves nothing.
    let compared = [compared.firmware_uuid, compared.board_serial, compared.macs];
    match (
        compared.contains(&Match::Same),
        compared.contains(&Match::Different),
    ) {
        (true, false) => Hardware::SameMachine,
        (false, true) => Hardware::Clone,
        _ => Hardware::Unknown,
    }
}

/// The claims of one registration of a node.
pub struct Claimant {
    cluster: Cluster,
    node: NodeReference,
    /// With what it has seen; away while it is asked.
    store: Option<KubeStore>,
    /// What was asked for without an answer yet. Asked for again, it is known again.
    asked: Option<Request>,
    last: Last,
}

/// The last answer.
enum Last {
    None,
    Held(Box<Seen>),
    Conflict(Identity, Box<Seen>, Claims),
}

impl Claimant {
    /// One that has asked for nothing yet.
    pub fn new(cluster: &Cluster, node: &NodeReference) -> Self {
        Self {
            cluster: cluster.clone(),
            node: node.clone(),
            store: None,
            asked: None,
            last: Last::None,
        }
    }

    /// Gets the identity for the node, or finds out who has it. Where it has it already this is one request,
    /// which looks at one of its objects; where another node has it, one that looks at that one's.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`]: there is no answer, and the next call goes on where this one stopped.
    pub async fn claim(&mut self, identity: &Identity, me: &Holder) -> Result<Claims, StoreError> {
        if let Last::Conflict(of, rival, claims) = &self.last {
            if of == identity {
                let (rival, claims) = (rival.clone(), claims.clone());
                if self.ask(move |store| store.stands(&rival)).await? {
                    return Ok(claims);
                }
                self.last = Last::None;
            }
        }
        let request = match self.asked.take() {
            Some(asked) if asked.identity == *identity && asked.holder == *me => asked,
            _ => Request::new(Action::Claim, identity.clone(), me.clone(), None),
        };
        self.asked = Some(request.clone());
        let known = match &self.last {
            Last::Held(seen) if seen.record.identity == *identity => Some(seen.clone()),
            _ => None,
        };
        let outcome = self.ask(move |store| {
            let outcome = submit(store, &request, known.as_deref())?;
            let since = |rival: &Rival| store.since(&rival.seen);
            let times = match &outcome {
                Outcome::Conflict(rivals) | Outcome::Refused(rivals) => {
                    rivals.iter().map(since).collect()
                }
                _ => Vec::new(),
            };
            Ok((outcome, times))
        });
        let (outcome, times) = outcome.await?;
        self.asked = None;
        Ok(match outcome {
            Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _) => {
                self.held(grant)
            }
            Outcome::Conflict(rivals) | Outcome::Refused(rivals) => {
                self.conflict(identity, me, &rivals, times)
            }
            Outcome::Released(_) | Outcome::NotHeld => Claims::unavailable("it was not asked for"),
        })
    }

    /// Gives an identity back that the node has no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&mut self, identity: &Identity, me: &Holder) -> Result<(), StoreError> {
        let action = Action::Release { fenced: false };
        let request = Request::new(action, identity.clone(), me.clone(), None);
        // Where another node has it by now there is nothing to give back.
        self.ask(move |store| submit(store, &request, None)).await?;
        Ok(())
    }

    fn held(&mut self, grant: Grant) -> Claims {
        let names = grant.record.identity.identifiers();
        let references = names.iter().map(|identifier| ClaimReference {
            name: name_of(identifier),
            holder: self.node.name.clone(),
        });
        let claims = Claims {
            standing: Standing::Held,
            references: references.collect(),
        };
        self.last = Last::Held(Box::new(Seen {
            record: grant.record,
            version: grant.generation,
            lease: Lease::Live(None),
        }));
        claims
    }

    fn conflict(
        &mut self,
        identity: &Identity,
        me: &Holder,
        rivals: &[Rival],
        times: Vec<Option<String>>,
    ) -> Claims {
        let mut found = Vec::new();
        for (rival, since) in rivals.iter().zip(times) {
            let record = &rival.seen.record;
            let holder = record.holder.node.as_ref();
            let holder = holder.map_or(&record.holder.name, |node| &node.name);
            let Some(identifier) = rival.shares.first() else {
                continue;
            };
            found.push(Conflict {
                claim: name_of(identifier),
                kind: kind_of(&identifier.kind),
                identifier: identifier.name.clone(),
                holder: holder.clone(),
                since: since.unwrap_or_else(|| record.since.to_string()),
                hardware: hardware(&record.holder, me),
            });
        }
        let references = found.iter().map(|conflict| ClaimReference {
            name: conflict.claim.clone(),
            holder: conflict.holder.clone(),
        });
        let claims = Claims {
            references: references.collect(),
            standing: Standing::Conflict(found),
        };
        if let Some(first) = rivals.first() {
            let seen = Box::new(first.seen.clone());
            self.last = Last::Conflict(identity.clone(), seen, claims.clone());
        }
        claims
    }

    /// Asks on a thread where one may wait: the agent answers the kubelet meanwhile.
    async fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&mut KubeStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.take();
        let mut store =
            store.unwrap_or_else(|| KubeStore::new(&self.cluster, Some(self.node.clone())));
        let asked = tokio::task::spawn_blocking(move || {
            store.wait_until(Instant::now() + PATIENCE);
            let answer = question(&mut store);
            (store, answer)
        });
        let (store, answer) = asked
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        self.store = Some(store);
        answer
    }
}

#[cfg(test)]
mod tests;
