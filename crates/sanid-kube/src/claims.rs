//! Claims: the API server decides who holds an identifier.
//!
//! The object's name follows from the identifier, so creating it is the claim: of any number of creators one
//! is answered with 201 and all others with 409. Nobody compares clocks, and nothing is listed.
//!
//! A claim is never taken from another node. It ends with its Node object, by owner reference; with its
//! holder, which deletes it when its identity changes; or by an administrator's hand. The one claim that an
//! agent removes without having made it is of its own node's earlier registration (same name, other uid), and
//! that with the uid and the resource version it has seen.

use std::collections::BTreeSet;

use kube::api::{DeleteParams, PostParams, Preconditions};
use kube::{Error, ResourceExt as _};

use crate::api::{Cluster, is_conflict, is_missing};
use crate::resources::{
    ClaimReference, Evidence, Holder, IdentifierType, Identity, StorageIdentityClaim,
    StorageIdentityClaimSpec, object_name, owned_by,
};

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
    pub likeness: Likeness,
}

/// What the evidence says about two nodes with one identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
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
            likeness,
        } = self;
        let what = kind.words();
        let advice = match likeness {
            Likeness::Clone => "Both have one machine-id and other hardware: one is a clone. On the clone, before it uses storage: sanid reseed.".to_owned(),
            Likeness::SameMachine => format!("It is the same machine: the node was registered under another name. When {holder} is gone for good: kubectl delete node {holder}."),
            Likeness::OtherSeed => "They have different machine-ids, so the name was configured or copied: on the node that should not have it, sanid show --explain says where it comes from.".to_owned(),
            Likeness::Unknown => format!("kubectl get nsi {holder} shows the other one; docs/kubernetes.md says how to tell which of them keeps it."),
        };
        format!(
            "The {what} {identifier} is held by node {holder} since {since} (storageidentityclaim {claim}). {advice}"
        )
    }
}

/// Compares the hardware of a holder with one's own.
pub fn likeness(holder: &Evidence, own: &Evidence) -> Likeness {
    let (Some(theirs), Some(ours)) = (&holder.seed, &own.seed) else {
        return Likeness::Unknown;
    };
    if theirs != ours {
        return Likeness::OtherSeed;
    }
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => Some(one == other),
        _ => None,
    };
    let macs = (!holder.macs.is_empty() && !own.macs.is_empty())
        .then(|| holder.macs.iter().any(|mac| own.macs.contains(mac)));
    // The root file system is copied with the disk, so it proves nothing.
    let compared = [
        same(&holder.firmware_uuid, &own.firmware_uuid),
        same(&holder.board_serial, &own.board_serial),
        macs,
    ];
    match (
        compared.contains(&Some(true)),
        compared.contains(&Some(false)),
    ) {
        (true, false) => Likeness::SameMachine,
        (false, true) => Likeness::Clone,
        _ => Likeness::Unknown,
    }
}

/// The identifiers of an identity with the names of their objects, in the one order in which everybody
/// claims: of two clones, one is first with the first and the other stops there.
pub fn identifiers(identity: &Identity) -> Vec<(IdentifierType, String, String)> {
    let all = [
        (IdentifierType::HostID, &identity.host_id),
        (IdentifierType::HostNQN, &identity.host_nqn),
        (IdentifierType::InitiatorName, &identity.iqn),
    ];
    let given = all.into_iter().filter_map(|(kind, identifier)| {
        let identifier = kind.normal(identifier.as_ref()?);
        let name = object_name(kind, &identifier);
        Some((kind, identifier, name))
    });
    given.collect()
}

/// What a claim of one identifier came to.
enum Outcome {
    /// It did not exist and does now.
    Created(Box<StorageIdentityClaim>),
    /// It was this node's.
    Held,
    /// It is another node's.
    Other(Box<StorageIdentityClaim>),
}

impl Cluster {
    /// Claims every identifier, or none: what was new is given back when another node holds one.
    ///
    /// # Errors
    /// What the API server said, where it gave no answer to the question.
    pub async fn claim(&self, identity: &Identity, me: &Holder) -> Result<Claims, Error> {
        let mut created = Vec::new();
        let mut references = Vec::new();
        for (kind, identifier, name) in identifiers(identity) {
            let spec = StorageIdentityClaimSpec {
                r#type: kind,
                identifier: identifier.clone(),
                holder: me.clone(),
            };
            match self.claim_one(&name, spec).await {
                Ok(Outcome::Held) => {}
                Ok(Outcome::Created(claim)) => created.push(*claim),
                Ok(Outcome::Other(claim)) => {
                    self.give_back(created).await?;
                    return Ok(conflict(&claim, me));
                }
                Err(error) => {
                    // Three or none: what cannot be given back now is found, and held, at the next try.
                    let _ = self.give_back(created).await;
                    return Err(error);
                }
            }
            references.push(ClaimReference {
                name,
                holder: me.node.name.clone(),
            });
        }
        Ok(Claims {
            standing: Standing::Held,
            references,
        })
    }

    /// Looks at one claim. `None` where it is this node's, and all is as it was.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn check_claim(&self, name: &str, me: &Holder) -> Result<Option<Claims>, Error> {
        match self.get_claim(name).await? {
            Some(claim) if claim.spec.holder.node == me.node => Ok(None),
            Some(claim) if claim.spec.holder.node.name != me.node.name => {
                Ok(Some(conflict(&claim, me)))
            }
            _ => Ok(Some(Claims::unavailable("the claim is gone"))),
        }
    }

    /// Gives back claims of this node that are of no identifier any more.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn release(&self, names: &[String], me: &Holder) -> Result<(), Error> {
        for name in names {
            if let Some(claim) = self.get_claim(name).await? {
                if claim.spec.holder.node == me.node {
                    self.delete_exactly(&claim).await?;
                }
            }
        }
        Ok(())
    }

    async fn claim_one(
        &self,
        name: &str,
        spec: StorageIdentityClaimSpec,
    ) -> Result<Outcome, Error> {
        let me = spec.holder.clone();
        let mut claim = StorageIdentityClaim::new(name, spec);
        claim.metadata.owner_references = Some(vec![owned_by(&me.node)]);
        let mut last = None;
        // Somebody else's claim may go between the two questions: then there is something to create again.
        for _ in 0..4 {
            self.count("create");
            match self.claims.create(&PostParams::default(), &claim).await {
                Ok(created) => return Ok(Outcome::Created(Box::new(created))),
                Err(error) if is_conflict(&error) => last = Some(error),
                Err(error) => return Err(error),
            }
            let Some(there) = self.get_claim(name).await? else {
                continue;
            };
            if there.spec.identifier != claim.spec.identifier {
                return Ok(Outcome::Other(Box::new(there)));
            }
            if there.spec.holder.node == me.node {
                self.refresh(there, &me).await?;
                return Ok(Outcome::Held);
            }
            if there.spec.holder.node.name != me.node.name {
                return Ok(Outcome::Other(Box::new(there)));
            }
            // The API server has told the uid of this node: the other one is of a registration that is over.
            self.delete_exactly(&there).await?;
        }
        Err(last.unwrap_or(Error::LinesCodecMaxLineLengthExceeded))
    }

    /// This node's claim from before this boot, or before other hardware.
    async fn refresh(&self, mut there: StorageIdentityClaim, me: &Holder) -> Result<(), Error> {
        if there.spec.holder == *me {
            return Ok(());
        }
        there.spec.holder = me.clone();
        self.count("update");
        match self
            .claims
            .replace(&there.name_any(), &PostParams::default(), &there)
            .await
        {
            // Someone else has just written it; the next look sees what.
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn give_back(&self, claims: Vec<StorageIdentityClaim>) -> Result<(), Error> {
        for claim in claims {
            self.delete_exactly(&claim).await?;
        }
        Ok(())
    }

    /// Deletes what was seen, and nothing that has taken its place.
    async fn delete_exactly(&self, claim: &StorageIdentityClaim) -> Result<(), Error> {
        let parameters = DeleteParams::default().preconditions(Preconditions {
            resource_version: claim.resource_version(),
            uid: claim.uid(),
        });
        self.count("delete");
        match self.claims.delete(&claim.name_any(), &parameters).await {
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn get_claim(&self, name: &str) -> Result<Option<StorageIdentityClaim>, Error> {
        self.count("get");
        self.claims.get_opt(name).await
    }
}

fn conflict(claim: &StorageIdentityClaim, me: &Holder) -> Claims {
    let holder = &claim.spec.holder;
    let name = claim.name_any();
    let since = claim.creation_timestamp().map_or_else(
        || "an unknown time".to_owned(),
        |time| {
            time.0
                .to_rfc3339_opts(k8s_openapi::chrono::SecondsFormat::Secs, true)
        },
    );
    Claims {
        standing: Standing::Conflict(vec![Conflict {
            claim: name.clone(),
            kind: claim.spec.r#type,
            identifier: claim.spec.identifier.clone(),
            holder: holder.node.name.clone(),
            since,
            likeness: likeness(&holder.evidence, &me.evidence),
        }]),
        references: vec![ClaimReference {
            name,
            holder: holder.node.name.clone(),
        }],
    }
}

/// The claims of before that are of no identifier any more.
pub fn left_over(before: &[ClaimReference], now: &Identity, node: &str) -> Vec<String> {
    let now: BTreeSet<String> = identifiers(now)
        .into_iter()
        .map(|(_, _, name)| name)
        .collect();
    before
        .iter()
        .filter(|one| one.holder == node && !now.contains(&one.name))
        .map(|one| one.name.clone())
        .collect()
}

#[cfg(test)]
mod tests;
